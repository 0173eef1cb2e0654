"""Polls as a reader sees them: what is asked, where it stands, what the reader may do and did, and what was decided."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.breakdown import Breakdown
from decisions.count import Result
from decisions.course import Contested
from decisions.lot import Drawing
from decisions.phases import PollTimes
from models.content.places import FIRST_WAITING
from models.decisions.polls import StoredPoll, list_ballots_of, list_polls, load_poll
from models.groups.groups_and_items import load_group
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.bets import own_bets
from pod.actions.decisions.poll_course import Phase, PollSoFar, follow_poll
from pod.actions.decisions.voters import OFF_ROLL, Bar, Voter, load_voter
from pod.actions.reading.decisions.audits import VisibleAudit, load_audits
from pod.actions.reading.decisions.followers import count_followers
from pod.actions.reading.decisions.left_out_ballots import count_left_out
from pod.actions.reading.decisions.poll_status import OVER, PollStatus, status_of
from pod.actions.reading.decisions.poll_words import (
    VisibleOption,
    VisibleStatement,
    load_chosen,
    load_words,
    own_options,
)
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Ballot, Goal, Lengths, Paragraph, PostTarget, Quorum
from protocol.records.content.polls import PollKind

_ANY_PLACE: Final = 2**62


class VisiblePoll(msgspec.Struct, frozen=True):
    """A poll's words, unless this pod's floor hides them (`withheld`); its ballots count all the same.

    `times` and `votable` (the ids of what one may choose): of the round that is held, or was last. `confirmed`: the
    keepers confirmed the item on which `phase` rests. `chosen`: nobody or one option; None while that isn't known.
    """

    id: RecordId
    author: int
    kind: PollKind
    title: str
    paragraphs: tuple[Paragraph, ...]
    options: tuple[VisibleOption, ...]
    areas: tuple[str, ...]
    lengths: Lengths
    quorum: Quorum
    phase: Phase
    round: int
    times: PollTimes | None
    votable: tuple[str, ...]
    confirmed: bool
    goal: Goal | None = None
    about: RecordId | None = None
    language: str = ""
    withheld: bool = False
    chosen: tuple[str, ...] | None = None


class OwnBallot(msgspec.Struct, frozen=True):
    """The reader's newest ballot: its record, what it says, and its place in the log, if the log has it already."""

    record: RecordId
    says: Ballot
    index: int | None


class PollOutcome(msgspec.Struct, frozen=True):
    """What the votings came to, round by round. `chosen`: nobody or one option; None while that isn't known.

    `breakdowns`: what stands behind each result's sums; None of one that was kept before it had that. `repeated`: the
    count without those who took their votes out of it, where somebody did.
    """

    results: tuple[Result, ...]
    breakdowns: tuple[Breakdown | None, ...]
    chosen: tuple[str, ...] | None
    drawing: Drawing | None
    contested: Contested | None
    confirmed_by_one: bool
    repeated: Result | None = None


class PollSight(msgspec.Struct, frozen=True):
    """A poll for one reader. `on_roll`: whether the reader's ballot counts; None for strangers, and before it opens.

    `bar`: what keeps a ballot of theirs from counting now, the roll or something else; None if nothing does. `may`:
    what else they have the capability for in this poll. `bets`: theirs, in thousandths by statement. `audits`: what
    other groups say of its result. `left_out`: so many members' ballots aren't counted, though the steward had
    promised to log them in time.
    """

    poll: VisiblePoll
    status: PollStatus
    on_roll: bool | None
    bar: Bar | None
    own: OwnBallot | None
    outcome: PollOutcome | None
    statements: tuple[VisibleStatement, ...] = ()
    may: tuple[str, ...] = ()
    bets: dict[RecordId, int] | None = None
    left_out: int = 0
    audits: tuple[VisibleAudit, ...] = ()


class PollPage(msgspec.Struct, frozen=True):
    """A page of a group's polls, the latest first; `next` is the `below` of the following page."""

    polls: tuple[VisiblePoll, ...]
    next: int | None


async def describe_poll(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> PollSight:
    """One poll; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        voter = await voter_of(session, deps, readable, so_far)
        return await load_sight(session, deps, readable, so_far, voter, reader=reader)


async def voter_of(session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar) -> Voter | None:
    """Who reads as a voter; None for a guest and before the poll is open."""
    if readable.number is None or so_far.course is None:
        return None
    return await load_voter(session, readable.state, so_far, readable.number, now=deps.clock())


async def load_sight(
    session: AsyncSession,
    deps: Deps,
    readable: ReadableGroup,
    so_far: PollSoFar,
    voter: Voter | None,
    *,
    reader: Reader,
) -> PollSight:
    """One poll of a group that somebody reads, who is this voter."""
    (visible,) = await visible_polls(session, deps, [so_far])
    options, statements = await load_words(session, deps, so_far, withheld=visible.withheld)
    visible = msgspec.structs.replace(visible, options=options)
    course, outcome = so_far.course, _outcome(readable, so_far)
    told = outcome is not None and not visible.withheld
    left_out = await count_left_out(session, so_far) if outcome is not None else 0
    audits = await load_audits(session, deps, reader, readable.id, so_far.poll.id) if told else ()
    if voter is None or course is None or reader is None:
        status = status_of(visible.phase, visible.times, None, voted=False, delegated=0)
        return PollSight(visible, status, None, None, None, outcome, statements, audits=audits, left_out=left_out)
    own = await load_own_ballot(session, so_far, voter.number)
    voted = own is not None and not own.says.withdraw
    asks = voter.delegate and visible.phase not in OVER
    delegated = await count_followers(session, deps, readable.state, so_far, voter.number) if asks else 0
    return PollSight(
        poll=visible,
        status=status_of(visible.phase, visible.times, voter, voted=voted, delegated=delegated),
        on_roll=voter.bar not in OFF_ROLL,
        bar=voter.bar,
        own=own,
        outcome=outcome,
        statements=statements,
        may=capabilities_of(so_far, voter.number),
        bets=await own_bets(session, deps, reader.id, so_far.poll.id, course.now.number),
        audits=audits,
        left_out=left_out,
    )


async def list_group_polls(deps: Deps, reader: Reader, group: RecordId, *, below: int | None, limit: int) -> PollPage:
    """The group's polls; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        found = await list_polls(session, group, below=_ANY_PLACE if below is None else below, most=limit)
        followed = [await _follow(session, readable, stored) for stored in found]
        polls = await listed_polls(session, deps, followed)
    return PollPage(tuple(polls), found[-1].place if len(found) == limit else None)


async def so_far_of(session: AsyncSession, readable: ReadableGroup, poll: RecordId) -> PollSoFar:
    """A poll of a group that somebody reads, and what became of it; raises NotFoundError."""
    stored = await load_poll(session, poll)
    if stored is None or stored.group_id != readable.id:
        raise DecisionRule.NO_SUCH_POLL.error()
    return await _follow(session, readable, stored)


async def _follow(session: AsyncSession, readable: ReadableGroup, stored: StoredPoll) -> PollSoFar:
    """Nobody has a voting counted by looking at it: all who wait for a result would, each for themselves."""
    group = await load_group(session, readable.id)
    assert group is not None
    return await follow_poll(session, readable.state, stored, held=group.log_size, counting=False)


async def _settled(session: AsyncSession, group: RecordId) -> int:
    stored = await load_group(session, group)
    assert stored is not None
    return stored.anchor_height


async def visible_polls(session: AsyncSession, deps: Deps, followed: list[PollSoFar]) -> list[VisiblePoll]:
    """The polls as this pod shows them, with the options that stand in their definitions."""
    tokens = {one.poll.id: PostTarget(one.poll.id).token for one in followed}
    hidden = await list_unhosted(session, deps, tokens.values())
    now, shown = deps.clock(), list[VisiblePoll]()
    for one in followed:
        settled = await _settled(session, one.poll.group_id)
        shown.append(_shown(one, now=now, settled=settled, withheld=tokens[one.poll.id] in hidden))
    return shown


async def listed_polls(session: AsyncSession, deps: Deps, followed: list[PollSoFar]) -> list[VisiblePoll]:
    """The same, with the proposal that was chosen among the options, for lists that say what was."""
    shown, chosen = await visible_polls(session, deps, followed), await load_chosen(session, deps, followed)
    return [
        msgspec.structs.replace(one, options=(*one.options, chosen[one.id]))
        if one.id in chosen and not one.withheld
        else one
        for one in shown
    ]


def _shown(so_far: PollSoFar, *, now: int, settled: int, withheld: bool) -> VisiblePoll:
    said, held, last = so_far.poll.content, so_far.course.now if so_far.course is not None else None, so_far.last
    return VisiblePoll(
        id=so_far.poll.id,
        author=so_far.poll.author,
        kind=said.kind,
        title="" if withheld else said.title,
        paragraphs=() if withheld else said.paragraphs,
        options=own_options(said, withheld=withheld),
        areas=said.areas if held is None else held.areas,
        lengths=said.lengths,
        quorum=said.quorum,
        phase=so_far.phase_at(now, settled=settled),
        round=held.number if held is not None else 1,
        times=held.times if held is not None else None,
        votable=held.options if held is not None else said.option_ids,
        confirmed=last is not None and last.height <= settled,
        goal=None if withheld else said.goal,
        about=said.about,
        language=said.language,
        withheld=withheld,
        chosen=so_far.course.chosen if so_far.course is not None else None,
    )


def _outcome(readable: ReadableGroup, so_far: PollSoFar) -> PollOutcome | None:
    course = so_far.course
    if course is None or not so_far.results:
        return None
    results = tuple(result for _, result in sorted(so_far.results.items()))
    breakdowns = tuple(so_far.breakdowns.get(number) for number in sorted(so_far.results))
    alone = len(readable.state.seats) == 1
    return PollOutcome(results, breakdowns, course.chosen, course.drawing, course.contested, alone, so_far.repeated)


def capabilities_of(so_far: PollSoFar, number: int) -> tuple[str, ...]:
    """What a member may do in an open poll."""
    assert so_far.opening is not None
    assert so_far.facts is not None
    return tuple(name for name in so_far.opening.terms.least if so_far.facts.may(name, number))


async def load_own_ballot(session: AsyncSession, so_far: PollSoFar, number: int) -> OwnBallot | None:
    """A member's newest ballot in the round that is held, whether it counts or not."""
    assert so_far.course is not None
    ballots = await list_ballots_of(session, so_far.poll.id, so_far.poll.group_id, number)
    said = [one for one in ballots if one.content.round == so_far.course.now.number]
    newest = max(said, key=lambda one: (one.content.key, one.content.counter, one.record_id), default=None)
    if newest is None:
        return None
    return OwnBallot(newest.record_id, newest.content, newest.place if newest.place < FIRST_WAITING else None)
