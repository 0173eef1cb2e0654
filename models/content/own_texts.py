"""What one member wrote in a group, newest first: posts, and edits of others' posts. What was erased isn't among it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import POSTS, SHEETS
from models.groups.records import RECORDS, REFUSED
from protocol.content import Sheet
from protocol.ids import RecordId


class OwnText(msgspec.Struct, frozen=True):
    """A record with words. `post`: the post that it is or edits; `rank`: its author's key and counter."""

    record: RecordId
    post: RecordId
    rank: tuple[int, int]
    at: int
    sheet: Sheet


async def list_own_texts(
    session: AsyncSession, group: RecordId, author: int, limit: int, *, before: tuple[int, int] | None = None
) -> list[OwnText]:
    """A page of them, those after `before` in this order; edits of the author's own posts are in those."""
    wanted = _of_author(
        select(SHEETS.c.record_id, SHEETS.c.post_id, RECORDS.c.key, RECORDS.c.counter, RECORDS.c.at, SHEETS.c.sheet),
        group,
        author,
    )
    if before is not None:
        wanted = wanted.where(tuple_(RECORDS.c.key, RECORDS.c.counter) < before)
    rows = await session.execute(wanted.order_by(RECORDS.c.key.desc(), RECORDS.c.counter.desc()).limit(limit))
    return [
        OwnText(record, post, (key, counter), at or 0, msgspec.json.decode(sheet, type=Sheet))
        for record, post, key, counter, at, sheet in rows
    ]


async def count_own_texts(session: AsyncSession, group: RecordId, author: int) -> int:
    """How many there are."""
    return int(await session.scalar(_of_author(select(func.count()), group, author)) or 0)


def _of_author(wanted: Select[Any], group: RecordId, author: int) -> Select[Any]:
    mine = and_(POSTS.c.id == SHEETS.c.post_id, POSTS.c.group_id == group, POSTS.c.author == author)
    return (
        wanted.select_from(RECORDS)
        .join(SHEETS, SHEETS.c.record_id == RECORDS.c.id)
        .outerjoin(POSTS, mine)
        .where(RECORDS.c.group_id == group, RECORDS.c.author == author, RECORDS.c.type.in_(("Post", "Patch")))
        .where(RECORDS.c.erased.is_(False), RECORDS.c.state != REFUSED)
        .where(or_(RECORDS.c.type == "Post", POSTS.c.id.is_(None), POSTS.c.erased))
    )
