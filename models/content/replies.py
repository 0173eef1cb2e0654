"""Answers to a post and comments on its paragraphs, each group's in the order of its log.

Those of other groups stand there, too, where a member supports the post, for readers of these groups (X1).
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import may_meet
from models.content.places import FIRST_WAITING, LogPlace
from models.content.posts_and_votes import (
    POSTS,
    SCORES,
    SHEETS,
    PostCard,
    card_of,
    is_after,
    post_target_key,
    select_cards,
)
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Address

Others = Select[tuple[RecordId]]


def answering(post: RecordId, account: int | None, opened: Collection[RecordId] = ()) -> Others:
    """The groups whose answers are shown below a post, beside those of its own group: a member there supports it.

    Only groups that the account (None: a stranger) may find, or that it has `opened`.
    """
    return (
        select(SCORES.c.group_id)
        .join(GROUPS, GROUPS.c.id == SCORES.c.group_id)
        .where(SCORES.c.target == post_target_key(post), SCORES.c.supporters > 0, _readable(account, opened))
    )


def _readable(account: int | None, opened: Collection[RecordId]) -> ColumnElement[bool]:
    return or_(may_meet(account), GROUPS.c.id.in_(list(opened)))


async def count_answers(
    session: AsyncSession, posts: Collection[RecordId], account: int | None, opened: Collection[RecordId] = ()
) -> dict[RecordId, int]:
    """For each of these posts the number of answers and comments below it, as the account sees them."""
    counted: dict[RecordId, int] = {}
    answered = POSTS.alias("answered")
    supports = (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == answered.c.target)
    elsewhere = and_(
        exists().where(supports, SCORES.c.supporters > 0),
        exists().where(GROUPS.c.id == POSTS.c.group_id, _readable(account, opened)),
    )
    for some in chunks(posts):
        wanted = (
            select(POSTS.c.reply_record, func.count())
            .join(answered, answered.c.id == POSTS.c.reply_record)
            .where(POSTS.c.reply_record.in_(some), or_(POSTS.c.group_id == answered.c.group_id, elsewhere))
            .group_by(POSTS.c.reply_record)
        )
        counted.update((post, int(count)) for post, count in await session.execute(wanted))
    return counted


async def count_replies(
    session: AsyncSession, group: RecordId, records: Collection[RecordId], others: Others
) -> dict[tuple[RecordId, int | None], int]:
    """How many answers from these groups each record (index None), and each of its paragraphs, has."""
    counts: dict[tuple[RecordId, int | None], int] = {}
    for some in chunks(records):
        wanted = (
            select(POSTS.c.reply_record, POSTS.c.reply_index, func.count())
            .where(POSTS.c.reply_record.in_(some), _among(group, others))
            .group_by(POSTS.c.reply_record, POSTS.c.reply_index)
        )
        counts.update(((record, index), count) for record, index, count in await session.execute(wanted))
    return counts


async def list_replies(
    session: AsyncSession,
    group: RecordId,
    record: RecordId,
    limit: int,
    *,
    others: Others | None = None,
    after: LogPlace | None = None,
) -> list[PostCard]:
    """Answers to a record as a whole: the group's own in its log's order, then those of `others`, by group."""
    last, place = await _where_now(session, group, after) if after else (group, None)
    answers = select_cards(group).where(POSTS.c.reply_record == record, POSTS.c.reply_index.is_(None))
    found: list[PostCard] = []
    if last == group:
        own = answers.where(POSTS.c.group_id == group, is_after(POSTS, place))
        found = await _list_cards(session, own.order_by(POSTS.c.place, POSTS.c.target), limit)
    if others is None or len(found) == limit:
        return found
    behind = POSTS.c.group_id > last, and_(POSTS.c.group_id == last, is_after(POSTS, place))
    elsewhere = answers.where(POSTS.c.group_id != group, POSTS.c.group_id.in_(others))
    elsewhere = elsewhere.where(true() if last == group else or_(*behind))
    return found + await _list_cards(session, elsewhere.order_by(*_BY_GROUP), limit - len(found))


_BY_GROUP: Final = (POSTS.c.group_id, POSTS.c.place, POSTS.c.target)


async def _list_cards(session: AsyncSession, wanted: Select[Any], limit: int) -> list[PostCard]:
    return [card_of(row) for row in await session.execute(wanted.limit(limit))]


async def _where_now(session: AsyncSession, group: RecordId, place: LogPlace) -> tuple[RecordId, LogPlace]:
    """The present place of a cursor's post, and its group.

    A post that waited for the log may have its index now; then those that waited after it have theirs, too.
    """
    wanted = select(POSTS.c.group_id, POSTS.c.place).where(POSTS.c.id == place.post)
    found = (await session.execute(wanted)).one_or_none() if place.post else None
    if found is None:
        return group, place
    return found.group_id, place if place.number < FIRST_WAITING else LogPlace(found.place, place.post)


async def list_comments(
    session: AsyncSession, group: RecordId, paragraphs: Collection[Address], limit: int, *, others: Others
) -> list[PostCard]:
    """Comments on these paragraphs: the group's own in its log's order, then those of `others`, by group."""
    if not paragraphs:
        return []
    about = tuple_(POSTS.c.reply_record, POSTS.c.reply_index).in_([(at.record, at.index) for at in paragraphs])
    wanted = select_cards(group).where(about, _among(group, others)).order_by(POSTS.c.group_id != group, *_BY_GROUP)
    return await _list_cards(session, wanted, limit)


def _among(group: RecordId, others: Others) -> ColumnElement[bool]:
    return or_(POSTS.c.group_id == group, POSTS.c.group_id.in_(others))


async def load_sheets_of(session: AsyncSession, posts: Collection[RecordId], limit: int) -> dict[RecordId, list[Sheet]]:
    """The sheets of posts in their own groups, the earliest first; at most `limit` altogether."""
    found: dict[RecordId, list[Sheet]] = {post: [] for post in posts}
    own = (POSTS.c.id == SHEETS.c.post_id) & (POSTS.c.group_id == SHEETS.c.group_id)
    for some in chunks(posts):
        wanted = (
            select(SHEETS.c.post_id, SHEETS.c.sheet)
            .join(POSTS, own)
            .where(SHEETS.c.post_id.in_(some))
            .order_by(SHEETS.c.place, SHEETS.c.record_id)
            .limit(limit)
        )
        for post, sheet in await session.execute(wanted):
            found[post].append(msgspec.json.decode(sheet, type=Sheet))
    return found


async def load_few_sheets(session: AsyncSession, posts: Collection[RecordId], most: int) -> dict[RecordId, list[bytes]]:
    """The stored sheets of posts in their own groups, the earliest first; posts with more than `most` are left out."""
    found: dict[RecordId, list[bytes]] = {}
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
            found.setdefault(post, []).append(sheet)
    return found
