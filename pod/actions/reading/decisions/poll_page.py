"""All that a poll's page shows to one reader: the poll, where it stands, who asked, what it is about, and from what."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.orderings import own_order
from decisions.phases import PollTimes
from decisions.poll_events import FAST_FORWARD
from models.decisions.polls import load_poll
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.poll_course import Phase, PollSoFar
from pod.actions.decisions.voters import Voter
from pod.actions.reading.decisions.ballot_receipts import BallotReceipt, load_ballot_receipt
from pod.actions.reading.decisions.forecasts import StatementForecast, load_forecasts
from pod.actions.reading.decisions.own_delegate import DelegateBallot, load_own_delegate
from pod.actions.reading.decisions.polls import PollSight, VisiblePoll, load_sight, so_far_of, visible_polls, voter_of
from pod.actions.reading.decisions.predictors import area_name
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.shown_things import load_shown_things
from pod.deps import Deps
from protocol.ids import RecordId


class PollPageSight(msgspec.Struct, frozen=True):
    """A poll's page. `order`: the ids of its options as this reader meets them.

    `about`: the post it came from, if the group shows it to the reader; `goal`: the poll that it is to carry out.
    `by_weight`: votes are weights; `closed_at`: the time (ms) of the item that ended the voting, if it is
    here. `rounds`: the times of all that were held. `may_forward`: the reader may have a phase end early. `forecasts`:
    what the bets on each statement say, once they are opened. `delegate`: whose ballot the reader's vote followed or
    would follow, told where somebody asks, and with a result. `nicknames` of all whom the page names; `areas`: the
    names of the subject areas that the poll is in. `voided`: members who took their votes out of the count.
    """

    sight: PollSight
    group: RecordId
    name: str
    visibility: str
    number: int | None
    nicknames: Mapping[int, str]
    order: tuple[str, ...]
    about: VisibleCard | None
    goal: VisiblePoll | None
    by_weight: bool
    closed_at: int | None
    rounds: tuple[PollTimes, ...]
    may_forward: bool
    forecasts: Mapping[RecordId, StatementForecast]
    delegate: DelegateBallot | None
    areas: tuple[str, ...]
    voided: tuple[int, ...]


async def read_poll_page(
    deps: Deps, reader: Reader, group: RecordId, poll: RecordId, *, delegate: bool = False
) -> PollPageSight:
    """A poll's page; raises UnknownGroupError or NotFoundError. `delegate`: also whose ballot the reader's follows."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        voter = await voter_of(session, deps, readable, so_far)
        page = await _load_page(session, deps, readable, so_far, voter, reader=reader)
        if not delegate or page.delegate is not None:
            return page
        return msgspec.structs.replace(page, delegate=await _delegate(session, deps, readable, so_far, page.sight))


async def read_page_and_receipt(
    deps: Deps, reader: Reader, group: RecordId, poll: RecordId
) -> tuple[PollPageSight, BallotReceipt | None]:
    """A poll's page, and what became of the reader's ballot in it; the poll is followed once for both."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        voter = await voter_of(session, deps, readable, so_far)
        page = await _load_page(session, deps, readable, so_far, voter, reader=reader)
        return page, await load_ballot_receipt(session, readable, so_far, voter) if voter is not None else None


async def _load_page(
    session: AsyncSession,
    deps: Deps,
    readable: ReadableGroup,
    so_far: PollSoFar,
    voter: Voter | None,
    *,
    reader: Reader,
) -> PollPageSight:
    group = readable.id
    sight = await load_sight(session, deps, readable, so_far, voter, reader=reader)
    authors = {sight.poll.author, *(one.author for one in sight.statements)}
    authors |= {one.author for one in sight.poll.options if one.author is not None}
    authors |= _carriers(sight)
    wanted = {sight.poll.about} if sight.poll.about else set()
    things = await load_shown_things(session, deps, reader, group, wanted) if wanted else {}
    told = await load_forecasts(session, deps, readable, so_far)
    return PollPageSight(
        sight=sight,
        group=group,
        name=readable.state.policy.name,
        visibility=readable.state.visibility,
        number=readable.number,
        nicknames=await load_nicknames(session, deps, group, authors),
        order=tuple(one for one in option_order(sight.poll, readable.number) if _is_held(so_far, one)),
        about=next(iter(things.values()), None),
        goal=await _goal(session, deps, readable, sight.poll),
        by_weight=so_far.opening is not None and so_far.opening.electors.by_weight,
        closed_at=so_far.course.now.voting.at if so_far.course and so_far.course.now.voting else None,
        rounds=tuple(one.times for one in so_far.course.rounds) if so_far.course else (),
        may_forward=readable.member is not None and readable.member.weight >= readable.state.permission(FAST_FORWARD),
        forecasts={one.statement: one for one in told.forecasts} if told is not None else {},
        delegate=await _delegate(session, deps, readable, so_far, sight) if sight.outcome is not None else None,
        areas=tuple(area_name(readable, area) for area in sight.poll.areas),
        voided=tuple(sorted({one[0] for one in so_far.facts.voids})) if so_far.facts is not None else (),
    )


async def _delegate(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar, sight: PollSight
) -> DelegateBallot | None:
    """Whose ballot the reader's vote follows; scores alone are compared, so it isn't asked in other polls."""
    if readable.number is None or not sight.on_roll or sight.poll.kind != "score":
        return None
    return await load_own_delegate(session, deps, readable, so_far, readable.number)


def _carriers(sight: PollSight) -> set[int]:
    """Those whom the result names because votes came through them."""
    last = sight.outcome.breakdowns[-1] if sight.outcome is not None else None
    return {one.member for one in last.carriers} if last is not None else set()


def _is_held(so_far: PollSoFar, option: str) -> bool:
    """Whether an option can be chosen in the round that is held: later rounds are among those who tied."""
    held = so_far.course.now if so_far.course is not None else None
    return held is None or held.number == 1 or option in held.options


async def _goal(session: AsyncSession, deps: Deps, readable: ReadableGroup, poll: VisiblePoll) -> VisiblePoll | None:
    stored = await load_poll(session, poll.goal.poll) if poll.goal and poll.goal.poll else None
    if stored is None or stored.group_id != readable.id:
        return None
    (found,) = await visible_polls(session, deps, [await so_far_of(session, readable, stored.id)])
    return found


def option_order(poll: VisiblePoll, number: int | None) -> tuple[str, ...]:
    """The options' ids as a reader meets them: dates by time, others in their own order, so that no place wins."""
    options = [one for one in poll.options if one.id in poll.votable or poll.phase is Phase.PROPOSALS]
    if poll.kind == "date":
        return tuple(one.id for one in sorted(options, key=lambda one: (one.start or 0, one.end or 0)))
    ids = [one.id for one in options]
    return tuple(own_order(number, ids) if number is not None else ids)
