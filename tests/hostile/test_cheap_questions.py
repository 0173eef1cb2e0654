"""What costs verification comes after the questions that cost nothing: is the group here, may that key ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import RecordActivity
from models.engine.databases import open_database
from pod.actions import inbox
from pod.actions.chain.views import take_root
from pod.actions.handover import asked_of_keepers
from pod.actions.handover.asked_of_keepers import open_asked
from pod.clock import Clock
from pod.deps import Deps
from pod.errors import NotKeeperError, UnknownGroupError
from pod.seen_signatures import FirstUse, SeenSignatures
from protocol.errors import BadProofError
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.envelope import open_record
from tests.support.community import Community, a_community
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

STRANGER = PrivateKey.from_seed(b"stranger".ljust(32))
NOWHERE = RecordId("bagaaiera" + "a" * 52)


class Counted:
    """Opens records and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, body: Any) -> Any:
        self.times += 1
        return open_record(body)


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[tuple[Deps, Community]]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"))
    group = a_community("wells", 2)
    async with some_parts(database, tmp_path, Clock()) as deps:

        async def action(session: AsyncSession) -> None:
            await take_root(session, deps, group.records[0], local=False, now=0)

        await deps.store.write(action)
        yield deps, group
    await database.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(asked_of_keepers, "open_record", counted)
    monkeypatch.setattr(inbox, "open_record", counted)
    return counted


def a_handover(group: RecordId, **proof: Any) -> dict[str, Any]:
    body = {"type": "Handover", "rules": 1, "group": group, "parent": NOWHERE, "height": 9, "term": 9, "at": 1}
    body |= {"operations": [], "log": {"size": 0, "root": "0" * 64}, "keepers": [{"member": 1, "key": STRANGER.did}]}
    signed = sign({**body, "steward": {"pod": "https://a.example", "key": STRANGER.did}}, STRANGER)
    return {**signed, "proof": {**signed["proof"], **proof}}


async def test_w9_a_body_for_a_group_that_is_not_here_is_not_even_read(
    held: tuple[Deps, Community], opened: Counted
) -> None:
    async def read() -> dict[str, Any]:
        raise AssertionError("read")

    with pytest.raises(UnknownGroupError):
        await open_asked(held[0], NOWHERE, read)
    assert opened.times == 0


async def test_w9_only_what_names_a_key_of_a_keeper_is_opened(held: tuple[Deps, Community], opened: Counted) -> None:
    deps, group = held
    own = group.now.group
    seat = group.now.seats[0].key

    async def strangers() -> dict[str, Any]:
        return a_handover(own)

    async def forged() -> dict[str, Any]:
        return a_handover(own, verificationMethod=f"{seat}#{seat.removeprefix('did:key:')}")

    with pytest.raises(NotKeeperError):
        await open_asked(deps, own, strangers)
    assert opened.times == 0
    with pytest.raises(BadProofError):
        await open_asked(deps, own, forged)
    assert opened.times == 1


async def test_w9_the_inbox_asks_first_whether_the_group_is_here(held: tuple[Deps, Community], opened: Counted) -> None:
    activity = RecordActivity("https://a.example/1", "https://a.example/actor", a_handover(NOWHERE))
    with pytest.raises(UnknownGroupError):
        await inbox._take_record(held[0], activity, FirstUse(SeenSignatures(held[0].store.writer)), now=0)
    assert opened.times == 0
