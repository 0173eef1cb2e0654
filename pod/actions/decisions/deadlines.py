"""An opened poll gets its deadlines once its record is here, so that the steward seals an item at each of them."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.phases import plan_of, poll_times
from models.decisions.activity import first_item_from
from models.decisions.deadlines import ALL_SET, UNTIL_END, list_unscheduled, put_deadlines
from protocol.ids import RecordId

_EVER: Final = 2**62


async def schedule_polls(session: AsyncSession, group: RecordId) -> None:
    """Store the deadlines of the group's polls: up to the end of voting once they open, the contest's once it ended."""
    for poll in await list_unscheduled(session, group):
        plan = plan_of(poll.content.lengths, poll.opened_at)
        times = poll_times(plan)
        if poll.scheduled < UNTIL_END:
            deadlines = [at for at, what in times.deadlines(poll.opened_at, _EVER) if what != "contest"]
            await put_deadlines(session, poll, deadlines, scheduled=UNTIL_END)
        if poll.scheduled >= ALL_SET:
            continue
        closed = await first_item_from(session, group, times.voting_end)
        if closed is not None:
            times = poll_times(plan, voting_closed_at=closed.at)
            await put_deadlines(session, poll, [times.contest_end], scheduled=ALL_SET)
