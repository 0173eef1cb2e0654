"""How often something was tried of late: one bucket of tries each, that fills again by time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert


class BucketRow(Base):
    """`counted_by`: the hash of a kind and a key; `left_milli`: thousandths of a try that were left at `since_at`."""

    __tablename__ = "buckets"

    counted_by: Mapped[bytes] = mapped_column(primary_key=True)
    left_milli: Mapped[int]
    since_at: Mapped[int]
    full_at: Mapped[int] = mapped_column(index=True)


TRY_MILLI: Final = 1000
BUCKETS = table_of(BucketRow)
Also = Callable[[AsyncSession], Awaitable[None]]


async def load_left(session: AsyncSession, counted_by: bytes, *, most: int, every_ms: int, now: int) -> int:
    """Thousandths of a try that are left; `most` tries fit, and one more comes each `every_ms`."""
    row = (await session.execute(select(BUCKETS).where(BUCKETS.c.counted_by == counted_by))).one_or_none()
    if row is None:
        return most * TRY_MILLI
    return min(most * TRY_MILLI, int(row.left_milli) + max(0, now - int(row.since_at)) * TRY_MILLI // every_ms)


async def take_try(
    session: AsyncSession, counted_by: bytes, *, most: int, every_ms: int, now: int, also: Also | None = None
) -> int:
    """Take a try if one is left, and do `also` with it; returns the thousandths that were left before."""
    left = await load_left(session, counted_by, most=most, every_ms=every_ms, now=now)
    if left >= TRY_MILLI:
        full_at = now + (most * TRY_MILLI - left + TRY_MILLI) * every_ms // TRY_MILLI
        row = {"counted_by": counted_by, "left_milli": left - TRY_MILLI, "since_at": now, "full_at": full_at}
        await upsert(session, BUCKETS, [row])
        if also is not None:
            await also(session)
    return left


async def prune_buckets(session: AsyncSession, *, now: int) -> None:
    """Delete buckets that are full again."""
    await session.execute(delete(BUCKETS).where(BUCKETS.c.full_at <= now))
