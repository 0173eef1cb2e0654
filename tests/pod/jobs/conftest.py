"""A pod's parts on a migrated database of each engine, and a clock that stands until it is set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.engine.databases import Database, open_database
from pod.deps import Deps
from tests.support.sinks import NOON, SetClock, some_parts


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url, durable=False)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
async def deps(database: Database, clock: SetClock, tmp_path: Path) -> AsyncIterator[Deps]:
    async with some_parts(database, tmp_path, clock) as parts:
        yield parts
