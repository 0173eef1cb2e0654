"""A migrated database on each engine, and a writer on it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from models.engine.databases import Database, open_database
from models.engine.writer import Writer, running_writer


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url, durable=False)
    yield opened
    await opened.close()


@pytest.fixture
async def plain_notes(database: Database) -> None:
    """A table for tests of the engine itself, which need rows that mean nothing."""
    async with database.writing.begin() as connection:
        await connection.execute(text("CREATE TABLE plain_notes (id TEXT PRIMARY KEY, at BIGINT NOT NULL)"))


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with running_writer(database) as running:
        yield running
