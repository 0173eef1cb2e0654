"""Pods that hold different histories for settled show it; who is only behind or ahead disputes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.seats_and_acks import list_disputes
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view, take_root
from pod.actions.sync.disputes import forget_disputes, note_dispute, stands_apart
from pod.clock import Clock
from pod.deps import Deps
from protocol.chain import follow
from protocol.ids import RecordId
from protocol.records.envelope import Record
from protocol.state import GroupState
from tests.support import community
from tests.support.community import a_community
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

OTHER = "https://other.example"


class Story:
    """A group whose lone keeper's pod seals and confirms what it likes, two histories if need be."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.grown = a_community("split", 1)
        self.keeper = self.grown.people[0].pod
        self.root = self.grown.records[0]
        self.start = self.grown.now

    def grow(self, state: GroupState, count: int, *, settled: bool, step: int = 1) -> tuple[GroupState, list[Record]]:
        """So many items on `state`; the last of them confirmed, or none."""
        records = []
        for _ in range(count):
            records.append(community.seal(state, self.keeper, at=state.at + step))
            state = follow(state, records[-1]).state
        return state, [*records, *([community.ack(1, self.keeper, state)] if settled else [])]

    async def hold(self, records: Sequence[Record]) -> None:
        async def action(session: AsyncSession) -> None:
            await take_root(session, self.deps, self.root, local=False, now=0)
            for record in [*self.grown.records[1:], *records]:
                await append(session, self.deps, record, origin="", now=self.start.at)

        await self.deps.store.write(action)

    async def told_by_other(self, records: Sequence[Record]) -> list[RecordId]:
        """Their anchors that are disputed after the other pod showed its chain."""
        await note_dispute(self.deps, OTHER, self.start.group, [*self.grown.records[1:], *records])
        return await self.disputed()

    async def disputed(self) -> list[RecordId]:
        async with self.deps.store.database.read() as session:
            return [dispute.theirs for dispute in await list_disputes(session, self.start.group, 9)]


@pytest.fixture
async def story(tmp_path: Path) -> AsyncIterator[Story]:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    async with some_parts(database, tmp_path, Clock()) as deps:
        yield Story(deps)
    await database.close()


async def test_two_settled_histories_are_disputed_until_the_other_holds_ours(story: Story) -> None:
    _, ours = story.grow(story.start, 2, settled=True)
    other_end, theirs = story.grow(story.start, 3, settled=True, step=2)
    await story.hold(ours)
    for _ in range(2):
        assert await story.told_by_other(theirs) == [other_end.head]
    await forget_disputes(story.deps, "https://third.example", story.start.group)
    assert await story.disputed() == [other_end.head]
    await forget_disputes(story.deps, OTHER, story.start.group)
    assert await story.disputed() == []


async def test_who_is_behind_ahead_or_has_settled_nothing_beside_disputes_nothing(story: Story) -> None:
    here, ours = story.grow(story.start, 2, settled=True)
    _, further = story.grow(here, 2, settled=True)
    _, unsettled = story.grow(story.start, 3, settled=False, step=2)
    await story.hold(ours)
    for theirs in ([], ours[:1], [*ours, *further], unsettled):
        assert await story.told_by_other(theirs) == []


async def test_only_a_page_without_our_anchor_stands_apart(story: Story) -> None:
    _, ours = story.grow(story.start, 2, settled=True)
    _, theirs = story.grow(story.start, 3, settled=True, step=2)
    await story.hold(ours)
    async with story.deps.store.database.read() as session:
        view = await load_view(session, story.deps, story.start.group)
    assert stands_apart(view, theirs)
    assert not stands_apart(view, [*ours, *theirs])
    assert not stands_apart(view, theirs[:1])
    assert not stands_apart(view, [])
