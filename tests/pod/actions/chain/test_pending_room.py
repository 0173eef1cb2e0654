"""What waits here for the log, or for an author to come, takes the room of whoever wrote or brought it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.records import load_pending_sizes, set_logged
from models.groups.waiting_records import WaitingRecord, WaitingRoom, list_waiting, put_waiting
from models.people.accounts import load_account
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all
from pod.actions.chain.views import take_root
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.posts.records import submit, write_record
from pod.actions.signer import TokenHolder
from pod.budgets.written_bytes import AT_ONCE_BYTES
from pod.clock import Clock
from pod.deps import Deps
from pod.errors import PendingFullError
from protocol.errors import RefusedError
from protocol.ids import RecordId, id_from_digest
from protocol.limits import MAX_PENDING_BYTES
from protocol.proofs import sign
from protocol.records.drafts import Draft
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Community, a_community, seed_of
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

LARGE = 60 * 1024
MOST = MAX_PENDING_BYTES // LARGE + 2
ROOM = WaitingRoom(of_author=3, of_origin=5, bytes_of_origin=500, bytes_of_all=900)


class Place:
    """A pod that holds a group whose steward is elsewhere."""

    def __init__(self, deps: Deps, group: Community) -> None:
        self.deps, self.group = deps, group

    def record(self, author: int, number: int, **members: Any) -> Record:
        header = {"type": "Tomorrow", "rules": 1, "group": self.group.now.group, "author": author, "key": 0}
        body = {**header, "counter": 100 + number, "at": START, **members}
        return open_record(sign(body, self.group.people[author - 1].signing()))

    async def take(self, *records: Record) -> list[Outcome]:
        arrivals = [Arrival(record, "https://bringer.example", START) for record in records]
        return await self.deps.store.write(lambda session: append_all(session, self.deps, arrivals))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    group = a_community("room", 3)
    async with some_parts(database, tmp_path, Clock()) as deps:
        made = Place(deps, group)

        async def found(session: AsyncSession) -> None:
            await take_root(session, deps, group.records[0], local=False, now=START)

        await deps.store.write(found)
        outcomes = await made.take(*group.records[1:])
        assert all(isinstance(outcome, Taken) for outcome in outcomes)
        yield made
    await database.close()


async def test_w12_an_authors_pending_bytes_are_bounded_and_others_write_on(place: Place) -> None:
    records = [place.record(2, number, text="x" * LARGE) for number in range(MAX_PENDING_BYTES // LARGE + 3)]
    outcomes = [*await place.take(*records[:10]), *await place.take(*records[10:])]
    taken = [isinstance(outcome, Taken) for outcome in outcomes]
    held = sum(len(record.wire) for record, one in zip(records, taken, strict=True) if one)
    assert held <= MAX_PENDING_BYTES < held + 2 * LARGE
    assert taken == sorted(taken, reverse=True)
    assert isinstance(outcomes[-1], PendingFullError)
    assert isinstance((await place.take(place.record(3, 1, text="x" * LARGE)))[0], Taken)


async def test_w12_what_an_account_here_writes_counts_like_what_is_brought(place: Place) -> None:
    deps = place.deps
    opened = await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    # Nothing is sealed meanwhile: the loops don't run.
    group = await start_group(deps, TokenHolder(account), {"name": "Square"})
    said = Draft("Tomorrow", {"text": "x" * LARGE})
    outcomes = [await refused(submit(deps, write_record, TokenHolder(account), group, said)) for _ in range(MOST)]
    assert outcomes[0] is None
    assert isinstance(outcomes[-1], PendingFullError)
    async with deps.store.database.read() as session:
        ((_, (count, size)),) = (await load_pending_sizes(session, group, {1})).items()
    assert count >= MAX_PENDING_BYTES // LARGE - 1
    assert size <= MAX_PENDING_BYTES


async def test_w12_what_an_author_has_stored_is_bounded_also_where_the_log_takes_it_at_once(place: Place) -> None:
    deps, group = place.deps, place.group.now.group
    records = [place.record(2, number, text="x" * LARGE) for number in range(AT_ONCE_BYTES // LARGE + 8)]
    taken = []
    for index, record in enumerate(records):
        taken += [isinstance(outcome, Taken) for outcome in await place.take(record)]
        await deps.store.write(partial(set_logged, places=[(record.id, index)]))
    assert taken == sorted(taken, reverse=True)
    assert AT_ONCE_BYTES // LARGE - 2 <= sum(taken) < len(records)
    assert isinstance((await place.take(place.record(3, 1, text="x" * LARGE)))[0], Taken)
    hour = 3600 * 1000
    assert deps.memory.written.left(group, 2, now=START + hour) > LARGE


async def refused(writing: Awaitable[Record]) -> RefusedError | None:
    try:
        await writing
    except RefusedError as refusal:
        return refusal
    return None


async def wait(deps: Deps, origin: str, number: int, *, author: int = 0, size: int = 100) -> bool:
    own_id = RecordId(id_from_digest(seed_of(origin, number)))
    group = RecordId(id_from_digest(seed_of("group")))
    record = WaitingRecord(own_id, group, author or number, 0, size, b"{}", origin, START + number)
    return await deps.store.write(lambda session: put_waiting(session, record, ROOM))


async def test_w6_each_bringer_has_room_of_its_own_and_of_one_author_less(place: Place) -> None:
    deps = place.deps
    assert [await wait(deps, "a", number, author=1) for number in range(4)] == [True, True, True, False]
    assert [await wait(deps, "a", number) for number in range(11, 15)] == [True, True, False, False]
    assert await wait(deps, "b", 1, author=1)


async def test_w6_whoever_takes_most_gives_way_to_others(place: Place) -> None:
    deps = place.deps
    for number in range(1, 6):
        assert await wait(deps, "greedy", number)
    for number in range(1, 5):
        assert await wait(deps, "modest", number)
    assert await wait(deps, "newcomer", 77)
    assert not await wait(deps, "giant", 78, size=950)
    group = RecordId(id_from_digest(seed_of("group")))
    async with deps.store.database.read() as session:
        left = [one.origin for author in (*range(1, 6), 77) for one in await list_waiting(session, group, author, 1, 9)]
    assert sorted(left) == ["modest"] * 4 + ["newcomer"]
