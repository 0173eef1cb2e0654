"""Pulls are fair: neither pods that never finish nor pods that never answer hold up those that do."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from models.engine.databases import open_database
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs import pulls
from pod.jobs.pulls import AT_ONCE, Pulls
from protocol.ids import RecordId
from tests.support.sinks import some_parts

GROUP = RecordId("a group")
HONEST = "https://honest.example"


class Strangers:
    """In the place of pulls: endless pods never finish, silent ones never answer, others are done at once."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.hanging = 0

    async def before_pull(self, _pod: str, _group: RecordId) -> None:
        """Nobody is new."""

    async def pull(self, _deps: Deps, pod: str, _group: RecordId) -> bool:
        self.asked[pod] += 1
        if "silent" in pod:
            self.hanging += 1
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return "endless" not in pod


async def honest_pulls(strangers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Strangers:
    """What was asked of whom until an honest pod was pulled ten times beside those."""
    world = Strangers()
    monkeypatch.setattr(pulls, "pull_of_its_own", world.pull)
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'pod.sqlite'}", durable=False)
    async with some_parts(database, tmp_path, Clock()) as deps, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        its = Pulls(deps, tasks, world)  # type: ignore[arg-type]
        await its.start(HONEST, GROUP)  # it answered once
        for pod in strangers:
            its.start(pod, GROUP)
        await asyncio.sleep(0)
        for _ in range(9):
            await its.start(HONEST, GROUP)
        for task in its._running.values():
            task.cancel()
    await database.close()
    return world


async def test_pods_whose_lists_never_end_delay_nobody_however_many_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = []
    for many in (40, 160):
        endless = [f"https://endless-{number}.example" for number in range(many)]
        asked = (await honest_pulls(endless, tmp_path, monkeypatch)).asked
        assert asked[HONEST] == 10
        turns.append(sum(asked[pod] for pod in endless))
    assert turns[1] <= 1.5 * turns[0]


async def test_pods_that_never_answer_hold_the_places_of_strangers_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = [f"https://silent-{number}.example" for number in range(50)]
    world = await honest_pulls(silent, tmp_path, monkeypatch)
    assert (world.asked[HONEST], world.hanging) == (10, AT_ONCE["new"])


async def test_x2_what_a_pod_tells_during_a_pull_is_pulled_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, told, pulled = asyncio.Event(), asyncio.Event(), 0

    async def pull(_deps: Deps, _pod: str, _group: RecordId) -> bool:
        nonlocal pulled
        pulled += 1
        begun.set()
        await told.wait()
        return True

    monkeypatch.setattr(pulls, "pull_of_its_own", pull)
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'pod.sqlite'}", durable=False)
    async with some_parts(database, tmp_path, Clock()) as deps, asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        its = Pulls(deps, tasks, Strangers())  # type: ignore[arg-type]
        its.start(HONEST, GROUP, heard=True)
        its.start(HONEST, GROUP, heard=True)  # it hasn't asked for anything yet
        await begun.wait()
        for _ in range(3):
            its.start(HONEST, GROUP, heard=True)
        its.start(HONEST, GROUP)
        told.set()
    await database.close()
    assert pulled == 2
