"""What an operator watches and the doctor mends, on both engines."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import Database
from models.engine.integrity import (
    check_pages,
    count_orphans,
    list_missing_indexes,
    make_missing_indexes,
    remove_orphans,
)
from models.engine.writer import Writer
from models.fediverse.deliveries import enqueue
from models.pod.metrics import measure

INDEX = "ix_deliveries_host_id"
BODY = b"{}"


async def queued(session: AsyncSession) -> None:
    for host in ("new.example", "new.example", "sick.example", "well.example"):
        await enqueue(session, actor="http://a/b", group=None, body=BODY, inboxes=[f"http://{host}/inbox"], now=7)
    await session.execute(text("UPDATE hosts SET attempts = 3 WHERE host = 'sick.example'"))
    await session.execute(text("UPDATE hosts SET last_succeeded_at = 5 WHERE host = 'well.example'"))


async def test_op_34_what_waits_is_counted_by_how_its_host_answers(database: Database, writer: Writer) -> None:
    await writer.write(queued)
    async with database.read() as session:
        measured = await measure(session)
    assert measured.queue == {"well": 1, "new": 2, "failing": 1}
    assert measured.hosts == {"well": 1, "new": 1, "failing": 1}
    assert (measured.people, measured.groups, measured.oldest_at) == (0, {}, 7)
    assert database.is_sqlite == (measured.database_bytes is None)


async def test_an_empty_pod_is_counted_too(database: Database) -> None:
    async with database.read() as session:
        measured = await measure(session)
    assert measured.queue == measured.hosts == {"well": 0, "new": 0, "failing": 0}
    assert measured.oldest_at is None


async def test_op_06_a_missing_index_is_named_and_made(database: Database, writer: Writer) -> None:
    async with database.read() as session:
        assert await list_missing_indexes(session) == []
    await writer.write(lambda session: session.execute(text(f"DROP INDEX {INDEX}")))
    async with database.read() as session:
        assert await list_missing_indexes(session) == [INDEX]
    await writer.write(make_missing_indexes)
    async with database.read() as session:
        assert await list_missing_indexes(session) == []


async def test_op_06_a_body_that_nobody_waits_for_is_counted_and_removed(database: Database, writer: Writer) -> None:
    await writer.write(queued)
    async with database.read() as session:
        assert await count_orphans(session) == {}
        assert await check_pages(session) == []
    await writer.write(lambda session: session.execute(text("DELETE FROM deliveries WHERE host = 'new.example'")))
    async with database.read() as session:
        assert await count_orphans(session) == {"activities": 2}
    await writer.write(remove_orphans)
    async with database.read() as session:
        assert await count_orphans(session) == {}
        left = await session.scalar(text("SELECT count(*) FROM activities"))
    assert left == 2


@pytest.mark.parametrize("table", ["tokens", "memberships", "recovery_keys"])
async def test_op_06_rows_without_their_account_are_counted(database: Database, writer: Writer, table: str) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL lets no such row in.")
    del writer
    columns = {
        "tokens": "(sha256, account_id, name, created_at) VALUES (x'00', 99, 'n', 1)",
        "recovery_keys": "(account_id, \"index\", did) VALUES (99, 0, 'd')",
        "memberships": "(account_id, group_id, signing, context, key_index, recovery_index, counter, state) "
        "VALUES (99, x'00', 'd', 'c', 0, 0, 0, 'member')",
    }[table]
    async with database.writing.connect() as connection:
        await connection.exec_driver_sql("ROLLBACK")
        await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.exec_driver_sql(f"INSERT INTO {table} {columns}")
        await connection.commit()
        await connection.exec_driver_sql("ROLLBACK")
        await connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        await connection.exec_driver_sql("BEGIN")
    async with database.read() as session:
        assert await count_orphans(session) == {table: 1}
