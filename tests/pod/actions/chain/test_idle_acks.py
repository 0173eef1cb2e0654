"""Acks of items that never come, or that aren't so, are kept within bounds, and the honest ones count all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.seats_and_acks import list_acks
from pod.actions.chain.door import Taken, append
from pod.actions.chain.links import MOST_UNPLACED
from pod.actions.chain.views import load_view, take_root
from pod.clock import Clock
from pod.deps import Deps
from protocol.chain import follow
from protocol.ids import RecordId, id_from_digest
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState
from tests.support import community
from tests.support.community import Community, kept_by_all, pod_key
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

MANY = MOST_UNPLACED + 10


class Place:
    """A pod that holds a group of three keepers; the second's is hostile."""

    def __init__(self, deps: Deps, group: Community) -> None:
        self.deps, self.group = deps, group
        self.honest, self.liar, _ = group.people

    @property
    def state(self) -> GroupState:
        return self.group.now

    async def take(self, *records: Record) -> list[bool]:
        """Whether each was new."""

        async def action(session: AsyncSession) -> list[Taken]:
            return [await append(session, self.deps, record, origin="", now=self.state.at) for record in records]

        return [taken.new for taken in await self.deps.store.write(action)]

    def lie(self, number: int, **members: int) -> Record:
        """The hostile keeper's word for an item that nobody has."""
        body = {"type": "Ack", "rules": 1, "group": self.state.group, "keeper": self.liar.number, "term": 9}
        item = RecordId(id_from_digest(community.seed_of("item", number)))
        return open_record(sign({**body, "height": 900 + number, "item": item, **members}, pod_key(self.liar.pod)))

    async def held(self) -> int:
        async with self.deps.store.database.read() as session:
            return len(await list_acks(session, self.state.group, 0, 10 * MANY))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = kept_by_all("idle", 3)
    async with some_parts(database, tmp_path, Clock()) as deps:
        root, *records = group.records

        async def found(session: AsyncSession) -> None:
            await take_root(session, deps, root, local=False, now=0)

        await deps.store.write(found)
        made = Place(deps, group)
        await made.take(*records)
        yield made
    await database.close()


async def test_a_keepers_acks_of_unknown_items_are_bounded_and_crowd_nobody_out(place: Place) -> None:
    before = await place.held()
    news = await place.take(*(place.lie(number) for number in range(MANY)))
    assert (sum(news), await place.held() - before) == (MOST_UNPLACED, MOST_UNPLACED)
    item = community.seal(place.state, place.honest.pod, at=place.state.at)
    after = follow(place.state, item).state
    early = community.ack(place.honest.number, place.honest.pod, after)
    assert await place.take(early, item) == [True, True]
    late = community.ack(place.liar.number, place.liar.pod, after)
    assert await place.take(late) == [True]
    async with place.deps.store.database.read() as session:
        assert (await load_view(session, place.deps, place.state.group)).anchor == item.id


async def test_an_ack_that_names_another_height_of_a_known_item_isnt_kept(place: Place) -> None:
    item = community.seal(place.state, place.honest.pod, at=place.state.at)
    after = follow(place.state, item).state
    await place.take(item)
    before = await place.held()
    wrong = [community.ack(place.liar.number, place.liar.pod, after, height=900 + number) for number in range(9)]
    assert await place.take(*wrong) == [False] * 9
    assert await place.held() == before
