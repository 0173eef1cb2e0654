"""A predictor's score in an area says whether they knew better than the others; anybody can replay it from the log.

Rules of this file (decisions §2, "Predictor score"):

1. A statement is *scored* if it came out yes or no and at least 5 people bet on it.
2. A statement is *required* if at least 3 people bet on it, their bets are at least 200 ‰ apart, and their scores in
   the area sum to 3/2 or more: three newcomers are enough.
3. r of a poll in which somebody bet = the mean over their scored statements of (the others' median Brier score − own),
   0 if none is scored yet; minus 1/20, once, if they didn't bet on every required statement of the poll.
4. score = ½ + Σr/(n + 10), n = the polls in which they bet, cut to 0 … 1. Who never bet has ½.
5. What is required is settled once: when the poll's opening window ends, by the scores at that place of the log. A
   later evaluation, or its revision, changes r of its own poll and thereby later scores, but nobody is blamed
   afterwards for what wasn't required then. Polls whose windows end at one item don't see each other.

Everything is exact: Brier scores are whole millionths, medians of them are kept doubled, and every mean over k scored
statements of a poll is added to a sum of its own for that k. So nothing but whole numbers is added until a score is
asked for. They stay below 2⁶³ for 10⁹ polls of 500 statements. Events are taken in the order of the log; one pass gives
the scores at any size of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.bets import MAX_BET, are_opposed
from decisions.evaluation import Outcome, outcome_at
from protocol.ids import RecordId

FEWEST_SCORED: Final = 5
FEWEST_REQUIRED: Final = 3
LEAST_SUM: Final = Fraction(3, 2)
START: Final = Fraction(1, 2)
MISSED: Final = Fraction(1, 20)
PRIOR_POLLS: Final = 10
MICRO: Final = MAX_BET**2  # of one

Whole = NDArray[np.int64]


class PastStatement(msgspec.Struct, frozen=True):
    """A statement, the opened bets on it in thousandths by member, and what was found about it, in the log's order."""

    id: RecordId
    bets: Mapping[int, int]
    outcomes: tuple[Outcome, ...] = ()


class PastPoll(msgspec.Struct, frozen=True):
    """A poll of the area. `log_size` is that of the item at which its opening window ended."""

    id: RecordId
    log_size: int
    statements: tuple[PastStatement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AreaScores:
    """The scores of all who ever bet in an area, as the first `log_size` records of the log tell them.

    `required`: of each poll its required statements.
    """

    log_size: int
    scores: Mapping[int, Fraction]
    required: Mapping[RecordId, tuple[RecordId, ...]]

    def of(self, member: int) -> Fraction:
        """One member's score; who never bet has ½."""
        return self.scores.get(member, START)


def score_of(total: Fraction, polls: int) -> Fraction:
    """The score of somebody with these Σr and n (rule 4)."""
    return min(Fraction(1), max(Fraction(), START + total / (polls + PRIOR_POLLS)))


def cost_of_a_gap(polls: int) -> Fraction:
    """What it costs somebody with n = `polls` to leave out a required statement of the next poll."""
    return MISSED / (polls + 1 + PRIOR_POLLS)


def compare(bets: Whole, *, happened: bool) -> tuple[Whole, Whole]:
    """Of two bets or more: the Brier score of each, and twice the median of the others', in millionths."""
    own = (MAX_BET * happened - bets) ** 2
    rising = np.sort(own)
    first = np.searchsorted(rising, own)  # leaving this place out leaves the others
    low, high = (len(own) - 2) // 2, (len(own) - 1) // 2
    return own, rising[low + (low >= first)] + rising[high + (high >= first)]


def missing_members(poll: PastPoll, required: Collection[RecordId]) -> set[int]:
    """Who bet in the poll, but not on every required statement."""
    on_all = [statement.bets.keys() for statement in poll.statements if statement.id in required]
    return {member for member in _took_part(poll) if not all(member in bets for bets in on_all)}


def replay(polls: Iterable[PastPoll], log_size: int) -> AreaScores:
    """The scores in an area from all its polls, in any order."""
    known = sorted((poll for poll in polls if poll.log_size <= log_size), key=lambda poll: (poll.log_size, poll.id))
    replayed = _Replay(known)
    news = sorted((one for one in _news(known) if one[0] <= log_size), key=lambda one: (one[0], one[1].id, one[2].id))
    told = 0
    for size, closing in groupby(known, key=lambda poll: poll.log_size):
        while told < len(news) and news[told][0] <= size:
            replayed.hear(*news[told])
            told += 1
        replayed.close(tuple(closing))
    for one in news[told:]:
        replayed.hear(*one)
    return AreaScores(log_size, {member: replayed.score(member) for member in replayed.places}, replayed.required)


def _took_part(poll: PastPoll) -> set[int]:
    return {member for statement in poll.statements for member in statement.bets}


def _news(polls: Iterable[PastPoll]) -> Iterable[tuple[int, PastPoll, PastStatement]]:
    """Each place of the log where the outcome of a scored statement changes: the size from which it is known."""
    for poll in polls:
        for statement in poll.statements:
            before = None
            for outcome in statement.outcomes if len(statement.bets) >= FEWEST_SCORED else ():
                if outcome.happened != before:
                    # Nobody can find anything about a poll whose bets aren't open yet.
                    yield max(outcome.leaf, poll.log_size) + 1, poll, statement
                before = outcome.happened


@dataclass(slots=True)
class _PollSums:
    """One poll so far. Of each who bet in it, by place: their gains in doubled millionths, over how many statements."""

    places: Whole
    gains: Whole
    scored: Whole


class _Replay:
    """The state of a replay: of each member, by place, what their polls give."""

    def __init__(self, polls: Sequence[PastPoll]) -> None:
        members = sorted({member for poll in polls for member in _took_part(poll)})
        self.places = {member: place for place, member in enumerate(members)}
        self.required: dict[RecordId, tuple[RecordId, ...]] = {}
        most = max((len(poll.statements) for poll in polls), default=0)
        self._gains = np.zeros((most + 1, len(members)), np.int64)  # a row for each number of scored statements
        self._gaps = np.zeros(len(members), np.int64)
        self._polls = np.zeros(len(members), np.int64)
        self._sums: dict[RecordId, _PollSums] = {}
        self._heard: dict[tuple[RecordId, RecordId], bool | None] = {}

    def score(self, member: int) -> Fraction:
        place = self.places[member]
        gains: list[int] = self._gains[:, place].tolist()
        total = sum((Fraction(gain, 2 * MICRO * scored) for scored, gain in enumerate(gains) if gain), Fraction())
        return score_of(total - MISSED * int(self._gaps[place]), int(self._polls[place]))

    def close(self, polls: Sequence[PastPoll]) -> None:
        """The bets of these polls are open: settle what was required, then let them count."""
        for poll in polls:
            self.required[poll.id] = tuple(one.id for one in poll.statements if self._is_required(one.bets))
        for poll in polls:
            places = np.sort(self._places(_took_part(poll)))
            self._sums[poll.id] = _PollSums(places, np.zeros_like(places), np.zeros_like(places))
            self._polls[places] += 1
            self._gaps[self._places(missing_members(poll, self.required[poll.id]))] += 1

    def hear(self, known_at: int, poll: PastPoll, statement: PastStatement) -> None:
        """An outcome changed: take back what the former one gave, and give what the new one does."""
        sums, bets = self._sums[poll.id], np.array(list(statement.bets.values()), np.int64)
        places = self._places(statement.bets)
        here = np.searchsorted(sums.places, places)
        known = (poll.id, statement.id)
        before, after = self._heard.get(known), outcome_at(statement.outcomes, known_at)
        self._heard[known] = after
        self._gains[sums.scored[here], places] -= sums.gains[here]
        for sign, happened in ((-1, before), (1, after)):
            if happened is not None:
                own, twice_others = compare(bets, happened=happened)
                sums.gains[here] += sign * (twice_others - 2 * own)
                sums.scored[here] += sign
        self._gains[sums.scored[here], places] += sums.gains[here]

    def _places(self, members: Collection[int]) -> Whole:
        return np.fromiter((self.places[member] for member in members), np.int64, len(members))

    def _is_required(self, bets: Mapping[int, int]) -> bool:
        if len(bets) < FEWEST_REQUIRED or not are_opposed(bets.values()):
            return False
        total = Fraction()
        for member in bets:  # in any order: no score is below 0, so what is reached stays reached
            total += self.score(member)
            if total >= LEAST_SUM:
                return True
        return False
