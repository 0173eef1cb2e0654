"""The statements of a poll for one reader: what the bets on each say, and whether it came true, as people found it."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.evaluation import Outcome, outcome_at
from models.decisions.said import list_said
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.reading.decisions.forecasts import PollForecasts, StatementForecast, load_forecasts
from pod.actions.reading.decisions.past_polls import GroupPast, load_past
from pod.actions.reading.decisions.poll_words import VisibleStatement, load_words
from pod.actions.reading.decisions.polls import so_far_of
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Evaluation, PostTarget

_EVER = 2**62


class EvaluationSight(msgspec.Struct, frozen=True):
    """The evaluation of a statement whose condition holds. `begins`, `ends`: in ms; `happened`: what holds now.

    `history`: each time the counts changed, in the order of the log. `may`: the reader can evaluate it now; `own`:
    what they said last, `said` whether they said anything.
    """

    begins: int
    ends: int
    yes: int
    no: int
    happened: bool | None
    history: tuple[Outcome, ...]
    may: bool
    said: bool
    own: bool | None


class StatementSight(msgspec.Struct, frozen=True):
    """A statement. `forecast`: None until its bets are opened; `evaluation`: None if the condition doesn't hold."""

    stated: VisibleStatement
    forecast: StatementForecast | None
    evaluation: EvaluationSight | None


class PredictionsSight(msgspec.Struct, frozen=True):
    """The statements of a poll, in the order of predictions once bets are opened, before that in the log's.

    `area`: whose past weighs the bets; `past`: how many statements of it were evaluated before.
    """

    statements: tuple[StatementSight, ...]
    opened: bool
    area: str
    past: int


async def describe_predictions(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> PredictionsSight:
    """The statements of a poll; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        return await load_predictions(session, deps, readable, await so_far_of(session, readable, poll))


async def load_predictions(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar
) -> PredictionsSight:
    """The statements of a poll of a group that somebody reads."""
    token = PostTarget(so_far.poll.id).token
    withheld = token in await list_unhosted(session, deps, [token])
    _, statements = await load_words(session, deps, so_far, withheld=withheld)
    told = await load_forecasts(session, deps, readable, so_far)
    past, own = await load_past(session, deps, readable), await _own(session, readable, so_far)
    now, words = deps.clock(), {one.id: one for one in statements}
    return PredictionsSight(
        tuple(
            StatementSight(
                words[one],
                next((each for each in told.forecasts if each.statement == one), None) if told else None,
                _evaluation(past, readable, so_far, one, own, now=now),
            )
            for one in _order(told, words)
        ),
        told is not None,
        told.area if told else "",
        told.past if told else 0,
    )


def _order(told: PollForecasts | None, stated: dict[RecordId, VisibleStatement]) -> list[RecordId]:
    return list(stated) if told is None else [one.statement for one in told.forecasts if one.statement in stated]


async def _own(session: AsyncSession, readable: ReadableGroup, so_far: PollSoFar) -> dict[RecordId, Evaluation]:
    """What the reader said last of each statement, also what the log lacks."""
    if readable.number is None:
        return {}
    said = await list_said(session, so_far.poll.id, readable.id, ("Evaluation",), below=_EVER)
    newest: dict[RecordId, tuple[tuple[int, int, str], Evaluation]] = {}
    for one in said:
        content = one.content
        if isinstance(content, Evaluation) and one.author == readable.number:
            rank, statement = (content.key, content.counter, str(one.record_id)), RecordId(content.prediction)
            if statement not in newest or newest[statement][0] < rank:
                newest[statement] = (rank, content)
    return {statement: content for statement, (_, content) in newest.items()}


def _evaluation(
    past: GroupPast,
    readable: ReadableGroup,
    so_far: PollSoFar,
    statement: RecordId,
    own: dict[RecordId, Evaluation],
    *,
    now: int,
) -> EvaluationSight | None:
    due = past.due.get(statement)
    if due is None or so_far.facts is None:
        return None
    found = past.found.get(statement, ())
    number, said = readable.number, own.get(statement)
    may = (
        number is not None
        and due.begins <= now < due.ends
        and so_far.facts.may("evaluate", number)
        and number not in past.bettors(statement, so_far.poll.id)
    )
    return EvaluationSight(
        begins=due.begins,
        ends=due.ends,
        yes=found[-1].yes if found else 0,
        no=found[-1].no if found else 0,
        happened=outcome_at(found, past.held),
        history=found,
        may=may,
        said=said is not None and said.happened is not None,
        own=said.happened if said else None,
    )
