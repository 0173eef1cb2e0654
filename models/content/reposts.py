"""What a group's members vote for in other groups: reposts, in the log's order, or as the first of each came here."""

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, exists, func, select, text, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import LogPlace, where_now
from models.content.posts_and_votes import (
    POSTS,
    SCORES,
    VOTES,
    PostCard,
    card_of,
    is_before,
    list_posts,
    post_target_key,
    select_cards,
)
from models.engine.upserts import chunks
from models.fediverse.followers import ANNOUNCED, Shows, hosted
from models.groups.groups_and_items import GROUPS
from models.groups.records import RECORDS
from models.people.accounts import MEMBERSHIPS
from models.people.subscriptions import FOLLOWINGS
from protocol.ids import RecordId, parse_id
from protocol.records.content import Token

GROUPS_AT_ONCE: Final = 200
# Written as in the index; with a parameter instead of the 0 the index wouldn't be used.
_STANDS: Final = text("scores.reposted IS NOT NULL AND scores.supporters > 0")


class Repost(msgspec.Struct, frozen=True):
    """A post of another group that a member of `group` with weight >= 0 supports.

    `seq`: when the first such vote came here; `place`: the lowest of these votes in the group's log. `sum_micro`: the
    group's votes on it, without the default. `backed`: a member with weight above 0 supports it.
    """

    group: RecordId
    post: RecordId
    seq: int
    place: int
    sum_micro: int
    backed: bool


class RepostedPost(msgspec.Struct, frozen=True):
    """A post that other groups repost. `sum_micro`: its votes in its own group, without that group's default."""

    post: RecordId
    group: RecordId
    sum_micro: int


async def list_new_reposts(
    session: AsyncSession, groups: Sequence[RecordId], limit: int, *, before: int | None = None
) -> list[Repost]:
    """What these groups repost, the latest here first. A post may be unknown here, or not what the vote says."""
    found: list[Repost] = []
    for some in chunks(groups, GROUPS_AT_ONCE):
        together = union_all(*(select(_latest(group, limit, before).subquery()) for group in some)).subquery()
        found += await _list(session, select(together).order_by(together.c.reposted.desc()).limit(limit))
    return sorted(found, key=attrgetter("seq"), reverse=True)[:limit]


def _latest(group: RecordId, limit: int, before: int | None) -> Select[Any]:
    earlier = SCORES.c.reposted < before if before is not None else true()
    return _select_reposts(group).where(earlier).order_by(SCORES.c.reposted.desc()).limit(limit)


async def list_reposts(
    session: AsyncSession, group: RecordId, limit: int, *, before: LogPlace | None = None
) -> list[Repost]:
    """What a group reposts, the last in its log first."""
    wanted = _select_reposts(group).where(is_before(SCORES, before, "repost_place"))
    return await _list(session, wanted.order_by(SCORES.c.repost_place.desc(), SCORES.c.target.desc()).limit(limit))


def _select_reposts(group: RecordId) -> Select[Any]:
    backed = (SCORES.c.up > 0).label("backed")
    columns = (SCORES.c.token, SCORES.c.reposted, SCORES.c.repost_place, SCORES.c.sum_micro, backed)
    return select(SCORES.c.group_id, *columns).where(SCORES.c.group_id == group, _STANDS)


async def _list(session: AsyncSession, wanted: Select[Any]) -> list[Repost]:
    return [Repost(group, _post_of(token), *rest) for group, token, *rest in await session.execute(wanted)]


async def list_shown_posts(
    session: AsyncSession, group: RecordId, limit: int, *, before: LogPlace | None = None
) -> tuple[list[PostCard], LogPlace | None]:
    """A page of the posts that the group shows, its own and public reposts, the last in its log first.

    A repost's `place` is that of its vote; the second value is the `before` of the next page.
    """
    before = await where_now(session, group, before)
    own = await list_posts(session, group, limit + 1, before=before)
    reposts = await list_reposts(session, group, limit + 1, before=before)
    others = {card.id: card for card in await _load_others(session, group, reposts)} if reposts else {}
    both: list[tuple[int, RecordId, PostCard | None]] = [(card.place, card.id, card) for card in own]
    both += [(one.place, one.post, _moved(others.get(one.post), one.place)) for one in reposts]
    both.sort(key=lambda found: (found[0], post_target_key(found[1])), reverse=True)
    following = LogPlace(*both[limit - 1][:2]) if len(both) > limit else None
    return [card for _, _, card in both[:limit] if card], following


def _moved(card: PostCard | None, place: int) -> PostCard | None:
    return msgspec.structs.replace(card, place=place) if card else None


async def _load_others(session: AsyncSession, group: RecordId, reposts: Sequence[Repost]) -> list[PostCard]:
    """Those of the posts that are here, in another public group, with their counts in this group."""
    wanted = (
        select_cards(group)
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .where(POSTS.c.id.in_([one.post for one in reposts]), POSTS.c.group_id != group)
        .where(GROUPS.c.visibility == "public")
    )
    return [card_of(row) for row in await session.execute(wanted)]


async def list_untold_reposts(session: AsyncSession, shows: Shows, since_seq: int, limit: int) -> list[RepostedPost]:
    """Public posts, reposted after `since_seq`, that the group's score and the pod's floor show.

    Only those of which no follower was told, the oldest first, among the latest `limit` reposts.
    """
    reposts = await list_new_reposts(session, [shows.group], limit)
    late = [one.post for one in reposts if one.seq > since_seq and shows.default_score + one.sum_micro > 0]
    told = exists().where(ANNOUNCED.c.group_id == shows.group, ANNOUNCED.c.post_id == POSTS.c.id)
    untold = {one.post: one for one in await _list_public(session, shows, late, ~told)}
    return [untold[post] for post in reversed(late) if post in untold]


async def list_shown_reposts(session: AsyncSession, shows: Shows, reposts: Sequence[Repost]) -> list[RepostedPost]:
    """Those of the posts that are public, and that the group's score and the pod's floor show."""
    shown = [one.post for one in reposts if shows.default_score + one.sum_micro > 0]
    return await _list_public(session, shows, shown)


async def count_shown_reposts(session: AsyncSession, shows: Shows) -> int:
    """How many of its reposts the group shows, including those that their own groups hide."""
    score = shows.default_score + SCORES.c.sum_micro
    posts = (
        _select_public(shows)
        .join(SCORES, (SCORES.c.group_id == shows.group) & (SCORES.c.target == POSTS.c.target))
        .where(score > 0, _STANDS)
    )
    return int(await session.scalar(select(func.count()).select_from(posts.subquery())) or 0)


async def _list_public(
    session: AsyncSession, shows: Shows, posts: Sequence[RecordId], *more: ColumnElement[bool]
) -> list[RepostedPost]:
    wanted = _select_public(shows).where(POSTS.c.id.in_(posts), *more)
    return [RepostedPost(*row) for row in await session.execute(wanted)] if posts else []


def _select_public(shows: Shows) -> Select[Any]:
    own = SCORES.alias("own")
    return (
        select(POSTS.c.id, POSTS.c.group_id, func.coalesce(own.c.sum_micro, 0))
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .outerjoin(own, (own.c.group_id == POSTS.c.group_id) & (own.c.target == POSTS.c.target))
        .where(POSTS.c.group_id != shows.group, POSTS.c.erased.is_(False), GROUPS.c.visibility == "public")
        .where(hosted(shows.floor))
    )


async def load_repost_records(session: AsyncSession, group: RecordId, posts: Collection[RecordId]) -> list[bytes]:
    """The wires of the group's first reposts of these posts, for posts that aren't here."""
    here = set(await session.scalars(select(POSTS.c.id).where(POSTS.c.id.in_(posts))))
    lacking = [post_target_key(post) for post in posts if post not in here]
    first = (
        select(RECORDS.c.wire)
        .join(VOTES, VOTES.c.record_id == RECORDS.c.id)
        .join(SCORES, (SCORES.c.group_id == VOTES.c.group_id) & (SCORES.c.target == VOTES.c.target))
        .where(SCORES.c.group_id == group, SCORES.c.target.in_(lacking), VOTES.c.reposted == SCORES.c.reposted)
        .order_by(SCORES.c.reposted.desc())
    )
    return list(await session.scalars(first)) if lacking else []


async def is_looked_at(session: AsyncSession, group: RecordId) -> bool:
    """Whether a local account belongs to the group or follows it."""
    for table in (MEMBERSHIPS, FOLLOWINGS):
        if await session.scalar(select(table.c.account_id).where(table.c.group_id == group).limit(1)) is not None:
            return True
    return False


def _post_of(token: Token) -> RecordId:
    """The post in a post's token, '{"post":"<id>"}'."""
    return parse_id(token[9:-2])
