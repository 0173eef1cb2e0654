"""How far the lists of other pods were pulled."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base
from protocol.ids import RecordId


class CursorRow(Base):
    """How far a pod's list was pulled."""

    __tablename__ = "cursors"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    list: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]


async def load_cursor(session: AsyncSession, group: RecordId, pod: str, name: str) -> int:
    """How far list `name` of `pod` was pulled; 0 if never."""
    row = await session.get(CursorRow, (group, pod, name))
    return row.position if row else 0


async def store_cursor(session: AsyncSession, group: RecordId, pod: str, name: str, position: int) -> None:
    """Store how far list `name` of `pod` was pulled."""
    await session.merge(CursorRow(group_id=group, pod=pod, list=name, position=position))
