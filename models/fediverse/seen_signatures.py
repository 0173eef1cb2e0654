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
    """`mark`: a digest of a key and its signature; after `until` the signature is refused as stale anyway."""

    __tablename__ = "seen_signatures"

    mark: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[int] = mapped_column(index=True)


SEEN = table_of(SeenSignatureRow)
_KNOWN: Final = AllKeys(lambda keys: select(SEEN.c.mark).where(SEEN.c.mark.in_(keys)))


async def insert_seen(session: AsyncSession, marks: Mapping[bytes, int]) -> set[bytes]:
    """Store marks, each until its time; returns those that are new."""
    known = {mark for (mark,) in await _KNOWN.run(session, marks)}
    new = marks.keys() - known  # one action writes at a time, so no mark comes in between
    await insert_new(session, SEEN, [{"mark": mark, "until": marks[mark]} for mark in new])
    return new


async def prune_seen(session: AsyncSession, *, now: int) -> None:
    """Delete what has expired."""
    await session.execute(delete(SEEN).where(SEEN.c.until < now))
