"""A group is looked after while anything in it waits, and then not again before somebody writes: it costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from models.engine.databases import Database
from models.engine.writer import running_writer
from models.fediverse.peers import list_differing, list_standings
from models.groups.rounds import claim_rounds, list_due_rounds, mark_all_due, mark_due, settle_round
from models.people.accounts import load_account
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs import delivery
from pod.jobs.calm import Calm
from pod.jobs.delivery import Courier
from pod.jobs.introductions import Introductions
from pod.jobs.looks import Looks
from pod.jobs.loops import tend
from pod.jobs.pulls import Pulls
from pod.jobs.rounds import CLAIM_MS, SOON_MS, Rounds
from protocol.ids import RecordId
from tests.support.sinks import NOON, SetClock, until
from tests.support.writing import an_id

A_DAY_MS = 24 * 3600 * 1000
FOR_EVER = 2**53 - 1
STRANGER = "https://stranger.example"


async def founded(deps: Deps, *wishes: dict[str, object], name: str = "ada") -> list[RecordId]:
    """Groups of a new account, which has one of its own besides."""
    opened = await sign_up(deps, name)
    async with deps.store.database.read() as session:
        account = await load_account(session, opened.account)
    assert account is not None
    return [await start_group(deps, TokenHolder(account), {"name": "Group", **wish}) for wish in wishes]


async def due(deps: Deps, now: int) -> list[RecordId]:
    async with deps.store.database.read() as session:
        return await list_due_rounds(session, now=now, limit=100)


async def go_rounds(deps: Deps) -> None:
    """One look at what is due; its rounds are over when this returns."""
    async with asyncio.TaskGroup() as tasks:
        await Rounds(deps, tasks, Pulls(deps, tasks, Introductions(deps)), tend).start_due()


async def test_k4_a_group_is_looked_after_while_it_waits_and_then_no_more(deps: Deps, clock: SetClock) -> None:
    groups = await founded(deps, {}, {})
    assert await due(deps, NOON) == []
    assert set(groups) < set(await due(deps, NOON + SOON_MS))
    for _ in range(3):  # settle, then find nothing left
        clock.ms += SOON_MS
        await go_rounds(deps)
    commits = deps.store.writer.commits
    clock.ms += A_DAY_MS
    await go_rounds(deps)
    assert (await due(deps, FOR_EVER), deps.store.writer.commits - commits) == ([], 0)


async def test_k4_the_work_of_a_killed_process_comes_again(deps: Deps) -> None:
    (group,) = await founded(deps, {})
    then = NOON + SOON_MS
    claim = then + CLAIM_MS
    await deps.store.write(lambda session: claim_rounds(session, [group], now=then, until=claim))
    assert group not in await due(deps, claim - 1)
    assert group in await due(deps, claim)


async def test_k4_what_is_written_during_a_round_is_looked_after_again(deps: Deps) -> None:
    (group,) = await founded(deps, {})
    then = NOON + SOON_MS
    (claimed,) = await deps.store.write(lambda session: claim_rounds(session, [group], now=then, until=then + CLAIM_MS))
    await deps.store.write(lambda session: mark_due(session, [group], at=then + 1))
    await deps.store.write(lambda session: settle_round(session, claimed, next_at=None))
    assert group in await due(deps, then + 1)


async def test_k4_only_groups_that_differ_are_named_and_private_ones_to_their_pods_alone(deps: Deps) -> None:
    here = deps.identity.base_url
    same, other, secret = await founded(deps, {}, {}, {"visibility": "private"})
    async with deps.store.database.read() as session:
        ours = {one.group: one for one in await list_standings(session, here, 100, after=None)}
        assert set(ours) >= {same, other, secret}
        theirs = [ours[same], replace(ours[other], size=7), replace(ours[secret], head=other)]
        assert await list_differing(session, theirs, STRANGER) == [other]
        assert await list_differing(session, theirs, here) == sorted([other, secret])
        assert await list_standings(session, STRANGER, 100, after=None) == []


async def test_k4_a_pod_that_renews_its_key_looks_at_every_group(deps: Deps, clock: SetClock) -> None:
    groups = await founded(deps, {})
    for _ in range(3):
        clock.ms += SOON_MS
        await go_rounds(deps)
    await deps.store.write(lambda session: mark_all_due(session, now=clock.ms))
    assert set(groups) < set(await due(deps, clock.ms))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What readers ask of the database, but for SQLite's number of the last commit, which is no statement."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(database.reading.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.reading.sync_engine, "before_cursor_execute", note)


async def looked(deps: Deps, clock: SetClock, times: int) -> list[str]:
    """The statements of a process that looks so often for rounds, exchanges and deliveries, and finds none."""
    introductions = Introductions(deps)
    async with asyncio.TaskGroup() as tasks:
        looks = Looks(deps, tasks, introductions, Pulls(deps, tasks, introductions), tend)
        courier = Courier(deps, introductions)
        delivering = tasks.create_task(courier.run())
        await looks.look()
        await look_for_deliveries(deps, clock, courier)
        with statements(deps.store.database) as asked:
            for _ in range(times):
                await looks.look()
                await look_for_deliveries(deps, clock, courier)
        delivering.cancel()
    return asked


async def look_for_deliveries(deps: Deps, clock: SetClock, courier: Courier) -> None:
    """Have the courier look, and wait until it has."""
    for _ in range(2):  # the beat is the look's beginning: with the next, it is over
        clock.ms += 1
        courier.look()
        await until(lambda: deps.memory.beats.get("delivering") == clock.ms)


async def test_an_idle_look_costs_at_most_one_statement_however_many_groups_there_are(
    deps: Deps, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK_EVERY_SECONDS", 24 * 3600.0)
    costs = []
    for more in (2, 20):
        await founded(deps, *[{}] * more, name=f"ada-{more}")
        for _ in range(6):
            clock.ms += SOON_MS
            await go_rounds(deps)
        assert await due(deps, FOR_EVER) == []
        costs.append(await looked(deps, clock, 10))
    # PostgreSQL is asked for the number of the last commit by each look; the courier looks twice here, and once before.
    number = set() if deps.store.database.is_sqlite else {"SELECT number FROM commits WHERE id = 1"}
    assert [set(asked) for asked in costs] == [number, number]
    assert all(len(asked) <= 31 for asked in costs)


async def test_what_another_process_writes_ends_the_calm(deps: Deps, clock: SetClock) -> None:
    """The calm is of this process, so any commit ends it, and so does a clock that jumps; a time that comes, too."""
    calm = Calm(deps.store.database)
    assert not await calm.holds(NOON)
    calm.begin(NOON, NOON + SOON_MS)
    assert await calm.holds(NOON)
    assert await calm.holds(NOON + SOON_MS - 1)
    assert not await calm.holds(NOON + SOON_MS)
    assert not await calm.holds(NOON - 1)
    calm.begin(NOON, None)
    assert await calm.holds(FOR_EVER)
    async with running_writer(deps.store.database) as other:
        await other.write(lambda session: mark_due(session, [an_id("a group")], at=clock.ms))
    assert not await calm.holds(NOON)
