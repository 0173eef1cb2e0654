"""Several processes on one database answer as one: what each remembers holds only while the database says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.fediverse.deliveries import enqueue
from models.fediverse.host_states import count_queue
from models.groups.records import list_log
from models.people.accounts import Account, load_account
from pod.actions.chain.sealing import seal
from pod.actions.chain.views import find_view, load_view
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.posts.records import submit, write_record
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Paragraph, Post
from protocol.records.drafts import draft
from tests.support.sinks import SetClock, some_parts

NOON = 1_800_000_000_000
SEED = 8


@pytest.fixture
async def two(database_url: str, tmp_path: Path) -> AsyncIterator[list[Deps]]:
    """The parts of two processes of one pod."""
    async with AsyncExitStack() as stack:
        processes = []
        for _ in range(2):
            database = await open_database(database_url, durable=False)
            stack.push_async_callback(database.close)
            clock = SetClock(NOON)
            processes.append(await stack.enter_async_context(some_parts(database, tmp_path, clock)))
        yield processes


async def ada_of(deps: Deps) -> Account:
    opened = await sign_up(deps, "ada")
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    return account


async def say(deps: Deps, ada: Account, group: RecordId, text: str) -> RecordId:
    """A note of ada's, signed by this process; its id."""
    note = draft(Post(kind="note", paragraphs=(Paragraph("text", text),), **UNSIGNED))
    return (await submit(deps, write_record, TokenHolder(ada), group, note)).id


async def test_a_view_is_never_older_than_the_store(two: list[Deps]) -> None:
    one, other = two
    ada = await ada_of(one)
    group = await start_group(one, TokenHolder(ada), {"name": "Group"})
    seen = [(await find_view(deps, group)).head for deps in two]
    for number in range(6):
        await say(two[number % 2], ada, group, f"Note {number}")
        await tend(two[number % 2], group)
        heads = {(await find_view(deps, group)).head for deps in (other, one)}
        assert len(heads) == 1, "One process shows what the other replaced."
        assert not heads & set(seen)
        seen += heads


async def test_a_reader_is_shown_what_is_committed_and_nothing_that_may_be_undone(two: list[Deps]) -> None:
    one, _ = two
    ada = await ada_of(one)
    group = await start_group(one, TokenHolder(ada), {"name": "Group"})
    await say(one, ada, group, "Note")
    before = (await find_view(one, group)).head

    async def action(session: AsyncSession) -> tuple[RecordId, RecordId, RecordId]:
        sealed = await seal(session, one, group, now=NOON)
        assert sealed is not None
        return sealed.id, (await load_view(session, one, group)).head, (await find_view(one, group)).head

    sealed, acted_on, shown = await one.store.write(action)
    assert (acted_on, shown) == (sealed, before)
    assert (await find_view(one, group)).head == sealed


async def test_an_action_acts_on_what_the_other_process_wrote(two: list[Deps]) -> None:
    one, other = two
    ada = await ada_of(one)
    group = await start_group(one, TokenHolder(ada), {"name": "Group"})
    for deps in two:
        await deps.store.write(partial(load_view, deps=deps, group=group))
    for deps in (one, other, other, one):
        await say(deps, ada, group, "More")
        await tend(deps, group)
    view = await find_view(one, group)
    assert (view.state.height, view.state.log.size, view.settled.height) == (4, 4, 4)


async def test_a_reader_that_began_before_does_not_make_others_read_what_is_old(two: list[Deps]) -> None:
    one, other = two
    ada = await ada_of(one)
    group = await start_group(one, TokenHolder(ada), {"name": "Group"})
    await find_view(other, group)
    async with other.store.database.read() as early:
        await load_account(early, ada.id)  # what this session sees is fixed from here on
        await say(one, ada, group, "Meanwhile")
        await tend(one, group)
        await load_view(early, other, group)
    assert (await find_view(other, group)).state.height == 1


async def test_both_processes_write_at_once_and_nothing_is_lost_or_told_twice(two: list[Deps]) -> None:
    ada = await ada_of(two[0])
    group = await start_group(two[0], TokenHolder(ada), {"name": "Group"})
    texts = [f"Note {number}" for number in range(30)]

    async def all_of(deps: Deps, own: list[str]) -> list[RecordId]:
        said = []
        for text in own:
            said.append(await say(deps, ada, group, text))
            await tend(deps, group)
        return said

    written = await asyncio.gather(all_of(two[0], texts[::2]), all_of(two[1], texts[1::2]))
    for deps in two:
        await tend(deps, group)
    ids = {record for own in written for record in own}
    async with two[0].store.database.read() as session:
        logged = [record.id for record in await list_log(session, group, 0, 100)]
    assert sorted(logged) == sorted(ids)
    assert len({(await find_view(deps, group)).head for deps in two}) == 1


async def test_two_processes_that_queue_for_the_same_hosts_in_different_orders_both_succeed(two: list[Deps]) -> None:
    inboxes = [f"https://pod-{number}.example/inbox" for number in range(8)]
    drawn = Random(SEED)

    def queued(deps: Deps) -> Awaitable[object]:
        # Each action of a commit queues for other hosts, so no order within an action makes one for the commit.
        some = drawn.sample(inboxes, 3)
        return deps.store.write(
            lambda session: enqueue(session, "https://pod.example/actor", None, b"{}", some, now=NOON)
        )

    await asyncio.gather(*(queued(deps) for _ in range(60) for deps in two))
    async with two[0].store.database.read() as session:
        assert (await count_queue(session)).deliveries == 2 * 60 * 3
