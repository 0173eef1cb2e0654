"""An opened poll gets its deadlines once its record is here, so that the steward seals an item at each of them."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.times import times_of
from models.decisions.deadlines import list_unscheduled, put_deadlines
from protocol.ids import RecordId
from protocol.records.content import Poll


async def schedule_polls(session: AsyncSession, group: RecordId) -> None:
    """Store the deadlines of the group's polls that were opened and have none."""
    for poll, item, content, opened in await list_unscheduled(session, group):
        times = times_of(msgspec.json.decode(content, type=Poll).lengths, opened)
        await put_deadlines(session, group, poll, item, msgspec.structs.astuple(times))
