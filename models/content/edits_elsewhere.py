"""Edits of a post in groups that repost it, for readers of these groups; edits in its own group: posts_and_votes."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import SCORES, SHEETS
from models.content.replies import ANSWERING, Others
from models.content.sheets import load_sheets_named
from models.engine.statements import Prepared, listed
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
    others = Others(post, account, tuple(opened))
    rows = await _EDITS.run(session, group=group, post=post, most=limit, **others.named())
    sheets = await load_sheets_named(session, [record for (record,) in rows])
    return [sheets[record] for (record,) in rows]


_EDITS: Final = Prepared(
    lambda _: (
        select(SHEETS.c.record_id)
        .join(SCORES, (SCORES.c.group_id == SHEETS.c.group_id) & (SCORES.c.target == bindparam("supported")))
        .where(SHEETS.c.post_id == bindparam("post"), SHEETS.c.group_id != bindparam("group"))
        .where(SHEETS.c.group_id.in_(ANSWERING))
        .order_by(SHEETS.c.group_id.in_(listed("opened")).desc(), SCORES.c.reposted)
        .order_by(SHEETS.c.group_id, SHEETS.c.place, SHEETS.c.record_id)
        .limit(bindparam("most", type_=Integer))
    )
)
