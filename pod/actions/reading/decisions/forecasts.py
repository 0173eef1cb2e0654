"""What the bets on a poll's statements say together, once they are opened; before that nothing is here to tell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import isnan

import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.bets import MAX_BET, bet_table
from decisions.combined_bets import UNDECIDED, combine
from decisions.evaluation import outcome_at
from decisions.orderings import PlacedPrediction, order_predictions
from decisions.predictor_scores import PastPoll, PastStatement, replay
from models.decisions.opened_bets import OpenedBets, count_kept
from pod.actions.access import ReadableGroup
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.reading.decisions.past_polls import areas_of, load_past
from pod.budgets.heavy import computed
from pod.deps import Deps
from protocol.ids import RecordId


class StatementForecast(msgspec.Struct, frozen=True):
    """What the bets on a statement say. `bets`: thousandths by member; `combined`: all together, as a share.

    `opposed`: they are at least 200 apart; `weight`: the sum of the scores of who bet, as a fraction.
    """

    statement: RecordId
    bets: dict[int, int]
    combined: float | None
    opposed: bool
    weight: str


class PollForecasts(msgspec.Struct, frozen=True):
    """The forecasts of a round, in the order of predictions: opposed ones first, then by the scores of who bet.

    `area`: the area whose past weighs the predictors; `past`: how many statements of it were evaluated before.
    """

    round: int
    area: str
    past: int
    forecasts: tuple[StatementForecast, ...]


async def load_forecasts(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar
) -> PollForecasts | None:
    """The forecasts of the round that is held, or was last with bets; None while they are hidden.

    What was known when the openings ended weighs the bets, so they stay as they are from then on. What other polls'
    items ended is kept a moment after the item came, so it is looked at whether more of that is kept.
    """
    ends = [one.openings for one in so_far.course.rounds if one.openings] if so_far.course is not None else []
    if not ends:
        return None
    key = (so_far.poll.id, ends[-1].id, *await count_kept(session, readable.id))
    return await deps.memory.polls.forecasts.once(key, partial(_forecasts, session, deps, readable, so_far.poll.id))


async def _forecasts(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, poll: RecordId
) -> PollForecasts | None:
    past = await load_past(session, deps, readable)
    opened = next((one for one in reversed(past.opened) if one.poll_id == poll), None)
    if opened is None:
        return None
    polls = past.polls(areas_of(opened)[0])
    return await computed(_size(opened, polls), forecast, opened, polls)


def forecast(opened: OpenedBets, polls: tuple[PastPoll, ...]) -> PollForecasts:
    """The forecasts of a round's bets; `polls`: of the area."""
    known = tuple(poll for poll in polls if poll.log_size <= opened.log_size)
    resolved = [one for poll in known for one in poll.statements if _is_known(one, opened.log_size)]
    members = sorted({member for bets in opened.bets.values() for member in bets})
    combined = _combined(opened, resolved, members)
    placed = order_predictions(opened.bets, replay(known, opened.log_size))
    told = tuple(_told(one, opened, combined) for one in placed)
    return PollForecasts(opened.round, areas_of(opened)[0], len(resolved), told)


def _told(placed: PlacedPrediction, opened: OpenedBets, combined: Mapping[RecordId, float]) -> StatementForecast:
    value = combined[placed.id]
    return StatementForecast(
        placed.id, opened.bets[placed.id], None if isnan(value) else value, placed.opposed, str(placed.weight)
    )


def _combined(opened: OpenedBets, resolved: list[PastStatement], members: list[int]) -> dict[RecordId, float]:
    statements = list(opened.bets)
    past_bets = _by_member({one.id: one.bets for one in resolved}, members)
    found = [outcome_at(one.outcomes, opened.log_size) for one in resolved]
    happened = np.array([UNDECIDED if one is None else MAX_BET * one for one in found], np.int16)
    past = bet_table(past_bets, members, [one.id for one in resolved])
    current = bet_table(_by_member(opened.bets, members), members, statements)
    values = combine(past, happened, current).values
    return dict(zip(statements, values.tolist(), strict=True))


def _by_member(bets: Mapping[RecordId, Mapping[int, int]], members: list[int]) -> dict[int, dict[RecordId, int]]:
    wanted = set(members)
    found: dict[int, dict[RecordId, int]] = {member: {} for member in members}
    for statement, said in bets.items():
        for member, bet in said.items():
            if member in wanted:
                found[member][statement] = bet
    return found


def _is_known(statement: PastStatement, log_size: int) -> bool:
    """Whether people had evaluated it by then, with whatever outcome."""
    return any(one.leaf < log_size for one in statement.outcomes)


def _size(opened: OpenedBets, polls: tuple[PastPoll, ...]) -> int:
    past = sum(len(one.bets) for poll in polls for one in poll.statements)
    return past + sum(map(len, opened.bets.values()))
