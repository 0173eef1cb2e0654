"""A predictor's score, poll by poll and bet by bet, as a page shows where it comes from; the sum equals the score.

Decisions §2, "Predictor score"; the rules stand in `predictor_scores`.
"""

from collections.abc import Iterable
from fractions import Fraction

import msgspec
import numpy as np

from decisions.evaluation import outcome_at
from decisions.predictor_scores import (
    FEWEST_SCORED,
    MICRO,
    MISSED,
    AreaScores,
    PastPoll,
    PastStatement,
    compare,
    score_of,
)
from protocol.ids import RecordId


class BetAccount(msgspec.Struct, frozen=True):
    """One bet. Brier scores and `gain` (others' median − own) are None while the statement isn't scored.

    `happened` is None while it is undecided; `people` is how many bet on it.
    """

    statement: RecordId
    bet: int
    people: int
    happened: bool | None
    own: Fraction | None
    others: Fraction | None
    gain: Fraction | None


class PollAccount(msgspec.Struct, frozen=True):
    """One poll in which the predictor bet: r = mean − penalty. `missed`: required statements that they left out."""

    poll: RecordId
    bets: tuple[BetAccount, ...]
    missed: tuple[RecordId, ...]
    mean: Fraction
    penalty: Fraction

    @property
    def r(self) -> Fraction:
        """What the poll adds to Σr."""
        return self.mean - self.penalty


class ScoreAccount(msgspec.Struct, frozen=True):
    """A predictor in an area: their polls in the order of the log, and the score these give."""

    member: int
    polls: tuple[PollAccount, ...]

    @property
    def total(self) -> Fraction:
        """Σr."""
        return sum((poll.r for poll in self.polls), Fraction())

    @property
    def score(self) -> Fraction:
        """½ + Σr/(n + 10), cut to 0 … 1."""
        return score_of(self.total, len(self.polls))


def account(area: AreaScores, polls: Iterable[PastPoll], member: int) -> ScoreAccount:
    """Where the score of `member` in `area` comes from; `polls` are those that it was replayed from."""
    known = sorted((poll for poll in polls if poll.id in area.required), key=lambda poll: (poll.log_size, poll.id))
    accounts = (_poll_account(area, poll, member) for poll in known)
    return ScoreAccount(member, tuple(one for one in accounts if one.bets))


def _poll_account(area: AreaScores, poll: PastPoll, member: int) -> PollAccount:
    bets = tuple(_bet_account(area, poll, one, member) for one in poll.statements if member in one.bets)
    without = {one.id for one in poll.statements if member not in one.bets}
    missed = tuple(required for required in area.required[poll.id] if required in without)
    gains = [bet.gain for bet in bets if bet.gain is not None]
    mean = sum(gains, Fraction()) / len(gains) if gains else Fraction()
    return PollAccount(poll.id, bets, missed, mean, MISSED if missed else Fraction())


def _bet_account(area: AreaScores, poll: PastPoll, statement: PastStatement, member: int) -> BetAccount:
    known = area.log_size if area.log_size > poll.log_size else 0
    happened = outcome_at(statement.outcomes, known)
    bet, people = statement.bets[member], len(statement.bets)
    if happened is None or people < FEWEST_SCORED:
        return BetAccount(statement.id, bet, people, happened, None, None, None)
    own, twice_others = compare(np.array(list(statement.bets.values()), np.int64), happened=happened)
    place = list(statement.bets).index(member)
    mine, others = Fraction(int(own[place]), MICRO), Fraction(int(twice_others[place]), 2 * MICRO)
    return BetAccount(statement.id, bet, people, happened, mine, others, others - mine)
