"""What people bet on a poll's statements, once that is opened; before, nobody is told."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_bets import bets_in
from models.decisions.opened_bets import load_opened_bets as load_kept_bets
from pod.actions.decisions.bets import load_statements
from pod.actions.decisions.poll_course import PollSoFar, said_before
from protocol.ids import RecordId


async def load_opened_bets(session: AsyncSession, so_far: PollSoFar) -> Mapping[RecordId, tuple[int, ...]]:
    """The bets (thousandths) on each statement in the last round whose openings have ended; empty while there is none.

    A bet that was opened late, or not at all, isn't among them.
    """
    if so_far.course is None or so_far.facts is None or not so_far.poll.content.lengths.predictions:
        return {}
    held = next((one for one in reversed(so_far.course.rounds) if one.openings is not None), None)
    if held is None or held.openings is None:
        return {}
    kept = await load_kept_bets(session, so_far.poll.group_id, so_far.poll.id)
    told = next((one for one in kept if one.item_id == held.openings.id), None)
    if told is not None:
        return {statement: tuple(bets.values()) for statement, bets in told.bets.items()}
    statements = await load_statements(session, so_far.poll, so_far.facts, so_far.course.rounds[0])
    said = await said_before(session, so_far.poll, so_far.facts, ("Sealed", "Opening"), held.openings.size)
    opened = bets_in(said, held, statements, so_far.facts.may)
    return {
        statement: tuple(bets[statement] for _, bets in sorted(opened.items()) if statement in bets)
        for statement in statements
    }
