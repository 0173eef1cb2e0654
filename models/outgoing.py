"""What was seen of others: activities already taken, and how far their lists were pulled."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from protocol.ids import RecordId


class SeenRow(Base):
    """An activity id that was taken: a second copy is a no-op."""

    __tablename__ = "seen_activities"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]


class CursorRow(Base):
    """How far a list of a peer was pulled."""

    __tablename__ = "cursors"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    list: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]


class ActorKeyRow(Base):
    """The sealed RSA key (PEM) of a local actor, by its path."""

    __tablename__ = "actor_keys"

    path: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


async def note_seen(session: AsyncSession, activity: str, *, now: int) -> bool:
    """Whether the activity is new; it is known from now on."""
    if await session.get(SeenRow, activity) is not None:
        return False
    session.add(SeenRow(id=activity, at=now))
    await session.flush()
    return True


async def load_cursor(session: AsyncSession, group: RecordId, pod: str, name: str) -> int:
    """How far list `name` of `pod` was pulled; 0 at first."""
    row = await session.get(CursorRow, (group, pod, name))
    return row.position if row else 0


async def store_cursor(session: AsyncSession, group: RecordId, pod: str, name: str, position: int) -> None:
    """Remember how far list `name` of `pod` was pulled."""
    await session.merge(CursorRow(group_id=group, pod=pod, list=name, position=position))
