"""An account counts each change of the rows that a copy of it holds, whoever writes them, on both engines."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.columns import Base, RecordIdType
from models.engine.databases import Database
from models.moving.own_settings import load_own_changes
from models.people.accounts import take_counter
from tests.support.writing import an_id

ADA: Final = 7
OWN: Final = an_id("ada's own")
MANY: Final = 30
# Each table of which a class that is read whole holds rows, and a column of it that a copy tells.
TOLD: Final = {
    "memberships": "key_index",
    "followings": "lens",
    "blocks": "created_at",
    "decision_subscriptions": "what",
    "poll_drafts": "said",
    "wanted_claims": "group_id",
    "unfolded_lines": "text",
    "former_actors": "since_at",
    "boxes": "sealed",
    "followers": "inbox",
    "actor_keys": "rsa_public",
    "readers": "at",
}
OWNER: Final[dict[str, Any]] = {"account_id": ADA, "path": "u/ada", "group_id": OWN}


def value_of(column: Column[Any], other: int = 0) -> object:
    match column.type:
        case RecordIdType():
            return an_id(f"group {other}")
        case Boolean():
            return bool(other)
        case LargeBinary():
            return b"%d" % other
        case Integer():
            return 1 + other
        case _:
            return f"text {other}"


async def changes(session: AsyncSession) -> int:
    return (await load_own_changes(session, ADA)).rows


async def add(session: AsyncSession, table: Table, **more: object) -> None:
    needed = {column.name: value_of(column) for column in table.c if not column.nullable}
    owner = {name: value for name, value in OWNER.items() if name in table.c}
    await session.execute(insert(table).values(**{**needed, **owner, **more}))


async def test_mg_24_an_account_counts_each_change_of_what_a_copy_tells(database: Database) -> None:
    tables = Base.metadata.tables
    async with AsyncSession(database.writing) as session:
        await add(session, tables["accounts"], id=ADA, name="ada", personal_group=OWN)
        for name, told in TOLD.items():
            table, column = tables[name], tables[name].c[told]
            if name == "readers":
                await add(session, tables["memberships"], number=1)
            seen = [await changes(session)]
            await add(session, table)
            seen.append(await changes(session))
            await session.execute(update(table).values({column: value_of(column, 9)}))
            seen.append(await changes(session))
            if name == "readers":
                await session.execute(update(table).values(told_term=9))
                assert await changes(session) == seen[-1], "what no copy tells isn't counted"
            await session.execute(delete(table))
            seen.append(await changes(session))
            assert seen == sorted(set(seen)), (name, seen)


@pytest.mark.parametrize("name", ["followers", "unfolded_lines"])
async def test_mg_24_many_rows_that_go_at_once_write_their_account_seldom(database: Database, name: str) -> None:
    """On PostgreSQL each write of a row within a transaction leaves a version that the next one has to walk past."""
    tables = Base.metadata.tables
    key = {"followers": "actor", "unfolded_lines": "key"}[name]
    async with AsyncSession(database.writing) as session:
        await add(session, tables["accounts"], id=ADA, name="ada", personal_group=OWN)
        for number in range(MANY):
            await add(session, tables[name], **{key: str(number).encode() if name == "unfolded_lines" else str(number)})
        before = await changes(session)
        await session.execute(delete(tables[name]))
        more = await changes(session) - before
    assert more == (MANY if database.writing.dialect.name == "sqlite" else 1)


async def test_mg_24_a_counter_that_no_copy_tells_counts_no_change(database: Database) -> None:
    tables = Base.metadata.tables
    async with AsyncSession(database.writing) as session:
        await add(session, tables["accounts"], id=ADA, name="ada", personal_group=OWN)
        await add(session, tables["memberships"])
        before = await changes(session)
        await take_counter(session, ADA, OWN)
        assert await changes(session) == before
