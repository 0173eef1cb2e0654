"""What a group would hide as part of the floor, counted from its votes; the cost grows with these, not with the pod."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import may_meet
from models.content.posts_and_votes import OUTVOTED, POSTS, SCORES
from models.engine.statements import Prepared
from models.groups.groups_and_items import GROUPS, load_revision
from models.groups.records import LOGGED, PENDING, RECORDS
from protocol.ids import RecordId

PARAGRAPH: Final = '{"paragraph":'  # the beginning of a paragraph's token


class FloorEffect(msgspec.Struct, frozen=True):
    """How many of the `posts` here a group hides, and how many `paragraphs` it votes below 0."""

    posts: int
    hidden: int
    paragraphs: int


async def count_hidden(session: AsyncSession, group: RecordId, default: int) -> FloorEffect:
    """What `moderation.shown` would withhold here by the votes of one group."""
    counted = select(func.count()).select_from(POSTS)
    posts = await _count(session, counted.where(POSTS.c.erased.is_(False)))
    voted = counted.join(SCORES, _of(group)).where(POSTS.c.erased.is_(False))
    if default > 0:
        hidden = await _count(session, voted.where(default + SCORES.c.sum_micro <= 0))
    else:
        hidden = posts - await _count(session, voted.where(default + SCORES.c.sum_micro > 0))
    below = SCORES.c.token.startswith(PARAGRAPH, autoescape=True) & (SCORES.c.sum_micro < 0)
    parts = select(func.count()).select_from(SCORES).where(SCORES.c.group_id == group, below)
    return FloorEffect(posts, hidden, await _count(session, parts))


async def list_hidden_posts(
    session: AsyncSession, group: RecordId, default: int, account: int, limit: int
) -> list[RecordId]:
    """The latest posts that the group hides and that the account may find."""
    joined = POSTS.join(GROUPS, GROUPS.c.id == POSTS.c.group_id).outerjoin(SCORES, _of(group))
    hidden = default + func.coalesce(SCORES.c.sum_micro, 0) <= 0
    wanted = (
        select(POSTS.c.id)
        .select_from(joined)
        .where(POSTS.c.erased.is_(False), may_meet(account), hidden)
        .order_by(POSTS.c.seq.desc())
        .limit(limit)
    )
    return list(await session.scalars(wanted))


async def list_outvoted(session: AsyncSession, group: RecordId) -> list[tuple[str, int]]:
    """The targets (as tokens) with a sum of votes below 0 in the group, and these sums (micro units)."""
    return [(token, total) for token, total in await _OUTVOTED.run(session, group=group)]


_OUTVOTED: Final = Prepared(
    lambda _: (
        select(SCORES.c.token, SCORES.c.sum_micro)
        .where(SCORES.c.group_id == bindparam("group"), OUTVOTED)
        .order_by(SCORES.c.target)
    )
)


async def load_vote_mark(session: AsyncSession, group: RecordId) -> list[int | None]:
    """Numbers that are others after each change of the group's scores."""
    return [await _LAST_RECORD.value(session, group=group, state=state) for state in (PENDING, LOGGED)] + [
        await load_revision(session, group)
    ]


_LAST_RECORD: Final = Prepared(
    lambda _: select(func.max(RECORDS.c.seq)).where(
        RECORDS.c.group_id == bindparam("group"), RECORDS.c.state == bindparam("state")
    )
)


def _of(group: RecordId) -> ColumnElement[bool]:
    return and_(SCORES.c.group_id == group, SCORES.c.target == POSTS.c.target)


async def _count(session: AsyncSession, wanted: Select[Any]) -> int:
    return int(await session.scalar(wanted) or 0)
