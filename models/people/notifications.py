"""What people at home here are told of: one row a happening and account, seen or not; only the latest are kept."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new
from protocol.ids import RecordId

MOST_KEPT = 500  # of an account


class NotificationRow(Base):
    """A happening that concerns an account; `author` is the member who did it, 0 where nobody in person did."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "record_id"),
        Index(None, "account_id", "id"),
        Index(None, "account_id", "seen"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str]
    group_id: Mapped[RecordId]
    record_id: Mapped[RecordId]
    post_id: Mapped[RecordId | None]
    author: Mapped[int]
    at: Mapped[int]
    seen: Mapped[bool]


class News(msgspec.Struct, frozen=True):
    """A happening to tell an account of; `post_id` is where it can be looked at."""

    account_id: int
    kind: str
    group_id: RecordId
    record_id: RecordId
    author: int
    at: int
    post_id: RecordId | None = None
    seen: bool = False
    id: int = 0


NOTIFICATIONS = table_of(NotificationRow)
_COLUMNS = [NOTIFICATIONS.c[name] for name in News.__struct_fields__]


async def insert_news(session: AsyncSession, news: Sequence[News]) -> None:
    """Tell of what wasn't told yet, and let the oldest of each account go."""
    rows = [{name: getattr(one, name) for name in News.__struct_fields__ if name != "id"} for one in news]
    await insert_new(session, NOTIFICATIONS, rows)
    table = NOTIFICATIONS.c
    for account in sorted({one.account_id for one in news}):
        oldest_kept = (
            select(table.id)
            .where(table.account_id == account)
            .order_by(table.id.desc())
            .offset(MOST_KEPT)
            .limit(1)
            .scalar_subquery()
        )
        await session.execute(delete(NOTIFICATIONS).where(table.account_id == account, table.id <= oldest_kept))


async def list_news(session: AsyncSession, account: int, limit: int, *, before: int | None = None) -> list[News]:
    """What an account was told, the latest first."""
    wanted = (
        select(*_COLUMNS)
        .where(NOTIFICATIONS.c.account_id == account)
        .where(NOTIFICATIONS.c.id < before if before is not None else true())
        .order_by(NOTIFICATIONS.c.id.desc())
        .limit(limit)
    )
    return [News(*row) for row in await session.execute(wanted)]


async def count_unseen(session: AsyncSession, account: int) -> int:
    """How much of it wasn't looked at yet."""
    wanted = select(func.count()).where(NOTIFICATIONS.c.account_id == account, NOTIFICATIONS.c.seen.is_(False))
    return int(await session.scalar(wanted) or 0)


async def mark_seen(session: AsyncSession, account: int) -> None:
    await session.execute(
        update(NOTIFICATIONS)
        .where(NOTIFICATIONS.c.account_id == account, NOTIFICATIONS.c.seen.is_(False))
        .values(seen=True)
    )
