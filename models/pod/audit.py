"""What those who run the pod did: who, what, before and after, and why. Nothing is ever changed or dropped here."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_counted


class AuditRow(Base):
    """An act. `who`: the account's name, or `command line`; `subject`: the person or thing that it concerns."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[int]
    who: Mapped[str] = mapped_column(index=True)
    act: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    why: Mapped[str]


class Act(msgspec.Struct, frozen=True):
    """An admin's act."""

    at: int
    who: str
    act: str
    subject: str = ""
    before: str = ""
    after: str = ""
    why: str = ""


AUDIT = table_of(AuditRow)
_COLUMNS = [AUDIT.c[name] for name in Act.__struct_fields__]


async def note_act(session: AsyncSession, act: Act) -> None:
    """Store an act, in the commit that does it."""
    await insert_counted(session, AUDIT, msgspec.structs.asdict(act))


async def list_acts(
    session: AsyncSession, limit: int, *, act: str = "", who: str = "", before: int | None = None
) -> list[tuple[int, Act]]:
    """Acts with their numbers below `before`, the latest first; of one kind or one person."""
    wanted: Any = select(AUDIT.c.id, *_COLUMNS).order_by(AUDIT.c.id.desc()).limit(limit)
    if act:
        wanted = wanted.where(AUDIT.c.act == act)
    if who:
        wanted = wanted.where(AUDIT.c.who == who)
    if before is not None:
        wanted = wanted.where(AUDIT.c.id < before)
    return [(row[0], Act(*row[1:])) for row in await session.execute(wanted)]
