"""A group is looked after while anything in it waits, and then not again before somebody writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from migrations import upgrade
from models.engine.databases import Database, open_database
from models.fediverse.peers import list_differing, list_standings
from models.groups.rounds import claim_rounds, list_due_rounds, mark_all_due, mark_due, settle_round
from models.people.accounts import load_account
from pod.actions.groups.founding import sign_up, start_group
from pod.actions.signer import TokenHolder
from pod.deps import Deps
from pod.jobs.introductions import Introductions
from pod.jobs.loops import tend
from pod.jobs.pulls import Pulls
from pod.jobs.rounds import CLAIM_MS, SOON_MS, Rounds
from protocol.ids import RecordId
from tests.support.sinks import SetClock, some_parts

NOON = 1_800_000_000_000
A_DAY_MS = 24 * 3600 * 1000
FOR_EVER = 2**53 - 1
STRANGER = "https://stranger.example"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url, durable=False)
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def deps(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Deps]:
    async with some_parts(database, tmp_path, clock) as parts:
        yield parts


async def founded(deps: Deps, *wishes: dict[str, object]) -> list[RecordId]:
    """Groups of a new account, which has one of its own besides."""
    opened = await sign_up(deps, "ada")
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
