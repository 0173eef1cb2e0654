"""The newest posts of many groups at once: each group's latest by its index, so that it never grows with history.

Home is in the order of arrival: logs of different groups can't be compared, and what is new here belongs at the top.
What was imported was published elsewhere long ago, so it is never there.
"""

from collections.abc import Collection, Sequence
from operator import itemgetter

import msgspec
from sqlalchemy import func, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import LogPlace, where_now
from models.content.posts_and_votes import NEVER_NEW, POSTS, SCORES, is_before
from models.content.reposts import GROUPS_AT_ONCE, Repost, list_new_reposts
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from protocol.ids import RecordId


class FeedCard(msgspec.Struct, frozen=True):
    """A post with its group's name; `sum_micro`: the votes in its own group.

    `via`: the group that reposts it; then `sum_micro` counts that group's votes. `seq`: when it came here.
    """

    id: RecordId
    group_id: RecordId
    author: int
    kind: str
    title: str
    language: str
    at: int
    seq: int
    erased: bool
    reply_record: RecordId | None
    subject: str | None
    imported: bytes | None
    group_name: str
    group_kind: str
    visibility: str
    sum_micro: int
    via: RecordId | None = None


_COLUMNS = [POSTS.c[name] for name in FeedCard.__struct_fields__[:12]]


async def list_feed(
    session: AsyncSession, groups: Sequence[RecordId], limit: int, *, before: int | None = None
) -> tuple[list[FeedCard], int | None]:
    """A page of the posts of these groups and of public posts that they repost, the latest here first.

    The second value is the `before` of the next page; None after the last.
    """
    both: list[tuple[int, RecordId, Repost | None]] = [
        (seq, post, None) for seq, post in await _list_own(session, groups, limit + 1, before)
    ]
    both += [(one.seq, one.post, one) for one in await list_new_reposts(session, groups, limit + 1, before=before)]
    both.sort(key=itemgetter(0), reverse=True)
    cards = await load_cards(session, {post for _, post, _ in both[:limit]})
    shown: dict[RecordId, FeedCard] = {}
    for _, post, repost in both[:limit]:
        card = cards.get(post)
        if card and repost:
            card = _as_reposted(card, repost, groups)
        if card:
            shown.setdefault(post, card)
    return list(shown.values()), both[limit - 1][0] if len(both) > limit else None


def _as_reposted(card: FeedCard, repost: Repost, groups: Sequence[RecordId]) -> FeedCard | None:
    """The card in the group that reposts it; None if the post isn't public, or is in the feed by itself."""
    if card.visibility != "public" or card.group_id in groups:
        return None
    return msgspec.structs.replace(card, seq=repost.seq, sum_micro=repost.sum_micro, via=repost.group)


async def _list_own(
    session: AsyncSession, groups: Sequence[RecordId], limit: int, before: int | None
) -> list[tuple[int, RecordId]]:
    """(seq, id) of the latest posts of these groups."""
    found: list[tuple[int, RecordId]] = []
    for some in chunks(groups, GROUPS_AT_ONCE):
        parts = [
            select(
                select(POSTS.c.seq, POSTS.c.id)
                .where(POSTS.c.group_id == group, POSTS.c.seq > NEVER_NEW)
                .where(POSTS.c.seq < before if before is not None else true())
                .order_by(POSTS.c.seq.desc())
                .limit(limit)
                .subquery()
            )
            for group in some
        ]
        together = union_all(*parts).subquery()
        rows = await session.execute(select(together).order_by(together.c.seq.desc()).limit(limit))
        found += [(seq, post) for seq, post in rows]
    return sorted(found, reverse=True)[:limit]


async def list_by_author(
    session: AsyncSession, group: RecordId, author: int, limit: int, *, before: LogPlace | None = None
) -> tuple[list[FeedCard], LogPlace | None]:
    """A page of a member's posts in a group, the last in its log first, and the `before` of the next page."""
    before = await where_now(session, group, before)
    wanted = select(POSTS.c.place, POSTS.c.id).where(
        POSTS.c.group_id == group, POSTS.c.author == author, is_before(POSTS, before)
    )
    latest = wanted.order_by(POSTS.c.place.desc(), POSTS.c.target.desc()).limit(limit + 1)
    found = [(place, post) for place, post in await session.execute(latest)]
    cards = await load_cards(session, [post for _, post in found[:limit]])
    following = LogPlace(*found[limit - 1]) if len(found) > limit else None
    return [cards[post] for _, post in found[:limit]], following


async def load_cards(session: AsyncSession, posts: Collection[RecordId]) -> dict[RecordId, FeedCard]:
    """Cards of those of the posts that are here, the latest here first."""
    own = (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == POSTS.c.target)
    wanted = (
        select(
            *_COLUMNS,
            GROUPS.c.name,
            GROUPS.c.kind,
            GROUPS.c.visibility,
            func.coalesce(SCORES.c.sum_micro, 0),
        )
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .outerjoin(SCORES, own)
        .where(POSTS.c.id.in_(posts))
        .order_by(POSTS.c.seq.desc())
    )
    return {card.id: card for card in [FeedCard(*tuple(row)) for row in await session.execute(wanted)]} if posts else {}
