"""Imported posts are found again by their address elsewhere, so that none is written twice."""

from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import POSTS
from protocol.ids import RecordId


def imported_key(url: str) -> bytes:
    """By which an imported post is found again: its own address elsewhere."""
    return sha256(url.encode()).digest()


async def find_imported(session: AsyncSession, group: RecordId, urls: Collection[str]) -> dict[str, RecordId]:
    """The posts of the group that were imported from these addresses, by address; of several the first in its log."""
    keys = {imported_key(url): url for url in urls}
    wanted = select(POSTS.c.imported_key, POSTS.c.id).where(
        POSTS.c.group_id == group, POSTS.c.imported_key.in_(list(keys))
    )
    rows = await session.execute(wanted.order_by(POSTS.c.place.desc(), POSTS.c.id.desc()))
    return {keys[key]: post for key, post in rows}
