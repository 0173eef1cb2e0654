"""A migrated database on each engine with a table for plain rows, and a writer on it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from migrations import upgrade
from models.engines import Database, open_database
from models.writer import Writer, running_writer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url, durable=False)
    await upgrade(opened)
    async with opened.writing.begin() as connection:
        # For tests of the engine itself, which need rows that mean nothing.
        await connection.execute(text("CREATE TABLE plain_notes (id TEXT PRIMARY KEY, at BIGINT NOT NULL)"))
    yield opened
    await opened.close()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with running_writer(database) as running:
        yield running
