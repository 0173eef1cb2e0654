"""Public names: which groups write about one, and about which ones a group writes."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import FIRST_WAITING
from models.content.posts_and_votes import POSTS, SCORES
from models.content.reposts import GROUPS_AT_ONCE
from models.content.word_pieces import asked_pieces, folded, name_key
from models.engine.upserts import chunks
from models.fediverse.followers import Shows, hosted
from models.groups.groups_and_items import GROUPS
from moderation.scores import Reply
from protocol.ids import RecordId

NAMES_AT_ONCE = 2000
_OWN_SCORE = (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == POSTS.c.target)


class SubjectLine(msgspec.Struct, frozen=True):
    """A name on which a group has posts, and how many."""

    subject: str
    posts: int


class OnSubject(msgspec.Struct, frozen=True):
    """A group with posts on a name; `named`: it was published under the name."""

    group: RecordId
    name: str
    posts: int
    last_seq: int
    named: bool = False


async def list_subjects(session: AsyncSession, shows: Shows, limit: int, *, after: str = "") -> list[SubjectLine]:
    """The names on which the group and the floor show posts, by name, each with the number of these posts."""
    wanted = (
        select(POSTS.c.subject, func.count())
        .outerjoin(SCORES, _OWN_SCORE)
        .where(POSTS.c.subject > after, _shown([shows]))
        .group_by(POSTS.c.subject)
        .order_by(POSTS.c.subject)
        .limit(limit)
    )
    return [SubjectLine(*tuple(row)) for row in await session.execute(wanted)]


async def list_shown_names(session: AsyncSession, shows: Sequence[Shows], names: Collection[str]) -> set[str]:
    """Those of the names on which one of these groups shows a post."""
    found: set[str] = set()
    for some in chunks(shows, GROUPS_AT_ONCE):
        wanted = select(POSTS.c.subject).outerjoin(SCORES, _OWN_SCORE).distinct()
        found.update(await session.scalars(wanted.where(POSTS.c.subject.in_(list(names)), _shown(some))))
    return found


def _shown(shows: Sequence[Shows]) -> ColumnElement[bool]:
    """`moderation.shown.is_hosted` and the group's own verdict as SQL, for posts of several groups under one floor."""
    score = func.coalesce(SCORES.c.sum_micro, 0)
    each = ((POSTS.c.group_id == one.group) & (score + one.default_score > 0) for one in shows)
    return and_(POSTS.c.erased.is_(False), hosted(shows[0].floor), or_(*each))


async def list_on_subject(
    session: AsyncSession, subject: str, own: Collection[RecordId], limit: int
) -> Sequence[OnSubject]:
    """Groups with posts on a name, or published under it; public ones and those in `own`.

    First groups that are published under it, then those with the latest posts.
    """
    last = func.max(POSTS.c.seq)
    wanted = (
        select(POSTS.c.group_id, GROUPS.c.name, func.count(), last)
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .where(POSTS.c.subject == subject, or_(GROUPS.c.visibility == "public", GROUPS.c.id.in_(list(own))))
        .group_by(POSTS.c.group_id, GROUPS.c.name)
        .order_by(last.desc())
        .limit(limit)
    )
    writing = [OnSubject(*tuple(row)) for row in await session.execute(wanted)]
    taken = select(GROUPS.c.id, GROUPS.c.name).where(GROUPS.c.published == subject, GROUPS.c.visibility == "public")
    counted = {one.group: one for one in writing}
    named = [
        msgspec.structs.replace(counted.get(group, OnSubject(group, name, 0, 0)), named=True)
        for group, name in await session.execute(taken.order_by(GROUPS.c.added_at, GROUPS.c.id).limit(limit))
    ]
    first = {one.group for one in named}
    return [*named, *(one for one in writing if one.group not in first)][:limit]


async def find_subjects(
    session: AsyncSession, beginning: str, own: Collection[RecordId], limit: int
) -> list[tuple[str, RecordId]]:
    """Names with this beginning, without regard to case and marks, on which a public or `own` group has posts."""
    key = name_key(beginning)
    if not key:
        return []
    wanted = (
        select(POSTS.c.subject, POSTS.c.group_id)
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .where(POSTS.c.subject_key >= key, POSTS.c.subject_key < key + "\U0010ffff")
        .where(or_(GROUPS.c.visibility == "public", GROUPS.c.id.in_(list(own))))
        .group_by(POSTS.c.subject_key, POSTS.c.subject, POSTS.c.group_id)
        .order_by(POSTS.c.subject_key, POSTS.c.subject, POSTS.c.group_id)
        .limit(limit)
    )
    return [(subject, group) for subject, group in await session.execute(wanted)]


async def find_groups(session: AsyncSession, terms: str, own: Collection[RecordId], limit: int) -> list[OnSubject]:
    """Groups whose name has all the terms, public ones and those in `own`, by name.

    Names are compared here and not in SQL, because the engines have different small letters for Ö.
    """
    wanted = (
        select(GROUPS.c.id, GROUPS.c.name)
        .where(GROUPS.c.kind == "group", or_(GROUPS.c.visibility == "public", GROUPS.c.id.in_(list(own))))
        .order_by(GROUPS.c.name, GROUPS.c.id)
        .limit(NAMES_AT_ONCE)
    )
    asked, found, page = asked_pieces(terms), list[OnSubject](), wanted
    while len(found) < limit:
        names = [(group, name) for group, name in await session.execute(page)]
        found += [OnSubject(group, name, 0, 0) for group, name in names if _has(folded(name), asked)]
        if len(names) < NAMES_AT_ONCE:
            break
        group, name = names[-1]
        page = wanted.where(or_(GROUPS.c.name > name, and_(GROUPS.c.name == name, GROUPS.c.id > group)))
    return found[:limit]


async def list_replies_to_subject(
    session: AsyncSession, group: RecordId, subject: str, default_score: int, limit: int
) -> list[Reply]:
    """Replies to a public name in the log, the last first, for `moderation.scores.chosen_reply`."""
    wanted = (
        select(POSTS.c.id, SCORES.c.sum_micro, POSTS.c.place)
        .outerjoin(SCORES, (SCORES.c.group_id == group) & (SCORES.c.target == POSTS.c.target))
        .where(POSTS.c.group_id == group, POSTS.c.subject == subject, POSTS.c.place < FIRST_WAITING)
        .order_by(POSTS.c.place.desc())
        .limit(limit)
    )
    return [Reply(post, default_score + (total or 0), index) for post, total, index in await session.execute(wanted)]


def _has(name: str, asked: Sequence[str]) -> bool:
    return bool(asked) and all(word in name for word in asked)


async def count_public(session: AsyncSession) -> int:
    """How many public groups this pod holds."""
    wanted = select(func.count()).where(GROUPS.c.kind == "group", GROUPS.c.visibility == "public")
    return int(await session.scalar(wanted) or 0)
