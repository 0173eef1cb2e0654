"""Ballots for which a steward's receipt is kept here: those that wait, and those that were logged too late or never."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import BALLOTS, StoredBallot
from models.engine.statements import Prepared
from models.groups.waiting_records import RECEIPTS
from protocol.ids import RecordId

_COLUMNS: Final = [BALLOTS.c[name] for name in StoredBallot.__struct_fields__]


async def list_promised(
    session: AsyncSession, poll: RecordId, group: RecordId, by_before: int, limit: int
) -> list[tuple[StoredBallot, int]]:
    """A poll's ballots that a steward promised to log by a time (ms) before `by_before`, and that time."""
    rows = await _PROMISED.run(session, poll=poll, group=group, by_before=by_before, limit=limit)
    return [(StoredBallot(*row[:-1]), row[-1]) for row in rows]


_PROMISED: Final = Prepared(
    lambda _: (
        select(*_COLUMNS, RECEIPTS.c.by_at)
        .join(RECEIPTS, RECEIPTS.c.record_id == BALLOTS.c.record_id)
        .where(
            RECEIPTS.c.group_id == bindparam("group"),
            RECEIPTS.c.by_at < bindparam("by_before"),
            BALLOTS.c.poll_id == bindparam("poll"),
            BALLOTS.c.group_id == bindparam("group"),
        )
        .order_by(RECEIPTS.c.by_at, BALLOTS.c.record_id)
        .limit(bindparam("limit"))
    )
)
