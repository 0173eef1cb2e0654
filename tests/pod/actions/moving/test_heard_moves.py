"""A Move of somebody whose personal group is here has the new pod asked, and nothing in it is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from federation.activities import Ignored, Moved, move, read_activity
from pod.actions.fediverse.heard_moves import hear_of_move
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.travellers import Traveller, a_traveller

TARGET: Final = "https://new.example/u/ada2"


class Heard:
    """ada's pod, and what its loops would pull."""

    def __init__(self, deps: Deps) -> None:
        self.pulled: list[tuple[RecordId, str]] = []
        signals = dataclasses.replace(deps.signals, behind=lambda group, pod: self.pulled.append((group, pod)))
        self.deps = dataclasses.replace(deps, signals=signals)

    async def hears(self, *moves: Moved) -> None:
        now = self.deps.clock()
        for one in moves:
            await hear_of_move(self.deps, one, now=now)


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[Traveller]:
    async with a_traveller(tmp_path) as made:
        yield made


@pytest.fixture
def heard(ada: Traveller) -> Heard:
    return Heard(ada.deps)


def told(ada: Traveller, *, by: str = "", target: str = TARGET, group: str = "") -> Moved:
    actor = f"{by or ada.deps.identity.base_url}/u/ada"
    read = read_activity(move(actor, target, group=group or ada.own))
    assert isinstance(read, Moved)
    return read


async def test_mg_22_a_move_of_a_known_personal_group_has_it_pulled_from_the_new_pod(
    ada: Traveller, heard: Heard
) -> None:
    await heard.hears(told(ada))

    assert heard.pulled == [(ada.own, "https://new.example")]


async def test_a_move_that_another_pod_tells_or_of_another_group_asks_nobody(ada: Traveller, heard: Heard) -> None:
    parish = await ada.founds("Parish")

    await heard.hears(
        told(ada, by="https://other.example"),
        told(ada, group=parish),
        told(ada, group="bagaaiera"),
        told(ada, target=f"{ada.deps.identity.base_url}/u/ada2"),
    )

    assert heard.pulled == []


async def test_moves_told_again_and_again_ask_the_new_pod_a_few_times_only(ada: Traveller, heard: Heard) -> None:
    await heard.hears(*[told(ada)] * 20)

    assert len(heard.pulled) == 5


def test_a_move_of_somebody_else_is_no_move() -> None:
    whole = move("https://old.example/u/ada", TARGET, group="g")

    assert isinstance(read_activity({**whole, "object": "https://old.example/u/bo"}), Ignored)
    assert isinstance(read_activity({**whole, "target": []}), Ignored)
    assert read_activity({**whole, "urn:althing:v1#group": 3}) == Moved(
        whole["id"], "https://old.example/u/ada", TARGET, ""
    )
