"""Polls of a group of which something ends in a stretch of time."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.deadlines import DEADLINES
from models.decisions.polls import POLLS, StoredPoll
from models.engine.statements import Prepared
from protocol.ids import RecordId


async def list_ending(session: AsyncSession, group: RecordId, *, since: int, until: int, most: int) -> list[StoredPoll]:
    """The polls with a deadline from `since` on and before `until` (ms), `most` of them."""
    rows = await _ENDING.run(session, group=group, since=since, until=until, most=most)
    return [StoredPoll(*row) for row in rows]


_COLUMNS: Final = [POLLS.c[name] for name in StoredPoll.__struct_fields__]
_ENDING: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            POLLS.c.id.in_(
                select(DEADLINES.c.poll_id).where(
                    DEADLINES.c.group_id == bindparam("group"),
                    DEADLINES.c.at >= bindparam("since"),
                    DEADLINES.c.at < bindparam("until"),
                )
            )
        )
        .order_by(POLLS.c.place.desc(), POLLS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)
