"""Answers to a post and comments on its paragraphs, of the post's own group, in the order of its log."""

from collections.abc import Collection

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import FIRST_WAITING, LogPlace
from models.content.posts_and_votes import POSTS, SHEETS, PostCard, card_of, is_after, select_cards
from models.engine.upserts import chunks
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Address


async def count_replies(
    session: AsyncSession, group: RecordId, records: Collection[RecordId]
) -> dict[tuple[RecordId, int | None], int]:
    """How many answers there are to each record (index None) and to each paragraph of it."""
    counts: dict[tuple[RecordId, int | None], int] = {}
    for some in chunks(records):
        wanted = (
            select(POSTS.c.reply_record, POSTS.c.reply_index, func.count())
            .where(POSTS.c.reply_record.in_(some), POSTS.c.group_id == group)
            .group_by(POSTS.c.reply_record, POSTS.c.reply_index)
        )
        counts.update(((record, index), count) for record, index, count in await session.execute(wanted))
    return counts


async def list_replies(
    session: AsyncSession, group: RecordId, record: RecordId, limit: int, *, after: LogPlace | None = None
) -> list[PostCard]:
    """Answers to a record as a whole, the first in the log first."""
    later = is_after(POSTS, await _where_now(session, after) if after else None)
    wanted = (
        select_cards(group)
        .where(POSTS.c.reply_record == record, POSTS.c.reply_index.is_(None), POSTS.c.group_id == group, later)
        .order_by(POSTS.c.place, POSTS.c.target)
        .limit(limit)
    )
    return [card_of(row) for row in await session.execute(wanted)]


async def _where_now(session: AsyncSession, place: LogPlace) -> LogPlace:
    """Where a post stands that waited for the log: when it got its index, those behind it got theirs, too."""
    if place.number < FIRST_WAITING or place.post is None:
        return place
    number = await session.scalar(select(POSTS.c.place).where(POSTS.c.id == place.post))
    return place if number is None else LogPlace(number, place.post)


async def list_comments(
    session: AsyncSession, group: RecordId, paragraphs: Collection[Address], limit: int
) -> list[PostCard]:
    """Comments on these paragraphs, the first in the log first."""
    if not paragraphs:
        return []
    wanted = (
        select_cards(group)
        .where(tuple_(POSTS.c.reply_record, POSTS.c.reply_index).in_([(at.record, at.index) for at in paragraphs]))
        .where(POSTS.c.group_id == group)
        .order_by(POSTS.c.place, POSTS.c.target)
        .limit(limit)
    )
    return [card_of(row) for row in await session.execute(wanted)]


async def load_sheets_of(
    session: AsyncSession, group: RecordId, posts: Collection[RecordId], limit: int
) -> dict[RecordId, list[Sheet]]:
    """The sheets of several posts; of all together at most `limit`, the earliest first."""
    found: dict[RecordId, list[Sheet]] = {post: [] for post in posts}
    for some in chunks(posts):
        wanted = (
            select(SHEETS.c.post_id, SHEETS.c.sheet)
            .where(SHEETS.c.post_id.in_(some), SHEETS.c.group_id == group)
            .order_by(SHEETS.c.place, SHEETS.c.record_id)
            .limit(limit)
        )
        for post, sheet in await session.execute(wanted):
            found[post].append(msgspec.json.decode(sheet, type=Sheet))
    return found


async def load_few_sheets(session: AsyncSession, posts: Collection[RecordId], most: int) -> dict[RecordId, list[Sheet]]:
    """The sheets that posts have in their own groups, the earliest first; a post with more than `most` is left out."""
    found: dict[RecordId, list[Sheet]] = {}
    own = (POSTS.c.id == SHEETS.c.post_id) & (POSTS.c.group_id == SHEETS.c.group_id)
    for some in chunks(posts):
        few = (
            select(SHEETS.c.post_id)
            .join(POSTS, own)
            .where(SHEETS.c.post_id.in_(some))
            .group_by(SHEETS.c.post_id)
            .having(func.count() <= most)
        )
        wanted = select(SHEETS.c.post_id, SHEETS.c.sheet).join(POSTS, own).where(SHEETS.c.post_id.in_(few))
        for post, sheet in await session.execute(wanted.order_by(SHEETS.c.place, SHEETS.c.record_id)):
            found.setdefault(post, []).append(msgspec.json.decode(sheet, type=Sheet))
    return found
