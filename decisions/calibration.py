"""What a predictor said, held against what happened: the curve, and the Brier score over time, exact but for the bars.

Every bet on a statement that came out yes or no counts, also where too few others bet for a score. A bin holds the
bets from its lower bound up to, but without, its upper one; the last has both. Bars are Wilson's interval.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import sqrt
from typing import Final

import msgspec

from decisions.bets import MAX_BET, brier
from protocol.ids import RecordId

BINS: Final = 10
FEW_BETS: Final = 20  # below this a page warns that the curve may be chance
EIGHTY_PERCENT: Final = 1.281551565545
MICRO: Final = 1_000_000


class ResolvedBet(msgspec.Struct, frozen=True):
    """A bet in thousandths and what happened; `leaf` is the place in the log where that was found."""

    statement: RecordId
    leaf: int
    bet: int
    happened: bool


class CalibrationBin(msgspec.Struct, frozen=True):
    """The bets from `low` to `high` thousandths: their number, their sum, and how many statements came true."""

    low: int
    high: int
    count: int
    bets: int
    came_true: int

    @property
    def said(self) -> Fraction:
        """The mean bet; of no bets ½ of the bounds."""
        return Fraction(self.bets, self.count * MAX_BET) if self.count else Fraction(self.low + self.high, 2 * MAX_BET)

    @property
    def happened(self) -> Fraction | None:
        """The share that came true; None where there is no bet."""
        return Fraction(self.came_true, self.count) if self.count else None

    @property
    def bar(self) -> tuple[float, float]:
        """Between what the share may lie, in four of five cases."""
        return wilson(self.came_true, self.count)


class BrierStep(msgspec.Struct, frozen=True):
    """After the `count`-th bet was resolved: its own Brier score and the mean so far."""

    statement: RecordId
    count: int
    own: Fraction
    mean: Fraction


class Calibration(msgspec.Struct, frozen=True):
    """The curve and the steps of one predictor."""

    bins: tuple[CalibrationBin, ...]
    steps: tuple[BrierStep, ...]

    @property
    def has_few_bets(self) -> bool:
        """Whether a page warns."""
        return len(self.steps) < FEW_BETS


def calibration(bets: Iterable[ResolvedBet]) -> Calibration:
    """The calibration from all resolved bets of a predictor, in any order."""
    in_order = sorted(bets, key=lambda bet: (bet.leaf, bet.statement))
    return Calibration(_bins(in_order), tuple(_steps(in_order)))


def wilson(came_true: int, count: int, z: float = EIGHTY_PERCENT) -> tuple[float, float]:
    """Wilson's score interval of a share; z = 1.28… covers four cases of five. Of no bets 0 … 1."""
    if not count:
        return 0.0, 1.0
    share, square = came_true / count, z * z / count
    middle, half = share + square / 2, z * sqrt(share * (1 - share) / count + square / (4 * count))
    return max(0.0, (middle - half) / (1 + square)), min(1.0, (middle + half) / (1 + square))


def _bins(bets: Iterable[ResolvedBet]) -> tuple[CalibrationBin, ...]:
    sums = [[0, 0, 0] for _ in range(BINS)]
    for one in bets:
        place = min(one.bet * BINS // MAX_BET, BINS - 1)
        for column, added in enumerate((1, one.bet, int(one.happened))):
            sums[place][column] += added
    width = MAX_BET // BINS
    return tuple(CalibrationBin(place * width, (place + 1) * width, *found) for place, found in enumerate(sums))


def _steps(bets: Iterable[ResolvedBet]) -> Iterable[BrierStep]:
    total = 0
    for count, one in enumerate(bets, start=1):
        own = brier(one.bet, happened=one.happened)
        total += own
        yield BrierStep(one.statement, count, Fraction(own, MICRO), Fraction(total, MICRO * count))
