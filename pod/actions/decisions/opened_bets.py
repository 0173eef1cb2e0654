"""What the openings of a poll told, kept once they are over; and which of its statements people evaluate, and when."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Course, PollFacts, PollRound
from decisions.poll_bets import bets_in, statements_of
from decisions.predictions import DuePrediction, to_evaluate
from decisions.proposals import LoggedSaid
from models.decisions.opened_bets import (
    DueStatement,
    OpenedBets,
    put_due_statements,
    put_opened_bets,
)
from models.decisions.polls import StoredPoll
from pod.actions.decisions.poll_course import PollSoFar, said_before
from pod.budgets.heavy import computed
from protocol.ids import RecordId
from protocol.records.content import Prediction


class ToldBets(msgspec.Struct, frozen=True):
    """What is to be kept of a poll. `lacks`: the log here is too short to tell all."""

    opened: tuple[OpenedBets, ...] = ()
    due: tuple[DueStatement, ...] = ()
    lacks: bool = False


async def tell_bets(session: AsyncSession, so_far: PollSoFar, *, held: int) -> ToldBets:
    """The bets of rounds whose openings are over, and the statements to evaluate; `held`: the size of the log here."""
    course, facts = so_far.course, so_far.facts
    if course is None or facts is None or not so_far.poll.content.lengths.predictions:
        return ToldBets()
    over = [one for one in course.rounds if one.openings is not None]
    found = [await _opened(session, so_far.poll, facts, course, one) for one in over if _end(one) <= held]
    return ToldBets(tuple(found), await statements_due(session, so_far), len(found) < len(over))


async def put_told(session: AsyncSession, told: ToldBets) -> None:
    """Keep it."""
    await put_opened_bets(session, told.opened)
    await put_due_statements(session, told.due)


async def statements_due(session: AsyncSession, so_far: PollSoFar) -> tuple[DueStatement, ...]:
    """The statements that a poll's final choice makes true or false, with their spans, as long as `final` stands."""
    course, facts, poll = so_far.course, so_far.facts, so_far.poll
    if course is None or facts is None or course.final is None or course.chosen is None:
        return ()
    first, final, times = course.rounds[0], course.final, course.now.times
    stated = await stated_in(session, poll, facts, first)
    due = [
        DuePrediction(one.id, one.content.condition, one.content.due_at)
        for one in stated
        if isinstance(one.content, Prediction)
    ]
    chosen = [RecordId(one) for one in course.chosen]
    options = [RecordId(one) for one in first.options]
    return tuple(
        DueStatement(one.id, final.id, poll.group_id, poll.id, *times.evaluation(max(one.due_at, final.at)))
        for one in to_evaluate(due, options, chosen)
    )


async def stated_in(
    session: AsyncSession, poll: StoredPoll, facts: PollFacts, first: PollRound
) -> tuple[LoggedSaid, ...]:
    """The statements on which people bet, in the order of the log; none before their phase has ended."""
    if first.predictions is None:
        return ()
    said = await said_before(session, poll, facts, ("Prediction",), first.predictions.size)
    return statements_of(said, first.options, facts.may)


async def _opened(
    session: AsyncSession, poll: StoredPoll, facts: PollFacts, course: Course, held: PollRound
) -> OpenedBets:
    assert held.openings is not None
    statements = [one.id for one in await stated_in(session, poll, facts, course.rounds[0])]
    said = await said_before(session, poll, facts, ("Sealed", "Opening"), held.openings.size)
    bets = await computed(len(said), _by_statement, said, held, statements, facts)
    end, areas = held.openings, course.rounds[0].areas
    return OpenedBets(poll.id, end.id, poll.group_id, held.number, end.size, areas, bets)


def _by_statement(
    said: Sequence[LoggedSaid], held: PollRound, statements: Sequence[RecordId], facts: PollFacts
) -> dict[RecordId, dict[int, int]]:
    found: dict[RecordId, dict[int, int]] = {one: {} for one in statements}
    for member, bets in sorted(bets_in(said, held, statements, facts.may).items()):
        for statement, bet in bets.items():
            found[statement][member] = bet
    return found


def _end(held: PollRound) -> int:
    assert held.openings is not None
    return held.openings.size
