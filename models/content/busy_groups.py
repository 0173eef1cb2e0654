"""How busy groups are: public ones and when their last post came, for those who look around."""

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import NEVER_NEW, POSTS
from models.groups.groups_and_items import GROUPS
from protocol.ids import RecordId


class GroupActivity(msgspec.Struct, frozen=True):
    """A group in a list. `last_seq`: this pod's number of its last new post, higher if it came later; 0: none."""

    group: RecordId
    name: str
    last_seq: int
    last_at: int


async def list_active(session: AsyncSession, limit: int) -> list[GroupActivity]:
    """The public groups with the latest posts, the latest first; one index lookup for each group."""
    public = (
        select(GROUPS.c.id, GROUPS.c.name).where(GROUPS.c.kind == "group", GROUPS.c.visibility == "public").subquery()
    )
    last = func.coalesce(
        select(POSTS.c.seq)
        .where(POSTS.c.group_id == public.c.id)
        .order_by(POSTS.c.seq.desc())
        .limit(1)
        .scalar_subquery(),
        0,
    )
    busiest = select(public, last.label("last_seq")).order_by(last.desc(), public.c.name).limit(limit).subquery()
    # One row at most: all that is never new has the same number, however much was imported or erased.
    is_last = (POSTS.c.group_id == busiest.c.id) & (POSTS.c.seq == busiest.c.last_seq) & (POSTS.c.seq > NEVER_NEW)
    at = select(POSTS.c.at).where(is_last).scalar_subquery()
    wanted = select(busiest.c.id, busiest.c.name, busiest.c.last_seq, func.coalesce(at, 0))
    rows = await session.execute(wanted.order_by(busiest.c.last_seq.desc(), busiest.c.name))
    return [GroupActivity(*row) for row in rows]
