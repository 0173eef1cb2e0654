"""What a steward promised to log and left out is seen by whoever holds its receipt, and told to all pods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.fediverse.host_states import count_queue
from models.groups.groups_and_items import load_group
from models.groups.log_entries import load_entries
from models.groups.seats_and_acks import list_withheld
from models.groups.waiting_records import load_receipt
from pod.actions.chain.door import Arrival, append, append_all
from pod.actions.chain.log_places import LogEnd, place_entries
from pod.actions.chain.receipts import answer_with, promise, receipt_in
from pod.actions.chain.seat_memory import findings_on_branch
from pod.actions.chain.views import load_view, take_root
from pod.actions.sync.withheld_records import TELL_MS, note_withheld
from pod.clock import Clock
from pod.deps import Deps
from pod.errors import NotStewardError
from protocol.ids import RecordId
from protocol.keeping import GOOD_LOG, SeatMemory
from protocol.log import Frontier, leaf_hash
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from tests.support import community
from tests.support.community import Community, a_community, pod_key
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

MINUTE = 60_000
NOTHING = Frontier()


class Place:
    """A pod that holds a group of two whose steward is elsewhere, and a vote that waits for its log."""

    def __init__(self, deps: Deps, group: Community) -> None:
        self.deps = deps
        self.group = group
        ada = group.people[0]
        self.steward = ada.pod
        self._counter, self._log = 8, NOTHING
        self._signing = ada.signing()
        self.vote = self.by_ada("Vote", target={"subject": "wells"}, value=1000)

    def by_ada(self, type_: str, **said: Any) -> Record:
        self._counter += 1
        header = {"rules": 1, "group": self.state.group, "author": 1, "key": 0, "counter": self._counter}
        return open_record(sign({"type": type_, **header, "at": self.state.at, **said}, self._signing))

    @property
    def state(self) -> Any:
        return self.group.now

    async def take(self, *records: Record) -> None:
        async def action(session: AsyncSession) -> None:
            for record in records:
                await append(session, self.deps, record, origin="https://peer.example", now=self.state.at)

        await self.deps.store.write(action)

    async def keep(self, *receipts: Record) -> None:
        arrivals = [Arrival(receipt, "", self.state.at) for receipt in receipts]
        await self.deps.store.write(lambda session: append_all(session, self.deps, arrivals))

    def receipt(self, by: int, *, signer: str = "", **members: Any) -> Record:
        steward = pod_key(signer or self.steward)
        header = {"type": "Receipt", "rules": 1, "group": self.state.group, "record": self.vote.id, "term": 0}
        return open_record(sign({**header, "steward": steward.did, "by": by, **members}, steward))

    async def sealed(self, at: int, log: Frontier = NOTHING) -> RecordId:
        """An item of the steward's at that time, over that log."""
        item = community.seal(self.state, self.steward, at=at, log=TreeHead(log.size, log.root().hex()))
        self.group.add(item)
        await self.take(item)
        return item.id

    async def log(self, record: Record, *, at: int) -> None:
        """Place a record in the log by an item of that time."""
        self._log = self._log.append(leaf_hash(record.id))
        await self.sealed(at, self._log)

        async def action(session: AsyncSession) -> None:
            stored = await load_group(session, self.state.group)
            assert stored is not None
            entries = await load_entries(session, [record.id])
            await place_entries(session, stored, entries, self._log, [LogEnd(self._log.size, at)])

        await self.deps.store.write(action)

    async def receipt_of(self, record: Record) -> bytes | None:
        async with self.deps.store.database.read() as session:
            return await load_receipt(session, record.id)

    async def told(self) -> int:
        """How many deliveries wait."""
        async with self.deps.store.database.read() as session:
            return (await count_queue(session)).deliveries

    async def sound(self) -> list[RecordId]:
        async with self.deps.store.database.read() as session:
            view = await load_view(session, self.deps, self.state.group)
            stored = await load_group(session, self.state.group)
            assert stored is not None
            found = await findings_on_branch(session, view, stored, SeatMemory(pod_key("nobody").did))
        return [item for item, findings in found.items() if findings == GOOD_LOG]

    async def withheld(self) -> list[RecordId]:
        await note_withheld(self.deps, self.state.group)
        async with self.deps.store.database.read() as session:
            return [entry.record_id for entry in await list_withheld(session, self.state.group, 9)]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = a_community("wells", 2)
    async with some_parts(database, tmp_path, Clock()) as deps:
        root, *items = group.records

        async def found(session: AsyncSession) -> None:
            await take_root(session, deps, root, local=False, now=0)

        await deps.store.write(found)
        made = Place(deps, group)
        await made.take(*items, made.vote)
        yield made
    await database.close()


async def test_an_item_that_leaves_out_what_was_promised_is_not_confirmed_and_the_next_may_make_it_good(
    place: Place,
) -> None:
    start, promised = place.state.head, place.state.at + MINUTE
    await place.keep(place.receipt(promised))
    in_time = await place.sealed(promised)
    assert await place.sound() == [start, in_time]
    late = await place.sealed(promised + 1)
    assert await place.sound() == [start, in_time]
    await place.log(place.vote, at=promised + 2)
    assert late in await place.sound()
    assert (await place.sound())[-1] == place.state.head


async def test_a_broken_promise_is_shown_at_once_and_told_to_all_pods_once(place: Place) -> None:
    promised = place.state.at + MINUTE
    await place.keep(place.receipt(promised))
    await place.sealed(promised)
    assert await place.withheld() == []
    await place.sealed(promised + 1)
    for _ in range(2):
        assert await place.withheld() == [place.vote.id]
    assert await place.told() == 2, "one for each of the two pods"


async def test_a_promise_whose_time_is_over_is_told_before_any_item_breaks_it(place: Place) -> None:
    """Where nobody else writes, the first item that breaks it may be the one that ends a poll."""
    await place.keep(place.receipt(place.deps.clock() - TELL_MS + MINUTE))
    assert await place.withheld() == []
    assert await place.told() == 2, "one for each of the two pods"


async def test_a_promise_whose_time_is_not_over_or_long_over_is_not_told(place: Place) -> None:
    now = place.deps.clock()
    for term_by in (now + MINUTE, now - TELL_MS - MINUTE):
        await place.keep(place.receipt(term_by))
        assert await place.withheld() == []
        assert await place.told() == 0


@pytest.mark.parametrize(("type_", "kept"), [("Ballot", [True, False]), ("Vote", [False, False])])
async def test_a_promise_broken_about_a_ballot_stays_once_the_ballot_is_logged(
    place: Place, type_: str, kept: list[bool]
) -> None:
    """It proves that the steward logged the ballot too late."""
    for late, stays in zip((True, False), kept, strict=True):
        promised = place.state.at + MINUTE
        said = {"Ballot": {"poll": place.state.group, "blank": True}}.get(
            type_, {"target": {"subject": "x"}, "value": 1}
        )
        record = place.by_ada(type_, **said)
        await place.take(record)
        await place.keep(place.receipt(promised, record=record.id))

        await place.log(record, at=promised + 1 if late else promised)

        assert (await place.receipt_of(record) is not None) is stays


@pytest.mark.parametrize(
    ("signer", "members"), [("somebody", {}), ("", {"term": 7})], ids=["not the steward", "another term"]
)
async def test_a_promise_that_is_not_the_stewards_is_refused(place: Place, signer: str, members: Any) -> None:
    receipt = place.receipt(place.state.at, signer=signer, **members)
    with pytest.raises(NotStewardError):
        await _enter(place, receipt)
    await place.keep(receipt)
    await place.sealed(place.state.at + MINUTE)
    assert await place.withheld() == []


async def _enter(place: Place, receipt: Record) -> None:
    await place.deps.store.write(lambda session: append(session, place.deps, receipt, origin="", now=0))


async def test_a_promise_about_nothing_is_not_kept(place: Place) -> None:
    await place.keep(place.receipt(place.state.at, record=place.state.group))
    await place.sealed(place.state.at + MINUTE)
    assert await place.withheld() == []


async def test_who_is_not_the_steward_promises_nothing(place: Place) -> None:
    assert await promise(place.deps, place.state.group, place.vote.id, now=0) is None


@pytest.mark.parametrize(
    "answer", [b"", b"Accepted", b'{"receipt":', b'{"receipt":1}', b'{"receipt":{"type":"Ack"}}'], ids=repr
)
def test_other_answers_to_a_delivery_carry_no_receipt(answer: bytes) -> None:
    assert receipt_in(answer) is None


async def test_a_receipt_survives_the_answer_that_carries_it(place: Place) -> None:
    receipt = place.receipt(5)
    read = receipt_in(answer_with(receipt.body))
    assert read is not None
    assert read.id == receipt.id
