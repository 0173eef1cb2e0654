"""What the pages of a poll's early phases show one reader: proposals, areas, predictions, bets, and who said them."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_events import FAST_FORWARD
from decisions.predictor_scores import cost_of_a_gap
from decisions.proposals import LoggedSaid, area_counts
from models.content.places import FIRST_WAITING
from models.decisions.said import list_said_by
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.poll_course import PollSoFar, said_before
from pod.actions.reading.decisions.bet_times import BetsAt, load_bet_times
from pod.actions.reading.decisions.past_polls import WHOLE_GROUP, load_area
from pod.actions.reading.decisions.poll_page import PollPageSight, read_poll_page
from pod.actions.reading.decisions.polls import so_far_of
from pod.actions.reading.decisions.predictions import PredictionsSight, load_predictions
from pod.actions.reading.decisions.predictors import area_name
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import AreaVote

_EVER = 2**62


class AreaSight(msgspec.Struct, frozen=True):
    """A subject area of the group: who says that the poll belongs to it, who not, and what the reader says."""

    area: str
    name: str
    yes: int
    no: int
    own: bool | None
    chosen: bool


class PhaseSight(msgspec.Struct, frozen=True):
    """A poll in its early phases. `area`: what the group calls the area whose past weighs the bets; `names`: nicknames.

    `forward`: the reader may end the present phase early.
    """

    page: PollPageSight
    predictions: PredictionsSight
    areas: tuple[AreaSight, ...]
    area: str
    names: dict[int, str]
    forward: bool


async def read_phase_page(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> PhaseSight:
    """A poll with what its phases hold; raises UnknownGroupError or NotFoundError."""
    page = await read_poll_page(deps, reader, group, poll)
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        predictions = await load_predictions(session, deps, readable, so_far)
        named = await load_nicknames(session, deps, group, _people(page, predictions))
        areas = await _areas(session, readable, so_far)
        weighs = area_name(readable, predictions.area)
    return PhaseSight(page, predictions, areas, weighs, named, _may_forward(readable, page))


async def read_cost_of_a_gap(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> float:
    """By how much leaving out a required statement would lower the reader's predictor score, as a share."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        areas = so_far.course.rounds[0].areas if so_far.course is not None else ()
        area = await load_area(session, deps, readable, areas[0] if areas else WHOLE_GROUP)
    bet_in = sum(any(readable.number in one.bets for one in known.statements) for known in area.polls)
    return float(cost_of_a_gap(bet_in))


async def read_bet_times(
    deps: Deps, reader: Reader, group: RecordId, poll: RecordId, statement: RecordId
) -> tuple[BetsAt, ...]:
    """How the bets on a statement came in; empty while they are hidden."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        return await load_bet_times(session, await so_far_of(session, readable, poll), statement)


def _people(page: PollPageSight, predictions: PredictionsSight) -> set[int]:
    """Everybody whom a page names."""
    authors = {one.author for one in page.sight.poll.options if one.author is not None}
    predictors = {one.stated.author for one in predictions.statements}
    bettors = {member for one in predictions.statements if one.forecast for member in one.forecast.bets}
    return authors | predictors | bettors


def _may_forward(readable: ReadableGroup, page: PollPageSight) -> bool:
    times, stage = page.sight.poll.times, page.sight.status.stage
    if readable.member is None or times is None or stage not in ("proposals", "predictions", "bets"):
        return False
    return readable.member.weight >= readable.state.permission(FAST_FORWARD)


async def _areas(session: AsyncSession, readable: ReadableGroup, so_far: PollSoFar) -> tuple[AreaSight, ...]:
    policy = readable.state.policy.areas or []
    if not policy or so_far.facts is None or so_far.course is None or not so_far.poll.content.lengths.proposals:
        return ()
    first = so_far.course.rounds[0]
    end = first.proposals.size if first.proposals else FIRST_WAITING
    said = await said_before(session, so_far.poll, so_far.facts, ("AreaVote",), end)
    own = await _own_areas(session, readable, so_far)
    counts = area_counts(said, so_far.facts.may)
    return tuple(
        AreaSight(
            one["area"], one["name"], *counts.get(one["area"], (0, 0)), own.get(one["area"]), one["area"] in first.areas
        )
        for one in policy
    )


async def _own_areas(session: AsyncSession, readable: ReadableGroup, so_far: PollSoFar) -> dict[str, bool]:
    """What the reader said of areas last, also while the log lacks it."""
    if readable.number is None:
        return {}
    own = await list_said_by(session, so_far.poll.id, readable.id, "AreaVote", [readable.number], below=_EVER)
    said = [LoggedSaid(one.place, one.record_id, one.content) for one in own]
    newest: LoggedSaid | None = max(said, key=lambda one: one.rank, default=None)
    return dict(newest.content.areas) if newest is not None and isinstance(newest.content, AreaVote) else {}
