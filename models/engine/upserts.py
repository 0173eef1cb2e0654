"""Many rows in one statement, on both engines; what is older gives way where a rule says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

# Parameters of one `IN (…)`: SQLite takes 32,766 in a statement, PostgreSQL 65,535.
CHUNK: Final = 500

Insert = postgresql.Insert | sqlite.Insert
Newer = Callable[[Table, Any], ColumnElement[bool]]
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    whole = list(values)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def insert_into(session: AsyncSession, table: Table) -> Insert:
    """The engine's own INSERT, which knows ON CONFLICT."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def insert_new(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key isn't there yet; leave the others as they are."""
    if rows:
        await session.execute(insert_into(session, table).on_conflict_do_nothing(), list(rows))


async def upsert(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]], newer: Newer | None = None
) -> None:
    """Insert the rows, or replace those with the same primary key; with `newer` only where it holds."""
    if not rows:
        return
    statement = insert_into(session, table)
    keys = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    where = newer(table, statement.excluded) if newer else None
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where), list(rows))


async def insert_counted(session: AsyncSession, table: Table, values: Mapping[str, Any]) -> int:
    """Insert one row of a table that counts its rows; return its number. Raises IntegrityError."""
    number = await session.scalar(insert_into(session, table).values(values).returning(table.c.id))
    assert number is not None
    return int(number)
