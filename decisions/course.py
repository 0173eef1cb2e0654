"""The course of a poll: which item of the chain ended what, which round follows, and what was decided at last.

It is a function of the poll's record, the chain and the log. What it must know of these it asks, question by question
(`FirstFrom` …), so that a pod answers from its database and a verifier from a file. An answer of None means: not yet,
or not here; then the course ends there, and says from when on an item would carry it further.

Rules of this file (decisions §1, "Time", "Contest"; §2, step 5):

1. The first round has the phases of the definition. Of the options several may win: then bets and voting are held once
   more among them from the item that ended the voting on (round 2), and a tie that remains is decided by lot.
2. Keepers give shares for a lot in the round in which one may be drawn (2 and 3), before its delegates are locked. They
   open them within 24 hours after the item that ended its voting. The lot is drawn at the first item after that.
3. The contest window runs from the item that ended the last voting. If members voided their votes by its end, the round
   that decided is counted once more without them. If that changes who is chosen, nobody is, and voting alone is held
   once more among the same options (round 3), which is final.
4. It is final at the item that ends the window, or the later one that draws the lot.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from decisions.contest import stands
from decisions.lot import Drawing, draw, secrets_of, shares_of
from decisions.phases import DAY_MS, FastForward, PollPlan, PollTimes, plan_of, poll_times, second_round, vote_again
from decisions.proposals import LoggedSaid, May, areas_chosen, options_of
from decisions.ties import AfterTie, outcome
from protocol.ids import RecordId
from protocol.records.content import Poll

LOT_OPEN_MS: Final = DAY_MS
Answer = TypeVar("Answer")


class Stage(StrEnum):
    """Where a poll stands at a time."""

    PROPOSALS = "proposals"
    PREDICTIONS = "predictions"
    BETS = "bets"
    VOTING = "voting"
    ENDED = "ended"  # its end has passed, and the item that ends it isn't here, or not all of its log
    DRAWING = "drawing"  # a lot is drawn once its shares are opened
    CONTEST = "contest"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """An item of the chain: its time (ms) and the size of the log that it commits to."""

    id: RecordId
    height: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class PollRound:
    """A voting with what comes before it. A mark is the item at which the phase of its name ended; None: not yet.

    `options` are those of the definition until the proposals have ended.
    """

    number: int
    plan: PollPlan
    times: PollTimes
    opened: ChainPlace
    options: tuple[str, ...]
    areas: tuple[str, ...]
    proposals: ChainPlace | None = None
    predictions: ChainPlace | None = None
    bets: ChainPlace | None = None
    openings: ChainPlace | None = None
    locked: ChainPlace | None = None
    voting: ChainPlace | None = None
    winners: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Contested:
    """What became of a result that members contested: the winners without them, and whether it stands."""

    voided: tuple[int, ...]
    winners: tuple[str, ...]
    stands: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A poll's course as far as the chain tells it.

    `drawn`: the item at which the lot was drawn. `chosen`: nobody (empty) or one option, None while that isn't known.
    `pending`: times (ms) whose items are to come, the next first. `lacks`: the log here is too short to go on.
    """

    rounds: tuple[PollRound, ...]
    deciding: PollRound | None = None
    drawing: Drawing | None = None
    drawn: ChainPlace | None = None
    contested: Contested | None = None
    chosen: tuple[str, ...] | None = None
    final: ChainPlace | None = None
    pending: tuple[int, ...] = ()
    lacks: bool = False

    @property
    def now(self) -> PollRound:
        """The round that is held, or the last one."""
        return self.rounds[-1]

    def stage_at(self, at: int) -> Stage:
        """Where it stands at a time (ms) that isn't before the last item."""
        held = self.now
        if self.final is not None:
            return Stage.FINAL
        if held.voting is not None and held.winners is not None:
            return Stage.CONTEST if self.chosen is not None else Stage.DRAWING
        return Stage.ENDED if at >= held.times.voting_end else Stage(held.times.phase_at(at) or Stage.PROPOSALS)


@dataclass(frozen=True, slots=True)
class FirstFrom:
    """The first item that isn't before `at`: a ChainPlace."""

    at: int


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What members said in the poll, of these types, among the first `size` entries of the log: LoggedSaid."""

    types: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True)
class WinnersOf:
    """Who wins a round whose voting has ended, without the votes of `voided`: option ids."""

    round: PollRound
    voided: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RootAt:
    """The root (hex) of the log to which an item commits."""

    mark: ChainPlace


Question = FirstFrom | SaidBefore | WinnersOf | RootAt
Asking = Generator[Question, Any, Answer]


@dataclass(frozen=True, slots=True)
class PollFacts:
    """What a course starts from: the poll, the item that opened it, who may what, and what the chain said of it since.

    `forwards` in the order of the chain. `voids`: by whom, and the height of the item; of people on the roll alone.
    `keepers`: their member numbers at the opening item.
    """

    id: RecordId
    poll: Poll
    opened: ChainPlace
    may: May
    keepers: tuple[int, ...]
    forwards: Sequence[FastForward] = ()
    voids: Sequence[tuple[int, int]] = ()


class _Stop(Exception):  # noqa: N818  (no error: the course ends here)
    """An answer that isn't there."""


def follow(facts: PollFacts) -> Asking[Course]:
    """Follow a poll from its opening as far as the answers go."""
    walk = _Walk(facts)
    with suppress(_Stop):
        yield from walk.whole()
    return replace(walk.course, pending=tuple(sorted(set(walk.pending))), lacks=walk.lacks)


class _Walk:
    """A course that grows with each answer."""

    def __init__(self, facts: PollFacts) -> None:
        self.facts = facts
        self.course = Course(())
        self.pending: list[int] = []
        self.lacks = False

    def whole(self) -> Asking[None]:
        """All rounds, until it is final."""
        poll, opened = self.facts.poll, self.facts.opened
        first = yield from self._held(1, plan_of(poll.lengths, opened.at), opened, poll.option_ids, poll.areas)
        winners, last, second = self._won(first), first, None
        if outcome(winners).step is AfterTie.SECOND_ROUND:
            plan = second_round(first.plan, self._ended(first).at)
            last = yield from self._held(2, plan, self._ended(first), winners, first.areas)
            second = self._won(last)
        after = outcome(winners, second)
        deciding = first if second is None or not second else last
        self.course = replace(self.course, deciding=deciding)
        at = self._ended(last)
        if after.step is AfterTie.LOT:
            drawn_at = yield from self._drawn(last, after.options)
            at = max(at, drawn_at, key=lambda mark: mark.height)
        else:
            self.course = replace(self.course, chosen=after.options)
        window = yield from self._first_from(last.times.contest_end)
        final = max(at, window, key=lambda mark: mark.height)
        if (yield from self._stands(deciding, window)):
            self.course = replace(self.course, final=final)
            return
        yield from self._again(deciding, window)

    def _held(
        self, number: int, plan: PollPlan, opened: ChainPlace, options: tuple[str, ...], areas: tuple[str, ...]
    ) -> Asking[PollRound]:
        """A round; stops while its voting hasn't ended."""
        held = PollRound(number, plan, poll_times(plan, self.facts.forwards), opened, options, areas)
        held = yield from self._before_voting(self._known(held))
        locked = yield from self._asked(FirstFrom(held.times.lock_at))
        closed = yield from self._asked(FirstFrom(held.times.voting_end))
        times = held.times
        if closed is not None:
            times = self._times(held, closed)
        held = self._known(replace(held, locked=locked, voting=closed, times=times))
        if closed is None:
            raise _Stop
        winners = yield from self._must(WinnersOf(held))
        return self._known(replace(held, winners=tuple(winners)))

    def _before_voting(self, held: PollRound) -> Asking[PollRound]:
        plan, facts = held.plan, self.facts
        if plan.proposals:
            end = yield from self._first_from(held.times.proposals_end)
            said: Sequence[LoggedSaid] = yield from self._must(SaidBefore(("Proposal", "AreaVote"), end.size))
            options, areas = options_of(facts.poll, said, facts.may), areas_chosen(facts.poll, said, facts.may)
            held = self._known(replace(held, proposals=end, options=options, areas=areas))
        if plan.predictions:
            end = yield from self._first_from(held.times.predictions_end)
            held = self._known(replace(held, predictions=end))
        if plan.bets:
            end = yield from self._first_from(held.times.bets_end)
            held = self._known(replace(held, bets=end))
            held = self._known(replace(held, times=self._times(held, None)))
            openings = yield from self._asked(FirstFrom(held.times.openings_end))
            held = self._known(replace(held, openings=openings))
        return held

    def _times(self, held: PollRound, closed: ChainPlace | None) -> PollTimes:
        return poll_times(
            held.plan,
            self.facts.forwards,
            bets_closed_at=held.bets.at if held.bets is not None else None,
            voting_closed_at=closed.at if closed is not None else None,
        )

    def _drawn(self, held: PollRound, tied: tuple[str, ...]) -> Asking[ChainPlace]:
        """Draw a lot among the tied after a round; the item at which it is drawn."""
        closed, locked = self._ended(held), held.locked
        assert locked is not None
        end = yield from self._first_from(closed.at + LOT_OPEN_MS)
        said = yield from self._must(SaidBefore(("LotShare", "Opening"), end.size))
        shares = shares_of(said, held.number, self.facts.keepers, locked.size)
        root = yield from self._must(RootAt(closed))
        drawing = draw(
            self.facts.id,
            root,
            tied,
            {keeper: share for keeper, (_, share) in shares.items()},
            secrets_of(said, shares),
        )
        self.course = replace(self.course, drawing=drawing, drawn=end, chosen=(drawing.winner,))
        return end

    def _stands(self, deciding: PollRound, window: ChainPlace) -> Asking[bool]:
        """Whether what was chosen stands at the end of the window (rule 3)."""
        voided = tuple(sorted({author for author, height in self.facts.voids if height <= window.height}))
        if not voided:
            return True
        winners, chosen = self._won(deciding), self.course.chosen or ()
        repeated = tuple((yield from self._must(WinnersOf(deciding, voided))))
        holds = stands(winners, chosen[0] if chosen else None, repeated)
        self.course = replace(self.course, contested=Contested(voided, repeated, holds))
        return holds

    def _again(self, deciding: PollRound, window: ChainPlace) -> Asking[None]:
        self.course = replace(self.course, chosen=None, drawing=None, drawn=None)
        plan = vote_again(deciding.plan, window.at)
        last = yield from self._held(3, plan, window, deciding.options, deciding.areas)
        winners, final = self._won(last), self._ended(last)
        self.course = replace(self.course, deciding=last)
        if len(winners) > 1:
            final = yield from self._drawn(last, winners)
        else:
            self.course = replace(self.course, chosen=winners)
        self.course = replace(self.course, final=final)

    def _known(self, held: PollRound) -> PollRound:
        """Keep what is known of the round."""
        others = tuple(one for one in self.course.rounds if one.number != held.number)
        self.course = replace(self.course, rounds=(*others, held))
        return held

    def _first_from(self, at: int) -> Asking[ChainPlace]:
        mark = yield from self._asked(FirstFrom(at))
        if mark is None:
            raise _Stop
        return mark

    def _asked(self, question: FirstFrom) -> Asking[ChainPlace | None]:
        mark: ChainPlace | None = yield question
        if mark is None:
            self.pending.append(question.at)
        return mark

    def _must(self, question: Question) -> Asking[Any]:
        answer = yield question
        if answer is None:
            self.lacks = True
            raise _Stop
        return answer

    @staticmethod
    def _won(held: PollRound) -> tuple[str, ...]:
        assert held.winners is not None
        return held.winners

    @staticmethod
    def _ended(held: PollRound) -> ChainPlace:
        assert held.voting is not None
        return held.voting
