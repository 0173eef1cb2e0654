"""Many rows in one statement, on both engines; what is older gives way where a rule says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.statements import EachRow

# Parameters in one `IN (…)`; a statement may have 32,766 on SQLite and 65,535 on PostgreSQL.
CHUNK: Final = 500

Insert = postgresql.Insert | sqlite.Insert
Newer = Callable[[Table, Any], ColumnElement[bool]]
T = TypeVar("T")


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values as lists of at most `size`."""
    whole = list(values)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def insert_into(session: AsyncSession, table: Table) -> Insert:
    """The engine's own INSERT, which has ON CONFLICT."""
    return insert_on(session.get_bind().dialect.name, table)


def insert_on(engine: str, table: Table) -> Insert:
    """The same for an engine's name."""
    return sqlite.insert(table) if engine == "sqlite" else postgresql.insert(table)


async def insert_new(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key doesn't exist yet; leave existing rows unchanged."""
    if rows:
        await _insertion(table, tuple(rows[0])).run(session, rows)


async def upsert(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]], newer: Newer | None = None
) -> None:
    """Insert the rows, or replace those with the same primary key; with `newer`, only where it is true."""
    if rows:
        await _replacement(table, tuple(rows[0]), newer).run(session, rows)


@cache
def _insertion(table: Table, names: tuple[str, ...]) -> EachRow:
    return EachRow(lambda engine: insert_on(engine, table).on_conflict_do_nothing(), names)


@cache
def _replacement(table: Table, names: tuple[str, ...], newer: Newer | None) -> EachRow:
    keys = [column.name for column in table.primary_key]

    def make(engine: str) -> Insert:
        statement = insert_on(engine, table)
        changes = {name: statement.excluded[name] for name in names if name not in keys}
        where = newer(table, statement.excluded) if newer else None
        return statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where)

    return EachRow(make, names)


async def insert_counted(session: AsyncSession, table: Table, values: Mapping[str, Any]) -> int:
    """Insert one row into a table that numbers its rows; returns its number. Raises IntegrityError."""
    number = await session.scalar(insert_into(session, table).values(values).returning(table.c.id))
    assert number is not None
    return int(number)
