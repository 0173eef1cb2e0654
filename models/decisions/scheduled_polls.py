"""Polls that have something in a stretch of time: of several groups, found by their deadlines."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.deadlines import DEADLINES
from models.decisions.polls import POLLS, StoredPoll
from models.engine.upserts import chunks
from protocol.ids import RecordId

_POLL_COLUMNS = [POLLS.c[name] for name in StoredPoll.__struct_fields__]


async def list_scheduled(
    session: AsyncSession, groups: Collection[RecordId], *, since: int, most: int
) -> list[StoredPoll]:
    """The groups' opened polls of which a deadline comes at `since` or later, those with the latest first."""
    found: list[tuple[int, StoredPoll]] = []
    for some in chunks(groups):
        last = (
            select(DEADLINES.c.poll_id, func.max(DEADLINES.c.at).label("last"))
            .where(DEADLINES.c.group_id.in_(some), DEADLINES.c.at >= since)
            .group_by(DEADLINES.c.poll_id)
            .order_by(func.max(DEADLINES.c.at).desc(), DEADLINES.c.poll_id)
            .limit(most)
            .subquery()
        )
        rows = await session.execute(select(last.c.last, *_POLL_COLUMNS).join(POLLS, POLLS.c.id == last.c.poll_id))
        found += [(row[0], StoredPoll(*row[1:])) for row in rows]
    found.sort(key=lambda one: (-one[0], one[1].id))
    return [poll for _, poll in found[:most]]
