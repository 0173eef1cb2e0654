"""The newest posts of many groups at once: each group's latest by its index, so that it never grows with history."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import func, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import GROUPS
from models.content import POSTS, PROFILES, SCORES
from models.upserts import chunks
from protocol.ids import RecordId


class FeedCard(msgspec.Struct, frozen=True):
    """A post with its group's name and its author's nickname; `sum_micro`: the votes of its own group."""

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
    group_name: str
    group_kind: str
    nickname: str
    sum_micro: int


_COLUMNS = [POSTS.c[name] for name in FeedCard.__struct_fields__[:11]]


async def list_feed(
    session: AsyncSession, groups: Sequence[RecordId], limit: int, *, before: int | None = None
) -> list[FeedCard]:
    """Posts of these groups, the latest here first."""
    seqs: list[int] = []
    for some in chunks(groups, 200):
        parts = [
            select(
                select(POSTS.c.seq)
                .where(POSTS.c.group_id == group, POSTS.c.seq < before if before is not None else true())
                .order_by(POSTS.c.seq.desc())
                .limit(limit)
                .subquery()
            )
            for group in some
        ]
        together = union_all(*parts).subquery()
        seqs += await session.scalars(select(together.c.seq).order_by(together.c.seq.desc()).limit(limit))
    return await _load_cards(session, sorted(seqs, reverse=True)[:limit])


async def list_by_author(
    session: AsyncSession, group: RecordId, author: int, limit: int, *, before: int | None = None
) -> list[FeedCard]:
    """What a member wrote in a group, the latest here first."""
    wanted = select(POSTS.c.seq).where(
        POSTS.c.group_id == group,
        POSTS.c.author == author,
        POSTS.c.seq < before if before is not None else true(),
    )
    seqs = list(await session.scalars(wanted.order_by(POSTS.c.seq.desc()).limit(limit)))
    return await _load_cards(session, seqs)


async def load_cards(session: AsyncSession, posts: Collection[RecordId]) -> dict[RecordId, FeedCard]:
    """Those of the posts that are here."""
    seqs = list(await session.scalars(select(POSTS.c.seq).where(POSTS.c.id.in_(list(posts))))) if posts else []
    return {card.id: card for card in await _load_cards(session, seqs)}


async def _load_cards(session: AsyncSession, seqs: Sequence[int]) -> list[FeedCard]:
    own = (SCORES.c.group_id == POSTS.c.group_id) & (SCORES.c.target == POSTS.c.target)
    author = (PROFILES.c.group_id == POSTS.c.group_id) & (PROFILES.c.member == POSTS.c.author)
    wanted = (
        select(
            *_COLUMNS,
            GROUPS.c.name,
            GROUPS.c.kind,
            func.coalesce(PROFILES.c.nickname, ""),
            func.coalesce(SCORES.c.sum_micro, 0),
        )
        .join(GROUPS, GROUPS.c.id == POSTS.c.group_id)
        .outerjoin(SCORES, own)
        .outerjoin(PROFILES, author)
        .where(POSTS.c.seq.in_(seqs))
        .order_by(POSTS.c.seq.desc())
    )
    return [FeedCard(*tuple(row)) for row in await session.execute(wanted)]


async def count_replies(session: AsyncSession, posts: Sequence[RecordId]) -> dict[RecordId, int]:
    """How many posts answer each of these."""
    counted: dict[RecordId, int] = {}
    for some in chunks(posts):
        wanted = select(POSTS.c.reply_record, func.count()).where(POSTS.c.reply_record.in_(some))
        counted.update(
            (post, int(count)) for post, count in await session.execute(wanted.group_by(POSTS.c.reply_record))
        )
    return counted
