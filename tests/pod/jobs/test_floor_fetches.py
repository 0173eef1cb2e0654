"""Floor groups that aren't here are fetched by one process at a time, however many serve the pod."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from models.engine.databases import open_database
from models.pod.floor_groups import FloorGroup
from pod.deps import Deps
from pod.jobs import floor_groups
from pod.jobs.floor_groups import EVERY_MS, FloorFetches
from protocol.ids import RecordId
from tests.support.sinks import NOON, SetClock, some_parts

LACKING = FloorGroup(RecordId("a group"), "https://pod.example")
PROCESSES = 3


async def test_r3_a_minute_has_one_try_for_all_processes(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    async def lacking(*_: object) -> list[FloorGroup]:
        return [LACKING]

    async def fetch(deps: Deps, _: FloorGroup) -> None:
        tried.append(deps.clock() - NOON)

    monkeypatch.setattr(floor_groups, "list_lacking_floor", lacking)
    monkeypatch.setattr(floor_groups, "fetch_lacking", fetch)
    clock = SetClock(NOON)
    async with AsyncExitStack() as stack:
        tasks, all_of_them = asyncio.TaskGroup(), []
        for _ in range(PROCESSES):
            database = await open_database(database_url, durable=False)
            stack.push_async_callback(database.close)
            deps = await stack.enter_async_context(some_parts(database, tmp_path, clock))
            all_of_them.append(FloorFetches(deps, tasks))
        async with tasks:
            for _ in range(5):
                for fetches in all_of_them:
                    await fetches.start_due()
                clock.ms += EVERY_MS

    assert tried == [0, EVERY_MS, 2 * EVERY_MS]
