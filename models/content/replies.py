"""Answers to a post and comments on its paragraphs, each group's in the order of its log.

Those of other groups stand there, too, where a member supports the post, for readers of these groups (X1).
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import may_meet
from models.content.places import FIRST_WAITING, LogPlace
from models.content.posts_and_votes import (
    POSTS,
    SCORES,
    SHEETS,
    PostCard,
    card_of,
    key_at,
    post_target_key,
    select_cards,
)
from models.engine.statements import AllKeys, Prepared, listed
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Address


class Others(msgspec.Struct, frozen=True):
    """The groups whose answers are shown below a post, beside those of its own group: a member there supports it.

    Only groups that the account (None: a stranger) may find, or that it has `opened`.
    """

    post: RecordId
    account: int | None
    opened: Sequence[RecordId] = ()

    def named(self) -> dict[str, Any]:
        """What a statement with ANSWERING asks for."""
        return {"supported": post_target_key(self.post), "account": self.account, "opened": list(self.opened)}


_READABLE: Final = or_(may_meet(bindparam("account")), GROUPS.c.id.in_(listed("opened")))
ANSWERING: Final = (
    select(SCORES.c.group_id)
    .join(GROUPS, GROUPS.c.id == SCORES.c.group_id)
    .where(SCORES.c.target == bindparam("supported"), SCORES.c.supporters > 0, _READABLE)
)
_AMONG: Final = or_(POSTS.c.group_id == bindparam("group"), POSTS.c.group_id.in_(ANSWERING))


async def count_answers(
    session: AsyncSession, posts: Collection[RecordId], account: int | None, opened: Collection[RecordId] = ()
) -> dict[RecordId, int]:
    """For each of these posts the number of answers and comments below it, as the account sees them."""
    return dict(await _ANSWERS.run(session, posts, account=account, opened=list(opened)))


_ANSWERED: Final = POSTS.alias("answered")
_SUPPORTS: Final = (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == _ANSWERED.c.target)
_ELSEWHERE: Final = and_(
    exists().where(_SUPPORTS, SCORES.c.supporters > 0), exists().where(GROUPS.c.id == POSTS.c.group_id, _READABLE)
)
_ANSWERS: Final = AllKeys(
    lambda keys: (
        select(POSTS.c.reply_record, func.count())
        .join(_ANSWERED, _ANSWERED.c.id == POSTS.c.reply_record)
        .where(POSTS.c.reply_record.in_(keys), or_(POSTS.c.group_id == _ANSWERED.c.group_id, _ELSEWHERE))
        .group_by(POSTS.c.reply_record)
    )
)


async def count_replies(
    session: AsyncSession, group: RecordId, records: Collection[RecordId], others: Others
) -> dict[tuple[RecordId, int | None], int]:
    """How many answers from these groups each record (index None), and each of its paragraphs, has."""
    rows = await _REPLIES.run(session, records, group=group, **others.named())
    return {(record, index): count for record, index, count in rows}


_REPLIES: Final = AllKeys(
    lambda keys: (
        select(POSTS.c.reply_record, POSTS.c.reply_index, func.count())
        .where(POSTS.c.reply_record.in_(keys), _AMONG)
        .group_by(POSTS.c.reply_record, POSTS.c.reply_index)
    )
)


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
    last, place = await _where_now(session, group, after) if after else (group, LogPlace(-1))
    named = {"group": group, "record": record, "number": place.number, "target": key_at(place)}
    found = await _OWN.run(session, **named, most=limit) if last == group else []
    if others and len(found) < limit:
        named |= others.named()
        first = last == group
        found += await _OTHERS[first].run(
            session, **named, most=limit - len(found), **({} if first else {"last": last})
        )
    return [card_of(row) for row in found]


_BY_GROUP: Final = (POSTS.c.group_id, POSTS.c.place, POSTS.c.target)


def _cards(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select_cards(bindparam("group")).where(*conditions).limit(bindparam("most", type_=Integer))


def _answers(*conditions: ColumnElement[bool]) -> Select[Any]:
    return _cards(POSTS.c.reply_record == bindparam("record"), POSTS.c.reply_index.is_(None), *conditions)


# Posts higher in the log than a place.
_AFTER: Final = tuple_(POSTS.c.place, POSTS.c.target) > tuple_(
    bindparam("number", type_=POSTS.c.place.type), bindparam("target", type_=POSTS.c.target.type)
)
_OWN: Final = Prepared(
    lambda _: _answers(POSTS.c.group_id == bindparam("group"), _AFTER).order_by(POSTS.c.place, POSTS.c.target)
)
_FROM_OTHERS: Final = and_(POSTS.c.group_id != bindparam("group"), POSTS.c.group_id.in_(ANSWERING))
_BEHIND: Final = or_(POSTS.c.group_id > bindparam("last"), and_(POSTS.c.group_id == bindparam("last"), _AFTER))
_OTHERS: Final = {
    True: Prepared(lambda _: _answers(_FROM_OTHERS).order_by(*_BY_GROUP)),
    False: Prepared(lambda _: _answers(_FROM_OTHERS, _BEHIND).order_by(*_BY_GROUP)),
}


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
    about = [(at.record, at.index) for at in paragraphs]
    rows = await _COMMENTS.run(session, about=about, group=group, most=limit, **others.named())
    return [card_of(row) for row in rows]


_COMMENTS: Final = Prepared(
    lambda _: _cards(tuple_(POSTS.c.reply_record, POSTS.c.reply_index).in_(listed("about")), _AMONG).order_by(
        POSTS.c.group_id != bindparam("group"), *_BY_GROUP
    )
)


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
