"""A poll's course from what this pod holds: the chain says when, the log says what was in time, results are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballot_origins import YOUNG_FOR_MS, origins_of
from decisions.breakdown import Breakdown
from decisions.count import Count, Result
from decisions.course import (
    ChainPlace,
    Course,
    FirstFrom,
    PollFacts,
    PollRound,
    Question,
    RootAt,
    SaidBefore,
    Stage,
    WinnersOf,
    follow,
)
from decisions.delegate_lists import LAPSES_AFTER_MS, scopes_of
from decisions.phases import FastForward
from decisions.poll_events import FAST_FORWARD
from decisions.proposals import LoggedSaid
from decisions.rolls import Roll
from decisions.round_count import CountBasis, count_round
from models.decisions.activity import first_item_from, load_log_size
from models.decisions.events import SealedEvent, list_events
from models.decisions.logged import list_logged_ballots, list_logged_delegations
from models.decisions.openings import PollOpening, load_opening
from models.decisions.polls import StoredPoll
from models.decisions.results import KeptResult, load_result
from models.decisions.said import StoredSaid, list_authors, list_said, list_said_by
from models.groups.groups_and_items import load_item
from pod.actions.decisions.roll import is_on_roll, load_roll
from pod.budgets.heavy import computed
from protocol.ids import RecordId
from protocol.records.chain import Handover, Seal
from protocol.records.envelope import reopen_record
from protocol.records.operation import VOID
from protocol.state import GroupState

_RESULT: Final = msgspec.json.Decoder(Result)
_BREAKDOWN: Final = msgspec.json.Decoder(Breakdown)


NEEDS: Final = {"Proposal": "propose", "AreaVote": "vote", "Prediction": "predict", "Sealed": "bet"}


class Phase(StrEnum):
    """Where a poll stands for readers: its stage, and whether the keepers confirmed what ended it."""

    UNOPENED = "unopened"
    PROPOSALS = "proposals"
    PREDICTIONS = "predictions"
    BETS = "bets"
    VOTING = "voting"
    ENDED = "ended"  # its end has passed, and the item that ends it isn't here, or not all of its log
    DRAWING = "drawing"  # a lot is drawn once its shares are opened
    COUNTED = "counted"  # the item that ends it isn't confirmed by the keepers
    PROVISIONAL = "provisional"  # somebody may still contest it
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class PollSoFar:
    """A poll and what became of it so far; without an opening there is no course.

    `results`: by round, with the `breakdowns` of those that have one. `fresh`: what was counted now and isn't kept yet.
    `held`: how much of the group's log is here. `repeated`: the count without those who took their votes out of it.
    """

    poll: StoredPoll
    opening: PollOpening | None = None
    facts: PollFacts | None = None
    course: Course | None = None
    results: dict[int, Result] = field(default_factory=dict)
    breakdowns: dict[int, Breakdown] = field(default_factory=dict)
    fresh: tuple[KeptResult, ...] = ()
    held: int = 0
    repeated: Result | None = None

    def phase_at(self, now: int, *, settled: int) -> Phase:
        """Where it stands at a time (ms); `settled`: the height up to which the keepers confirmed the chain."""
        if self.course is None:
            return Phase.UNOPENED
        stage = self.course.stage_at(now)
        if stage in (Stage.CONTEST, Stage.FINAL):
            if self.last is None or self.last.height > settled:
                return Phase.COUNTED
            return Phase.FINAL if stage is Stage.FINAL else Phase.PROVISIONAL
        return Phase(stage)

    def through(self, settled: int) -> ChainPlace | None:
        """The last item, not above the height `settled`, that ended a voting, drew the lot or made the poll final."""
        if self.course is None:
            return None
        ended = [one.voting for one in self.course.rounds if one.winners is not None]
        marks = [
            mark
            for mark in (*ended, self.course.drawn, self.course.final)
            if mark is not None and mark.height <= settled
        ]
        return marks[-1] if marks else None

    @property
    def last(self) -> ChainPlace | None:
        """The last item on which what is known of the poll rests; None before it opens."""
        if self.course is None:
            return None
        held = self.course.now
        phases = (held.opened, held.proposals, held.predictions, held.bets, held.openings, held.voting)
        marks = (*phases, self.course.drawn, self.course.final)
        return max((mark for mark in marks if mark is not None), key=lambda mark: mark.height)


async def follow_poll(
    session: AsyncSession,
    state: GroupState,
    poll: StoredPoll,
    *,
    held: int,
    counting: bool = True,
    highest: int | None = None,
) -> PollSoFar:
    """Follow a poll as far as this pod can tell; `held`: how much of the group's log is here.

    Where it isn't `counting`, a voting whose result isn't kept yet ends the course. `highest`: the height of the last
    item that is looked at, if it isn't the head.
    """
    opening = await load_opening(session, poll.id, poll.group_id)
    if opening is None:
        return PollSoFar(poll)
    facts = await load_facts(session, poll, opening)
    if highest is not None:
        facts = replace(facts, voids=[one for one in facts.voids if one[1] <= highest])
    answers = _Answers(session, state, poll, opening, facts, _Reach(held, counting, highest))
    asking = follow(facts)
    try:
        question = next(asking)
        while True:
            question = asking.send(await answers.to(question))
    except StopIteration as end:
        course: Course = end.value
    fresh = tuple(answers.fresh)
    counted = answers.results, answers.breakdowns
    return PollSoFar(poll, opening, facts, course, *counted, fresh, held, answers.repeated)


async def load_facts(session: AsyncSession, poll: StoredPoll, opening: PollOpening) -> PollFacts:
    """What a poll's course starts from."""
    electors, terms = opening.electors, opening.terms
    sealed = [one for one in await list_events(session, poll.id) if one.group_id == poll.group_id]
    return PollFacts(
        id=poll.id,
        poll=poll.content,
        opened=ChainPlace(opening.item_id, opening.height, opening.at, opening.log_size),
        may=lambda capability, number: electors.may(number, terms.least[capability]),
        keepers=terms.keepers,
        forwards=[FastForward(one.at, one.event.target) for one in sealed if one.event.name == FAST_FORWARD],
        voids=await _voids(session, poll, opening, sealed),
    )


async def _voids(
    session: AsyncSession, poll: StoredPoll, opening: PollOpening, sealed: list[SealedEvent]
) -> list[tuple[int, int]]:
    said = [(one.event.author, one.height) for one in sealed if one.event.name == VOID]
    return [one for one in said if await is_on_roll(session, opening, poll.group_id, one[0])]


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far answers go: how much of the log, whether votes are counted, and up to which item."""

    held: int
    counting: bool
    highest: int | None


class _Answers:
    """Answers the questions of one course from the database."""

    def __init__(
        self,
        session: AsyncSession,
        state: GroupState,
        poll: StoredPoll,
        opening: PollOpening,
        facts: PollFacts,
        reach: _Reach,
    ) -> None:
        self._session, self._state, self._poll, self._opening = session, state, poll, opening
        self._facts, self._reach = facts, reach
        self.results: dict[int, Result] = {}
        self.breakdowns: dict[int, Breakdown] = {}
        self.fresh: list[KeptResult] = []
        self.repeated: Result | None = None

    async def to(self, question: Question) -> Any:
        """The answer; None if it isn't there yet."""
        match question:
            case FirstFrom(at=at):
                return await self._first_from(at)
            case SaidBefore(types=types, size=size):
                return await self._said(types, size)
            case RootAt(mark=mark):
                return await _root_at(self._session, mark)
            case WinnersOf(round=held, voided=voided):
                return await self._winners(held, voided)

    async def _first_from(self, at: int) -> ChainPlace | None:
        place = await first_item_from(self._session, self._poll.group_id, at)
        if place is None or (self._reach.highest is not None and place.height > self._reach.highest):
            return None
        return ChainPlace(place.id, place.height, place.at, place.log_size)

    async def _said(self, types: tuple[str, ...], size: int) -> list[LoggedSaid] | None:
        if size > self._reach.held:
            return None
        return await said_before(self._session, self._poll, self._facts, types, size)

    async def _winners(self, held: PollRound, voided: tuple[int, ...]) -> tuple[str, ...] | None:
        assert held.voting is not None
        kept = await load_result(self._session, self._poll.id, held.voting.id, voided)
        if kept is None:
            if not self._reach.counting or held.voting.size > self._reach.held:
                return None
            kept = await self._counted(held, held.voting, voided)
        result = _RESULT.decode(kept.result)
        if voided:
            self.repeated = result
        else:
            self.results[held.number] = result
            if kept.breakdown:
                self.breakdowns[held.number] = _BREAKDOWN.decode(kept.breakdown)
        return result.winners

    async def _counted(self, held: PollRound, end: ChainPlace, voided: tuple[int, ...]) -> KeptResult:
        met = self.results[held.number].quorum_met if voided else None
        basis = await load_basis(self._session, self._state, self._opening, self._facts, self._poll)
        found = await load_count(self._session, basis, held, voided=voided, quorum_met=met)
        first = await first_item_from(self._session, self._poll.group_id, held.times.voting_end - YOUNG_FOR_MS)
        assert first is not None
        origins = origins_of(self._state.members, found.places, since=first.height)
        breakdown = msgspec.json.encode(msgspec.structs.replace(found.breakdown, origins=origins))
        self.fresh.append(KeptResult(self._poll.id, end.id, voided, msgspec.json.encode(found.result), breakdown))
        return self.fresh[-1]


async def said_before(
    session: AsyncSession, poll: StoredPoll, facts: PollFacts, types: tuple[str, ...], size: int
) -> list[LoggedSaid]:
    """What members said in a poll, of these types, among the first `size` entries of its group's log.

    What somebody says who lacks the capability for it counts nothing and isn't read, however much that is.
    """
    found: list[StoredSaid] = []
    for kind in types:
        if kind not in NEEDS:
            found += await list_said(session, poll.id, poll.group_id, (kind,), below=size)
            continue
        authors = await list_authors(session, poll.id, poll.group_id, kind)
        able = [author for author in authors if facts.may(NEEDS[kind], author)]
        found += await list_said_by(session, poll.id, poll.group_id, kind, able, below=size)
    found.sort(key=lambda one: (one.place, one.record_id))
    return [LoggedSaid(one.place, one.record_id, one.content) for one in found]


async def load_basis(
    session: AsyncSession, state: GroupState, opening: PollOpening, facts: PollFacts, poll: StoredPoll
) -> CountBasis:
    """What all counts of a poll have in common; `state`: the group's, now."""
    roll: Roll = await load_roll(session, opening, poll.group_id)
    return CountBasis(facts, opening.terms, roll, state)


async def load_count(
    session: AsyncSession,
    basis: CountBasis,
    held: PollRound,
    *,
    voided: tuple[int, ...] = (),
    quorum_met: bool | None = None,
) -> Count:
    """Count a round whose voting has ended, and whose log is here."""
    assert held.locked is not None
    assert held.voting is not None
    group, below = basis.keys.group, held.voting.size
    logged = await list_logged_ballots(session, basis.facts.id, group, below=below)
    scopes = scopes_of(basis.facts.id, held.areas, basis.terms.parents)
    logged += await list_logged_delegations(session, group, scopes, lock=held.locked.size, end=below)
    fresh = await fresh_from(session, group, held)
    return await computed(
        len(logged), count_round, basis, held, logged, fresh=fresh, voided=voided, quorum_met=quorum_met
    )


async def fresh_from(session: AsyncSession, group: RecordId, held: PollRound) -> int:
    """The first entry of the log that a year before the end of voting hadn't been sealed."""
    first = await first_item_from(session, group, held.times.voting_end - LAPSES_AFTER_MS + 1)
    assert first is not None
    return await load_log_size(session, group, first.height - 1)


async def _root_at(session: AsyncSession, mark: ChainPlace) -> str:
    item = await load_item(session, mark.id)
    assert item is not None
    content = reopen_record(item.wire).content
    assert isinstance(content, Seal | Handover)
    return content.log.root
