"""Edits of a post in groups that repost it, for readers of these groups; edits in its own group: posts_and_votes."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import SCORES, SHEETS, post_target_key
from models.content.replies import answering
from protocol.content import Sheet
from protocol.ids import RecordId


async def list_edits_elsewhere(
    session: AsyncSession,
    group: RecordId,
    post: RecordId,
    account: int | None,
    opened: Collection[RecordId],
    limit: int,
) -> list[Sheet]:
    """The edits of a post in other groups: those of `opened` groups first, then in the order of their reposts."""
    supported = (SCORES.c.group_id == SHEETS.c.group_id) & (SCORES.c.target == post_target_key(post))
    first = (
        select(SHEETS.c.record_id)
        .join(SCORES, supported)
        .where(SHEETS.c.post_id == post, SHEETS.c.group_id != group)
        .where(SHEETS.c.group_id.in_(answering(post, account, opened)))
        .order_by(SHEETS.c.group_id.in_(list(opened)).desc(), SCORES.c.reposted)
        .order_by(SHEETS.c.group_id, SHEETS.c.place, SHEETS.c.record_id)
        .limit(limit)
    )
    records = list(await session.scalars(first))
    if not records:
        return []
    wanted = select(SHEETS.c.record_id, SHEETS.c.sheet).where(SHEETS.c.record_id.in_(records))
    sheets = {record: msgspec.json.decode(sheet, type=Sheet) for record, sheet in await session.execute(wanted)}
    return [sheets[record] for record in records]
