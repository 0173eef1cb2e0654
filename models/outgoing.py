"""What leaves and what was seen: deliveries with leases, activities already taken, pull cursors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from protocol.ids import RecordId


class ActivityRow(Base):
    """The body of an outgoing activity, once for all its deliveries."""

    __tablename__ = "activities"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    actor: Mapped[str]
    group_id: Mapped[RecordId | None]
    body: Mapped[bytes]


class DeliveryRow(Base):
    """One activity to one inbox. It is deleted when the peer has answered 2xx."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    inbox: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[int]
    last_error: Mapped[str | None]


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


async def enqueue(
    session: AsyncSession, actor: str, group: RecordId | None, body: bytes, inboxes: Sequence[str], *, now: int
) -> None:
    """Queue an activity for each inbox, in the commit that made it."""
    if not inboxes:
        return
    activity = ActivityRow(actor=actor, group_id=group, body=body)
    session.add(activity)
    await session.flush()
    session.add_all(DeliveryRow(activity_id=activity.id, inbox=inbox, attempts=0, next_at=now) for inbox in inboxes)


async def list_due(session: AsyncSession, *, now: int, limit: int = 500) -> list[tuple[DeliveryRow, ActivityRow]]:
    """Deliveries whose time has come, oldest first."""
    rows = select(DeliveryRow, ActivityRow).join(ActivityRow, ActivityRow.id == DeliveryRow.activity_id)
    due = rows.where(DeliveryRow.next_at <= now).order_by(DeliveryRow.id).limit(limit)
    return [(delivery, activity) for delivery, activity in await session.execute(due)]


async def finish_delivery(session: AsyncSession, delivery: int) -> None:
    """The peer has it."""
    await session.execute(delete(DeliveryRow).where(DeliveryRow.id == delivery))


async def postpone_delivery(session: AsyncSession, delivery: int, *, next_at: int, error: str) -> None:
    """Try again later."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery)
        .values(next_at=next_at, attempts=DeliveryRow.attempts + 1, last_error=error)
    )


async def hasten_deliveries(session: AsyncSession, prefix: str, *, now: int) -> None:
    """Deliver now what waits for inboxes that begin with `prefix`: their pod was heard of."""
    await session.execute(update(DeliveryRow).where(DeliveryRow.inbox.startswith(prefix)).values(next_at=now))


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
