"""Files of other software that people brought: one for each account, looked at, then worked through row by row.

`imported_rows` has what each row of a list came to, so that a job that was killed goes on after the last one, and so
that rows that couldn't be taken are handed back. A process that works on one claims it for a while; if it dies, another
goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from protocol.ids import RecordId


class ImportRow(Base):
    """`name`: of its files here; `due_at`: when it is worked on, claimed anew, or dropped. See `StoredImport`."""

    __tablename__ = "imports"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    file: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    bytes: Mapped[int]
    total: Mapped[int]
    told: Mapped[str]
    due_at: Mapped[int] = mapped_column(index=True)
    asked_at: Mapped[int]
    replace: Mapped[bool]
    unlisted: Mapped[bool]
    tries: Mapped[int]
    done: Mapped[int]
    taken: Mapped[int]
    passed: Mapped[int]


class ImportedRowRow(Base):
    """A row of a list that was worked on. See `ImportedRow`."""

    __tablename__ = "imported_rows"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId | None]
    cells: Mapped[str]
    en: Mapped[str]
    sv: Mapped[str]


class StoredImport(msgspec.Struct, frozen=True):
    """A file that an account brought. `file`: what its owner calls it; `kind`: what it holds, "" if that is unsure.

    `state`: unsure, shown, going, done or failed. `total`: rows that can be tried, of which `done` were; `taken`: of
    those, how many came to something; `passed`: how many posts were here before, or rows whose server was silent.
    `told`: as JSON, what to say of the file. `asked_at`: when its owner began it. `replace`: what isn't in the list
    ends; `unlisted`: these posts, too.
    """

    account_id: int
    name: str
    file: str
    kind: str
    state: str
    bytes: int
    total: int
    told: str
    due_at: int
    asked_at: int = 0
    replace: bool = False
    unlisted: bool = False
    tries: int = 0
    done: int = 0
    taken: int = 0
    passed: int = 0


class ImportedRow(msgspec.Struct, frozen=True):
    """What a row came to: the group that is followed or muted now, or why it wasn't taken, in English and Swedish.

    `cells`: the row as it stood, as a JSON list.
    """

    row: int
    group: RecordId | None = None
    cells: str = ""
    en: str = ""
    sv: str = ""


IMPORTS: Final = table_of(ImportRow)
IMPORTED_ROWS: Final = table_of(ImportedRowRow)
GOING: Final = "going"
_COLUMNS = [IMPORTS.c[name] for name in StoredImport.__struct_fields__]


async def put_import(session: AsyncSession, brought: StoredImport, rows: Sequence[ImportedRow]) -> None:
    """Store it in place of the account's former one, with the rows that can't be tried."""
    await session.execute(delete(IMPORTED_ROWS).where(IMPORTED_ROWS.c.account_id == brought.account_id))
    await save_import(session, brought)
    await put_rows(session, brought.account_id, rows)


async def save_import(session: AsyncSession, brought: StoredImport) -> None:
    """Store how it stands, and leave its rows as they are."""
    await upsert(session, IMPORTS, [msgspec.structs.asdict(brought)])


async def put_rows(session: AsyncSession, account: int, rows: Sequence[ImportedRow]) -> None:
    """Store what rows came to."""
    values = [
        {"account_id": account, "row": one.row, "group_id": one.group, "cells": one.cells, "en": one.en, "sv": one.sv}
        for one in rows
    ]
    await upsert(session, IMPORTED_ROWS, values)


async def drop_import(session: AsyncSession, account: int) -> None:
    """Forget the file that an account brought, and what its rows came to."""
    await session.execute(delete(IMPORTED_ROWS).where(IMPORTED_ROWS.c.account_id == account))
    await session.execute(delete(IMPORTS).where(IMPORTS.c.account_id == account))


async def load_import(session: AsyncSession, account: int) -> StoredImport | None:
    row = (await session.execute(select(*_COLUMNS).where(IMPORTS.c.account_id == account))).one_or_none()
    return StoredImport(*row) if row else None


async def sum_import_bytes(session: AsyncSession) -> int:
    """How long the files of all accounts are together."""
    return int(await session.scalar(select(func.coalesce(func.sum(IMPORTS.c.bytes), 0))) or 0)


async def first_brought_at(session: AsyncSession) -> int | None:
    """When something is next to be done for any of them; None: never."""
    first: int | None = await session.scalar(select(func.min(IMPORTS.c.due_at)))
    return first


async def claim_import(session: AsyncSession, *, now: int, until: int) -> StoredImport | None:
    """Claim the one that waits longest for its turn until `until`."""
    due = select(*_COLUMNS).where(IMPORTS.c.state == GOING, IMPORTS.c.due_at <= now)
    row = (await session.execute(due.order_by(IMPORTS.c.due_at, IMPORTS.c.account_id).limit(1))).one_or_none()
    if row is None:
        return None
    found = StoredImport(*row)
    claimed = msgspec.structs.replace(found, due_at=until, tries=found.tries + 1)
    await save_import(session, claimed)
    return claimed


async def note_import(session: AsyncSession, brought: StoredImport, rows: Sequence[ImportedRow] = ()) -> bool:
    """Store how far it is and what rows came to; False if it is forgotten, or another process works on it."""
    mine = (
        IMPORTS.c.account_id == brought.account_id,
        IMPORTS.c.name == brought.name,
        IMPORTS.c.tries == brought.tries,
        IMPORTS.c.state == GOING,
    )
    changed = msgspec.structs.asdict(brought)
    noted = await session.scalar(update(IMPORTS).where(*mine).values(changed).returning(IMPORTS.c.account_id))
    if noted is None:
        return False
    await put_rows(session, brought.account_id, rows)
    return True


async def count_refused(session: AsyncSession, account: int) -> int:
    """How many rows of the account's file weren't taken."""
    wanted = select(func.count()).where(IMPORTED_ROWS.c.account_id == account, IMPORTED_ROWS.c.group_id.is_(None))
    return int(await session.scalar(wanted) or 0)


async def list_refused(session: AsyncSession, account: int, limit: int) -> list[ImportedRow]:
    """Rows of the account's file that weren't taken, in their order."""
    columns = [IMPORTED_ROWS.c[name] for name in ("row", "group_id", "cells", "en", "sv")]
    mine = (IMPORTED_ROWS.c.account_id == account, IMPORTED_ROWS.c.group_id.is_(None))
    rows = await session.execute(select(*columns).where(*mine).order_by(IMPORTED_ROWS.c.row).limit(limit))
    return [ImportedRow(*row) for row in rows]


async def list_reached(session: AsyncSession, account: int) -> frozenset[RecordId]:
    """The groups that rows of the account's file led to."""
    mine = and_(IMPORTED_ROWS.c.account_id == account, IMPORTED_ROWS.c.group_id.is_not(None))
    return frozenset(await session.scalars(select(IMPORTED_ROWS.c.group_id).where(mine).distinct()))


async def drop_old_imports(session: AsyncSession, *, now: int) -> None:
    """Forget those that nobody works on and whose time is over."""
    old = select(IMPORTS.c.account_id).where(IMPORTS.c.state != GOING, IMPORTS.c.due_at <= now)
    await session.execute(delete(IMPORTED_ROWS).where(IMPORTED_ROWS.c.account_id.in_(old)))
    await session.execute(delete(IMPORTS).where(IMPORTS.c.state != GOING, IMPORTS.c.due_at <= now))


async def list_import_names(session: AsyncSession) -> list[str]:
    """The names of all files that are still needed."""
    return list(await session.scalars(select(IMPORTS.c.name)))
