"""Indexes that a database lacks, rows whose owner is gone, broken files: found, and mended where that is safe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    Index,
    Table,
    and_,
    delete,
    exists,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import ACTIVITIES, DELIVERIES
from models.schema import METADATA


async def check_pages(session: AsyncSession) -> list[str]:
    """The faults of the SQLite file itself; PostgreSQL checks its own files."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    try:
        return [said for said in await session.scalars(text("PRAGMA quick_check(10)")) if said != "ok"]
    except DatabaseError as error:
        return [str(error.orig)]


async def list_missing_indexes(session: AsyncSession) -> list[str]:
    """The names of indexes that the code expects and the database lacks."""
    connection = await session.connection()
    return await connection.run_sync(lambda sync: [str(index.name) for index in _missing(sync)])


async def make_missing_indexes(session: AsyncSession) -> None:
    """Make the missing indexes."""
    connection = await session.connection()
    await connection.run_sync(_make)


def _make(connection: Connection) -> None:
    for index in _missing(connection):
        index.create(connection)


def _missing(connection: Connection) -> list[Index]:
    inspector = inspect(connection)
    there = {index["name"] for table in METADATA.tables for index in inspector.get_indexes(table)}
    return [
        index
        for table in METADATA.sorted_tables
        for index in sorted(table.indexes, key=lambda one: str(one.name))
        if index.name not in there
    ]


async def count_orphans(session: AsyncSession) -> dict[str, int]:
    """By table, the number of rows whose owner is gone and of activities without deliveries; only where any."""
    found: dict[str, int] = {}
    for table, left_over in _left_over():
        count = await session.scalar(select(func.count()).select_from(table).where(left_over))
        if count:
            found[table.name] = found.get(table.name, 0) + count
    return found


async def remove_orphans(session: AsyncSession) -> None:
    """Remove these rows; no record, item or group is ever among them."""
    for table, left_over in _left_over():
        await session.execute(delete(table).where(left_over))


def _left_over() -> Iterator[tuple[Table, ColumnElement[bool]]]:
    for table in METADATA.sorted_tables:
        for constraint in table.foreign_key_constraints:
            named = [column.is_not(None) for column in constraint.columns]
            yield table, and_(*named, ~exists().where(*_joined(constraint)))
    yield ACTIVITIES, ~exists().where(DELIVERIES.c.activity_id == ACTIVITIES.c.id)


def _joined(constraint: ForeignKeyConstraint) -> list[Any]:
    return [element.column == element.parent for element in constraint.elements]
