"""Which posts of others a member voted for in a group, without a word of them."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import POSTS, SCORES, VOTES
from models.engine.upserts import chunks
from protocol.ids import RecordId
from protocol.records.content import PostTarget, parse_target

_TARGET: Final = msgspec.json.Decoder()
_OF_A_POST: Final = '{"post":%'


async def list_liked(
    session: AsyncSession, group: RecordId, member: int, limit: int, *, after: bytes = b""
) -> tuple[list[RecordId], bytes | None]:
    """A page of others' posts that a member voted for in a group, and where the next page begins (None: nowhere)."""
    wanted = (
        select(SCORES.c.token, VOTES.c.target)
        .join(SCORES, and_(SCORES.c.group_id == VOTES.c.group_id, SCORES.c.target == VOTES.c.target))
        .where(VOTES.c.group_id == group, VOTES.c.member == member, VOTES.c.value > 0, VOTES.c.target > after)
        .where(SCORES.c.token.like(_OF_A_POST))
        .order_by(VOTES.c.target)
        .limit(limit)
    )
    rows = (await session.execute(wanted)).all()
    targets = [parse_target(_TARGET.decode(token)) for token, _ in rows]
    posts = [target.post for target in targets if isinstance(target, PostTarget)]
    mine: set[RecordId] = set()
    for some in chunks(posts):
        own = select(POSTS.c.id).where(POSTS.c.id.in_(some), POSTS.c.group_id == group, POSTS.c.author == member)
        mine.update(await session.scalars(own))
    return [post for post in posts if post not in mine], rows[-1].target if len(rows) == limit else None
