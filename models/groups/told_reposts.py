"""What other pods told of groups that aren't here and repost a post from here: looked at, named if it proves true."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new
from protocol.ids import RecordId

MOST_LOOKS: Final = 3


class ToldRepostRow(Base):
    """A reported repost: the vote, and the member of the reposting group (`author`, signing key `key`).

    `own_group`: the post's. `name`: the reposting group's, once its chain at `pod` has shown that member; empty until
    then.
    """

    __tablename__ = "told_reposts"
    __table_args__ = (Index(None, "own_group"),)

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    post_id: Mapped[RecordId] = mapped_column(primary_key=True)
    own_group: Mapped[RecordId]
    pod: Mapped[str]
    vote: Mapped[RecordId]
    author: Mapped[int]
    key: Mapped[str]
    at: Mapped[int]
    looks: Mapped[int]
    name: Mapped[str]


class ToldRepost(msgspec.Struct, frozen=True):
    """The same as a value."""

    group_id: RecordId
    post_id: RecordId
    own_group: RecordId
    pod: str
    vote: RecordId
    author: int
    key: str
    at: int
    looks: int = 0
    name: str = ""


TOLD_REPOSTS = table_of(ToldRepostRow)


async def insert_told(session: AsyncSession, told: ToldRepost, *, most: int) -> bool:
    """Store a report if it is new and there are fewer than `most` for the group's posts; returns whether it did."""
    mine = TOLD_REPOSTS.c.own_group == told.own_group
    if (await session.scalar(select(func.count()).select_from(TOLD_REPOSTS).where(mine)) or 0) >= most:
        return False
    await insert_new(session, TOLD_REPOSTS, [msgspec.structs.asdict(told)])
    return True


async def list_told_unseen(session: AsyncSession, own_group: RecordId, limit: int) -> list[ToldRepost]:
    """Reports about posts of a group that aren't checked yet, the oldest first."""
    table = TOLD_REPOSTS.c
    wanted = select(TOLD_REPOSTS).where(table.own_group == own_group, table.name == "", table.looks < MOST_LOOKS)
    rows = await session.execute(wanted.order_by(table.at, table.group_id).limit(limit))
    return [ToldRepost(*row) for row in rows]


async def list_told_named(session: AsyncSession, groups: Collection[RecordId]) -> list[ToldRepost]:
    """Reports of these groups that proved true."""
    table = TOLD_REPOSTS.c
    rows = await session.execute(select(TOLD_REPOSTS).where(table.group_id.in_(list(groups)), table.name != ""))
    return [ToldRepost(*row) for row in rows]


async def save_look(session: AsyncSession, told: ToldRepost, name: str) -> None:
    """Store the result of a check; `name`: the group's if the report is true, else empty."""
    table = TOLD_REPOSTS.c
    this = (table.group_id == told.group_id) & (table.post_id == told.post_id)
    await session.execute(update(TOLD_REPOSTS).where(this).values(looks=told.looks + 1, name=name))


async def prune_told(session: AsyncSession, before: int) -> None:
    """Delete reports from before this time."""
    await session.execute(delete(TOLD_REPOSTS).where(TOLD_REPOSTS.c.at < before))
