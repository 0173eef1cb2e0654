"""Signatures that were accepted, for as long as they could be accepted again; all processes of a pod see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys
from models.engine.upserts import insert_new


class SeenSignatureRow(Base):
    """`mark` stands for a key and its signature, which is refused by itself after `until`."""

    __tablename__ = "seen_signatures"

    mark: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[int] = mapped_column(index=True)


SEEN = table_of(SeenSignatureRow)
_KNOWN: Final = AllKeys(lambda keys: select(SEEN.c.mark).where(SEEN.c.mark.in_(keys)))


async def insert_seen(session: AsyncSession, marks: Mapping[bytes, int]) -> set[bytes]:
    """Remember marks, each until its time; those that weren't there before."""
    known = {mark for (mark,) in await _KNOWN.run(session, marks)}
    new = marks.keys() - known  # nobody else writes meanwhile
    await insert_new(session, SEEN, [{"mark": mark, "until": marks[mark]} for mark in new])
    return new


async def prune_seen(session: AsyncSession, *, now: int) -> None:
    """Forget what has expired."""
    await session.execute(delete(SEEN).where(SEEN.c.until < now))
