"""Signatures that were accepted, for as long as they could be accepted again; all processes of a pod see them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_into


class SeenSignatureRow(Base):
    """`mark` stands for a key and its signature, which is refused by itself after `until`."""

    __tablename__ = "seen_signatures"

    mark: Mapped[bytes] = mapped_column(primary_key=True)
    until: Mapped[int] = mapped_column(index=True)


SEEN = table_of(SeenSignatureRow)


async def insert_seen(session: AsyncSession, marks: Mapping[bytes, int]) -> set[bytes]:
    """Remember marks, each until its time; those that weren't there before."""
    new = insert_into(session, SEEN).on_conflict_do_nothing().returning(SEEN.c.mark)
    return set(await session.scalars(new, [{"mark": mark, "until": until} for mark, until in marks.items()]))


async def prune_seen(session: AsyncSession, *, now: int) -> None:
    """Forget what has expired."""
    await session.execute(delete(SEEN).where(SEEN.c.until < now))
