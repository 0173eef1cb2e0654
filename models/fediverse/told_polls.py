"""Polls of which a group's followers on other software were told, and what they were told last.

A poll is told once it is opened and its record is in the log. `looked` is the time from which the poll was to be looked
at again when it was told: as long as that stands, nothing ended in it, and nobody follows the poll to find that out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Index, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.content.places import FIRST_WAITING, LogPlace
from models.content.posts_and_votes import SCORES, post_target_key
from models.decisions.deadlines import NEVER
from models.decisions.polls import OPENINGS, POLLS
from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.groups.groups_and_items import ITEMS
from models.groups.records import RECORDS
from protocol.ids import RecordId

GONE: Final = "gone"
LATEST: Final = 200  # a poll that is opened after more than so many newer ones isn't told any more


class ToldPollRow(Base):
    """A poll of which followers were told. `stated`: what of it, in short; `target`: by which votes judge it."""

    __tablename__ = "told_polls"
    __table_args__ = (Index(None, "group_id"), {"sqlite_with_rowid": False})

    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    target: Mapped[bytes]
    stated: Mapped[str]
    looked: Mapped[int]


class LastTold(msgspec.Struct, frozen=True):
    """A poll with what was last told of it (empty: nothing), and the time from which it is to be looked at now."""

    poll: RecordId
    group: RecordId
    stated: str
    look_at: int


TOLD_POLLS: Final = table_of(ToldPollRow)


async def list_opened_polls(
    session: AsyncSession, group: RecordId, limit: int, *, before: LogPlace | None = None
) -> list[tuple[int, RecordId]]:
    """(place, id) of the group's opened polls, the last in its log first."""
    below = FIRST_WAITING if before is None else min(before.number, FIRST_WAITING)
    wanted = select(POLLS.c.place, POLLS.c.id).where(POLLS.c.group_id == group, POLLS.c.place < below, _is_opened())
    rows = await session.execute(wanted.order_by(POLLS.c.place.desc()).limit(limit))
    return [(row.place, row.id) for row in rows]


async def count_opened_polls(session: AsyncSession, group: RecordId) -> int:
    """How many polls the group has opened."""
    wanted = select(func.count()).select_from(POLLS)
    mine = POLLS.c.group_id == group, POLLS.c.place < FIRST_WAITING, _is_opened()
    return int(await session.scalar(wanted.where(*mine)) or 0)


async def list_untold_polls(session: AsyncSession, group: RecordId, since_seq: int, limit: int) -> list[LastTold]:
    """Opened polls after record number `since_seq` of which no follower was told, in the log's order.

    Only the latest polls are considered, so that the cost doesn't grow with the group's age.
    """
    logged = select(POLLS.c.id).where(POLLS.c.group_id == group, POLLS.c.place < FIRST_WAITING)
    latest = logged.order_by(POLLS.c.place.desc()).limit(LATEST).scalar_subquery()
    told = exists().where(TOLD_POLLS.c.poll_id == POLLS.c.id)
    wanted = (
        select(POLLS.c.id, func.min(OPENINGS.c.look_at))
        .join(RECORDS, RECORDS.c.id == POLLS.c.id)
        .join(OPENINGS, (OPENINGS.c.poll_id == POLLS.c.id) & (OPENINGS.c.group_id == POLLS.c.group_id))
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(POLLS.c.id.in_(latest), POLLS.c.group_id == group, RECORDS.c.seq > since_seq)
        .where(ITEMS.c.on_chain, ~told)
        .group_by(POLLS.c.id, POLLS.c.place)
        .order_by(POLLS.c.place.desc())
        .limit(limit)
    )
    return [LastTold(poll, group, "", look_at) for poll, look_at in reversed((await session.execute(wanted)).all())]


async def list_moved_polls(session: AsyncSession, group: RecordId, limit: int) -> list[LastTold]:
    """Told polls in which something ended, or was moved, since; of those that were final nothing can."""
    wanted = (
        select(TOLD_POLLS.c.poll_id, TOLD_POLLS.c.stated, func.min(OPENINGS.c.look_at))
        .join(OPENINGS, OPENINGS.c.poll_id == TOLD_POLLS.c.poll_id)
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(TOLD_POLLS.c.group_id == group, OPENINGS.c.group_id == group, ITEMS.c.on_chain)
        .where(TOLD_POLLS.c.stated != GONE, TOLD_POLLS.c.looked != NEVER, TOLD_POLLS.c.looked != OPENINGS.c.look_at)
        .group_by(TOLD_POLLS.c.poll_id, TOLD_POLLS.c.stated)
        .limit(limit)
    )
    return [LastTold(poll, group, stated, look_at) for poll, stated, look_at in await session.execute(wanted)]


async def list_hidden_polls(session: AsyncSession, floor: Mapping[RecordId, int], limit: int) -> list[LastTold]:
    """Told polls of any group that one of these floor groups hides by now; `floor`: their default scores."""
    if not floor:
        return []
    hides = (((SCORES.c.group_id == group) & (SCORES.c.sum_micro <= -default)) for group, default in floor.items())
    wanted = (
        select(TOLD_POLLS.c.poll_id, TOLD_POLLS.c.group_id, TOLD_POLLS.c.stated)
        .join(SCORES, SCORES.c.target == TOLD_POLLS.c.target)
        .where(TOLD_POLLS.c.stated != GONE, or_(*hides))
        .distinct()
        .limit(limit)
    )
    return [LastTold(poll, group, stated, 0) for poll, group, stated in await session.execute(wanted)]


async def put_told_poll(session: AsyncSession, was: LastTold, stated: str) -> bool:
    """Store what is told now; False if another process told something since `was` was read."""
    held = await session.scalar(select(TOLD_POLLS.c.stated).where(TOLD_POLLS.c.poll_id == was.poll))
    if (held or "") != was.stated:
        return False
    row = {"poll_id": was.poll, "group_id": was.group, "target": post_target_key(was.poll)}
    await upsert(session, TOLD_POLLS, [{**row, "stated": stated, "looked": was.look_at}])
    return True


def _is_opened() -> ColumnElement[bool]:
    return (
        exists()
        .where(OPENINGS.c.poll_id == POLLS.c.id, OPENINGS.c.group_id == POLLS.c.group_id)
        .where(ITEMS.c.id == OPENINGS.c.item_id, ITEMS.c.on_chain)
    )
