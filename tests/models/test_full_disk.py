"""A full disk is known as one, and its end is noticed by the next write that finds room."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database, open_database
from models.engine.full_disk import is_full, is_unwritable, write_and_drop
from models.engine.writer import Writer, running_writer


async def fill(session: AsyncSession) -> None:
    await session.execute(text("CREATE TABLE heap (letters TEXT)"))
    await session.execute(text("INSERT INTO heap VALUES (:letters)"), {"letters": "x" * 10_000_000})


async def test_n6_a_full_disk_is_noticed_and_so_is_room(tmp_path: object) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.sqlite")
    async with running_writer(database) as writer:

        async def bound(session: AsyncSession) -> None:
            await session.execute(text("PRAGMA max_page_count = 100"))

        async def unbound(session: AsyncSession) -> None:
            await session.execute(text("PRAGMA max_page_count = 1000000"))

        await writer.write(bound)
        with pytest.raises(Exception) as failed:  # noqa: PT011  (which one is the engine's affair)
            await writer.write(fill)
        assert is_full(failed.value)
        noticed = [writer.full]
        await writer.write(unbound)
        await writer.write(write_and_drop)
        noticed.append(writer.full)
        assert noticed == [True, False]
    await database.close()


async def test_n6_a_database_that_may_only_be_read_is_known(database: Database, writer: Writer) -> None:
    forbid = "PRAGMA query_only = ON" if database.is_sqlite else "SET TRANSACTION READ ONLY"

    async def write(session: AsyncSession) -> None:
        await session.execute(text(forbid))
        await session.execute(text("INSERT INTO settings (key, value, changed_at) VALUES ('a', 'b', 1)"))

    with pytest.raises(Exception) as failed:  # noqa: PT011  (as above)
        await writer.write(write)
    assert (is_unwritable(failed.value), is_full(failed.value), writer.full) == (True, False, False)


def test_n6_other_faults_are_none() -> None:
    assert not is_unwritable(ValueError("malformed"))
    assert not is_full(ValueError("malformed"))
    assert is_full(OSError(28, "No space left on device"))
