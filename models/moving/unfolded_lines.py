"""What an account that came here brought, and no other table has: lines to hand on, lines that couldn't be written.

A line of a kind that this version doesn't know, and members that it doesn't know of a line that it does, are handed on
as they came. So are what a copy tells of followers, readers and groups that haven't come along themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import chunks, insert_new, upsert
from models.groups.groups_and_items import GROUPS
from models.people.subscriptions import FOLLOWINGS, Following
from protocol.copies import CopyLine
from protocol.ids import RecordId

LINE: Final = "line"
MEMBERS: Final = "members"
FAILED: Final = "failed"


class UnfoldedCopyRow(Base):
    """How far a copy was written into an account: the next class, and the last line of it that is done.

    `follows_to`: up to which group what the account follows was fetched from `pod`.
    """

    __tablename__ = "unfolded_copies"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    copy_id: Mapped[int] = mapped_column(primary_key=True)
    begun_at: Mapped[int]
    pod: Mapped[str]
    name: Mapped[str]
    after: Mapped[str]
    follows_to: Mapped[RecordId | None]


class UnfoldedLineRow(Base):
    """A line of a class. `standing`: line, members or failed; `reason`: why the line couldn't be written."""

    __tablename__ = "unfolded_lines"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    standing: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]


class UnfoldedCopy(msgspec.Struct, frozen=True):
    """The same as a value. `begun_at`: of the copy, whose number may be another one's later."""

    account_id: int
    copy_id: int
    begun_at: int
    pod: str
    name: str
    after: str = ""
    follows_to: RecordId | None = None


class UnfoldedLine(msgspec.Struct, frozen=True):
    """The same as a value. `text`: a whole line, or of `members` only those that this version doesn't know."""

    account_id: int
    name: str
    standing: str
    key: str
    text: bytes
    reason: str = ""


UNFOLDED_COPIES: Final = table_of(UnfoldedCopyRow)
UNFOLDED_LINES: Final = table_of(UnfoldedLineRow)
_COPY: Final = [UNFOLDED_COPIES.c[name] for name in UnfoldedCopy.__struct_fields__]


async def load_unfolded(session: AsyncSession, account: int, copy: int) -> UnfoldedCopy | None:
    """How far a copy was written into an account."""
    of = UNFOLDED_COPIES.c.account_id == account, UNFOLDED_COPIES.c.copy_id == copy
    row = (await session.execute(select(*_COPY).where(*of))).one_or_none()
    return UnfoldedCopy(*row) if row else None


async def save_unfolded(session: AsyncSession, unfolded: UnfoldedCopy) -> None:
    await upsert(session, UNFOLDED_COPIES, [msgspec.structs.asdict(unfolded)])


async def list_unfolded(session: AsyncSession, account: int, limit: int) -> list[UnfoldedCopy]:
    """The copies that were written into an account, the first one first."""
    wanted = select(*_COPY).where(UNFOLDED_COPIES.c.account_id == account)
    rows = await session.execute(wanted.order_by(UNFOLDED_COPIES.c.begun_at, UNFOLDED_COPIES.c.copy_id).limit(limit))
    return [UnfoldedCopy(*row) for row in rows]


async def set_follows_to(session: AsyncSession, unfolded: UnfoldedCopy, group: RecordId) -> None:
    """Store that what the account follows was fetched up to this group."""
    of = UNFOLDED_COPIES.c.account_id == unfolded.account_id, UNFOLDED_COPIES.c.copy_id == unfolded.copy_id
    await session.execute(update(UNFOLDED_COPIES).where(*of).values(follows_to=group))


async def insert_unfolded_lines(session: AsyncSession, lines: Sequence[UnfoldedLine]) -> None:
    """Keep lines; those that are here already stay as they are."""
    rows: list[dict[str, Any]] = [{**msgspec.structs.asdict(line), "key": line.key.encode()} for line in lines]
    await insert_new(session, UNFOLDED_LINES, rows)


async def count_unfolded_lines(session: AsyncSession, account: int, standings: Collection[str]) -> tuple[int, int]:
    """How many lines of these standings an account has, and their bytes."""
    counted = select(func.count(), func.coalesce(func.sum(func.length(UNFOLDED_LINES.c.text)), 0))
    of = UNFOLDED_LINES.c.account_id == account, UNFOLDED_LINES.c.standing.in_(standings)
    count, size = (await session.execute(counted.where(*of))).one()
    return int(count), int(size)


async def list_handed_on(session: AsyncSession, account: int, name: str, after: str, limit: int) -> list[CopyLine]:
    """Whole lines of a class that are handed on, after a key."""
    of = _of(account, name, LINE)
    wanted = select(UNFOLDED_LINES.c.key, UNFOLDED_LINES.c.text).where(*of, UNFOLDED_LINES.c.key > after.encode())
    rows = await session.execute(wanted.order_by(UNFOLDED_LINES.c.key).limit(limit))
    return [CopyLine(key.decode(), text) for key, text in rows]


async def load_more_members(
    session: AsyncSession, account: int, name: str, keys: Collection[str]
) -> dict[str, dict[str, Any]]:
    """What is handed on of the lines with these keys, by key: members that this version doesn't know."""
    found: dict[str, dict[str, Any]] = {}
    for some in chunks([key.encode() for key in keys]):
        wanted = select(UNFOLDED_LINES.c.key, UNFOLDED_LINES.c.text).where(*_of(account, name, MEMBERS))
        rows = await session.execute(wanted.where(UNFOLDED_LINES.c.key.in_(some)))
        found |= {key.decode(): msgspec.json.decode(text) for key, text in rows}
    return found


async def list_failed(session: AsyncSession, account: int, limit: int) -> list[UnfoldedLine]:
    """The lines that couldn't be written, by class and key."""
    columns = [UNFOLDED_LINES.c[name] for name in ("name", "key", "text", "reason")]
    of = UNFOLDED_LINES.c.account_id == account, UNFOLDED_LINES.c.standing == FAILED
    rows = await session.execute(select(*columns).where(*of).order_by(*columns[:2]).limit(limit))
    return [UnfoldedLine(account, name, FAILED, key.decode(), text, reason) for name, key, text, reason in rows]


async def load_next_following(
    session: AsyncSession, account: int, after: RecordId | None
) -> tuple[Following, bool] | None:
    """What the account follows next after a group, by id, and whether this pod holds it; None: no more."""
    columns = [FOLLOWINGS.c[name] for name in Following.__struct_fields__]
    wanted = select(*columns, GROUPS.c.id.is_not(None)).select_from(
        FOLLOWINGS.outerjoin(GROUPS, GROUPS.c.id == FOLLOWINGS.c.group_id)
    )
    wanted = wanted.where(FOLLOWINGS.c.account_id == account)
    if after is not None:
        wanted = wanted.where(FOLLOWINGS.c.group_id > after)
    row = (await session.execute(wanted.order_by(FOLLOWINGS.c.group_id).limit(1))).one_or_none()
    return (Following(*row[:-1]), bool(row[-1])) if row else None


def _of(account: int, name: str, standing: str) -> tuple[Any, ...]:
    return (
        UNFOLDED_LINES.c.account_id == account,
        UNFOLDED_LINES.c.name == name,
        UNFOLDED_LINES.c.standing == standing,
    )
