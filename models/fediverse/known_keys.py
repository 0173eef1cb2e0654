"""Other servers' keys, fetched by one process and stored for all; deleted a month after the last fetch."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.engine.wake_ups import send_changed_key

FORGOTTEN_MS: Final = 30 * 24 * 3600 * 1000
MOST: Final = 10_000


class KnownKeyRow(Base):
    """`text` is the key as its owner wrote it (PEM or multibase)."""

    __tablename__ = "known_keys"

    key_id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    text: Mapped[str]
    asked_at: Mapped[int] = mapped_column(index=True)


class KnownKey(msgspec.Struct, frozen=True):
    """Another server's key, and when it was last fetched."""

    key_id: str
    owner: str
    text: str
    asked_at: int


KNOWN_KEYS = table_of(KnownKeyRow)


async def load_known_key(session: AsyncSession, key_id: str) -> KnownKey | None:
    """The stored key with this id."""
    row = (await session.execute(select(KNOWN_KEYS).where(KNOWN_KEYS.c.key_id == key_id))).one_or_none()
    return KnownKey(row.key_id, row.owner, row.text, row.asked_at) if row else None


async def put_known_key(session: AsyncSession, key: KnownKey) -> None:
    """Store a key. If it replaces another one, of which processes may hold copies, they are told."""
    former = await load_known_key(session, key.key_id)
    await upsert(session, KNOWN_KEYS, [msgspec.structs.asdict(key)])
    if former is not None and former.text != key.text:
        await send_changed_key(session, key.key_id)


async def prune_known_keys(session: AsyncSession, *, now: int) -> None:
    """Delete keys that were fetched long ago, and of the others all but the `MOST` latest."""
    latest = select(KNOWN_KEYS.c.asked_at).order_by(KNOWN_KEYS.c.asked_at.desc()).offset(MOST).limit(1)
    full_since = await session.scalar(latest)
    before = max(now - FORGOTTEN_MS, full_since or 0)
    await session.execute(delete(KNOWN_KEYS).where(KNOWN_KEYS.c.asked_at <= before))
