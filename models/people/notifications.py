"""What people at home here are told of: one row a happening and account, seen or not; only the latest are kept.

Nobody is told of what a writer does whom they mute, nor of a changed mind: a member's vote on one thing is told once,
and once for all its members that a group reposts something.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, UniqueConstraint, bindparam, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import chunks, insert_new
from models.people.mutes import load_muted
from protocol.ids import RecordId

MOST_KEPT = 500  # for one account
REPOSTED: Final = "repost"


class NotificationRow(Base):
    """An event for an account's notifications; `author`: the member who did it, 0 if no member did.

    `about`: for a vote, the key of its target.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("account_id", "kind", "record_id"),
        Index(None, "account_id", "id"),
        Index(None, "account_id", "seen"),
        Index(None, "account_id", "about"),
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
    about: Mapped[bytes | None]


class News(msgspec.Struct, frozen=True):
    """A notification for an account; `post_id`: the post in which the account can look at it."""

    account_id: int
    kind: str
    group_id: RecordId
    record_id: RecordId
    author: int
    at: int
    post_id: RecordId | None = None
    seen: bool = False
    id: int = 0
    about: bytes | None = None


_Said = tuple[int, RecordId, int | None, bytes]
NOTIFICATIONS = table_of(NotificationRow)
_COLUMNS = [NOTIFICATIONS.c[name] for name in News.__struct_fields__]


async def insert_news(session: AsyncSession, news: Sequence[News]) -> None:
    """Store new notifications, except about muted members, and delete the oldest ones of each account."""
    news = await _unheard(session, await _unmuted(session, news))
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


async def _unmuted(session: AsyncSession, news: Sequence[News]) -> list[News]:
    muted: set[tuple[int, RecordId, int]] = set()
    for account in {one.account_id for one in news}:
        writers = {(one.group_id, one.author) for one in news if one.account_id == account}
        muted |= {(account, *writer) for writer in await load_muted(session, account, writers)}
    return [one for one in news if (one.account_id, one.group_id, one.author) not in muted]


async def _unheard(session: AsyncSession, news: Sequence[News]) -> list[News]:
    """Without votes of members (for reposts: groups) whose earlier vote on the same thing was notified already."""
    table, heard = NOTIFICATIONS.c, set[_Said]()
    for some in chunks({one.about for one in news if one.about}):
        wanted = select(table.account_id, table.group_id, table.author, table.about, table.kind).where(
            table.account_id.in_({one.account_id for one in news}), table.about.in_(some)
        )
        heard.update(_said(*row) for row in await session.execute(wanted))
    fresh = []
    for one in news:
        said = _said(one.account_id, one.group_id, one.author, one.about or b"", one.kind)
        if one.about is None or said not in heard:
            fresh.append(one)
            heard.add(said)
    return fresh


def _said(account: int, group: RecordId, author: int, about: bytes, kind: str) -> _Said:
    return (account, group, None if kind == REPOSTED else author, bytes(about))


async def list_news(session: AsyncSession, account: int, limit: int, *, before: int | None = None) -> list[News]:
    """An account's notifications, the latest first."""
    wanted = (
        select(*_COLUMNS)
        .where(NOTIFICATIONS.c.account_id == account)
        .where(NOTIFICATIONS.c.id < before if before is not None else true())
        .order_by(NOTIFICATIONS.c.id.desc())
        .limit(limit)
    )
    return [News(*row) for row in await session.execute(wanted)]


async def count_unseen(session: AsyncSession, account: int) -> int:
    """How many notifications the account hasn't seen."""
    return int(await _UNSEEN.value(session, account=account))


_UNSEEN: Final = Prepared(
    lambda _: select(func.count()).where(
        NOTIFICATIONS.c.account_id == bindparam("account"), NOTIFICATIONS.c.seen.is_(False)
    )
)


async def mark_seen(session: AsyncSession, account: int, *, newest: int) -> None:
    """Mark an account's notifications up to `newest` as seen; later ones weren't shown yet."""
    await session.execute(
        update(NOTIFICATIONS)
        .where(NOTIFICATIONS.c.account_id == account, NOTIFICATIONS.c.id <= newest, NOTIFICATIONS.c.seen.is_(False))
        .values(seen=True)
    )
