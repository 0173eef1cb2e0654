import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine import databases
from models.engine.databases import Database, UnsafeDatabaseError, open_database
from models.engine.inline_sqlite import READ_BUDGET
from models.engine.writer import running_writer

LONG_READ = text(
    f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {READ_BUDGET}) SELECT sum(i) FROM n"
)


@pytest.mark.parametrize("url", ["sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:", "mysql+aiomysql://a/b"])
async def test_a_database_that_keeps_nothing_is_refused(url: str) -> None:
    with pytest.raises(UnsafeDatabaseError):
        await open_database(url)


async def test_sqlite_that_does_not_take_synchronous_full_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = databases._pragma
    monkeypatch.setattr(
        databases, "_pragma", lambda c, statement: ask(c, statement.replace("synchronous=FULL", "synchronous=NORMAL"))
    )

    with pytest.raises(UnsafeDatabaseError, match="synchronous"):
        await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db")


async def test_postgres_that_does_not_wait_for_its_disk_is_refused(postgres_url: str) -> None:
    with pytest.raises(UnsafeDatabaseError, match="fsync"):
        await open_database(postgres_url)


async def test_the_writing_connection_is_in_wal_mode_with_full_synchronous(tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db")
    async with database.writing.connect() as connection:
        modes = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await database.close()

    assert modes == ["wal", 2, 1]


async def test_a_reader_cannot_write(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(DBAPIError):
            await session.execute(text("DELETE FROM records"))


@pytest.mark.usefixtures("plain_notes")
async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read() as session:
        count = text("SELECT count(*) FROM plain_notes")
        before = await session.scalar(count)
        async with database.writing.begin() as connection:
            await connection.execute(text("INSERT INTO plain_notes (id, at) VALUES ('a', 1)"))
        assert await session.scalar(count) == before == 0
    async with database.read() as session:
        assert await session.scalar(count) == 1


async def test_a_read_over_its_budget_gives_the_whole_answer(tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db")
    async with database.read() as session:
        assert await session.scalar(LONG_READ) == READ_BUDGET * (READ_BUDGET + 1) // 2
    await database.close()


async def test_a_read_over_its_budget_leaves_the_transaction_that_asks_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "pod.db"
    database = await open_database(f"sqlite+aiosqlite:///{path}")
    async with database.writing.begin() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        await connection.execute(LONG_READ)
        await connection.execute(text("INSERT INTO t SELECT 2"))
    await database.close()

    assert sqlite3.connect(path).execute("SELECT a FROM t").fetchall() == [(1,), (2,)]


async def test_a_version_changes_with_each_commit_of_any_connection_and_with_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "pod.db"
    database = await open_database(f"sqlite+aiosqlite:///{path}")
    async with database.writing.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (text)"))
    first = await database.version()
    async with database.read() as session:
        await session.execute(text("SELECT * FROM notes"))
    assert await database.version() == first
    async with database.writing.begin() as connection:
        await connection.execute(text("INSERT INTO notes VALUES ('here')"))
    second = await database.version()
    with sqlite3.connect(path) as other:
        other.execute("INSERT INTO notes VALUES ('elsewhere')")
    other.close()
    third = await database.version()
    await database.close()
    assert len({first, second, third}) == 3


async def test_on_postgresql_a_version_counts_the_commits_of_all_writers(postgres_url: str) -> None:
    database = await open_database(postgres_url, durable=False)
    async with running_writer(database) as one, running_writer(database) as other:
        versions = [await database.version()]
        for writer in (one, other, one):
            await writer.write(_nothing)
            versions.append(await database.version())
    await database.close()
    assert versions == list(range(versions[0], versions[0] + 4))


async def _nothing(_: AsyncSession) -> None:
    """An action that changes nothing."""
