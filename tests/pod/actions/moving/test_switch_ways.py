"""A seat that was named or taken away since the old pod told it changes the way of a move."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from models.moving.newcomers import Newcomer, NewcomerGroup
from pod.actions.moving import newcomers
from pod.rules.switches import SwitchRule
from tests.support.writing import an_id

COMING = Newcomer(an_id("ada"), "https://old.example", "ada", b"", 0, 1)


def refusal(rule: SwitchRule) -> RemoteError:
    body = msgspec.json.encode({"rule": rule.key, "facts": {}})
    return RemoteError(RemoteFault.ASKED_IN_VAIN, retry=False, status=409, body=body)


@pytest.mark.parametrize(
    ("keeps", "plain", "rule", "ways"),
    [
        (True, False, SwitchRule.NO_SEAT, ["handover", "rehome"]),
        (False, False, SwitchRule.SEAT_MOVES, ["rehome", "handover"]),
        (True, False, SwitchRule.SEAT_TAKEN, ["handover"]),
        (True, True, SwitchRule.SEAT_MOVES, ["rehome"]),
    ],
)
async def test_mg_02_keepers_who_are_named_anew_meanwhile_change_the_way_of_a_move(
    monkeypatch: pytest.MonkeyPatch, keeps: bool, plain: bool, rule: SwitchRule, ways: list[str]
) -> None:
    asked: list[str] = []

    def goes(way: str) -> Any:
        async def go(*_: object) -> Any:
            asked.append(way)
            if way == ways[0]:
                raise refusal(rule)
            return SimpleNamespace(keepers=())

        return go

    monkeypatch.setattr(newcomers, "_handed_over", goes("handover"))
    monkeypatch.setattr(newcomers, "ask_old_pod", goes("rehome"))
    told = NewcomerGroup(an_id("mill"), 2, 1, 0, keeps)
    moved: Any = newcomers._moved

    if len(ways) == 1:
        with pytest.raises(RemoteError):
            await moved(None, COMING, told, "did:key:z", plain=plain)
    else:
        await moved(None, COMING, told, "did:key:z", plain=plain)

    assert asked == ways
