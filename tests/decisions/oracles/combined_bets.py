"""The combined bet in exact fractions, straight from decisions §2; for a handful of predictors."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import mean

HALF = Fraction(1, 2)
Bets = Sequence[Fraction | None]


class ExactRule:
    """In force by default; `plain` neither shrinks nor smooths, and keeps negative weights."""

    def __init__(self, *, plain: bool = False) -> None:
        self.plain = plain

    def variance(self, errors: Sequence[Fraction]) -> Fraction:
        count = len(errors)
        square = mean([(error - mean(errors)) ** 2 for error in errors]) if errors else Fraction()
        if self.plain:
            return square
        return (count * square + 1) / (count + 4) + Fraction(1, 1000)

    def covariance(self, one: Bets, other: Bets) -> Fraction:
        common = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        if not common:
            return Fraction()
        first, second = mean([a for a, _ in common]), mean([b for _, b in common])
        found = mean([(a - first) * (b - second) for a, b in common])
        return found if self.plain else found / 2

    def bias(self, past: Bets, outcomes: Sequence[Fraction]) -> Fraction:
        mine = [(bet, outcome) for bet, outcome in zip(past, outcomes, strict=True) if bet is not None]
        decided = [bet for bet, outcome in mine if outcome != HALF]
        if not decided:
            return Fraction()
        apart = mean([outcome for _, outcome in mine]) - mean(decided)
        return apart if self.plain else apart * Fraction(len(decided), len(decided) + 2)

    def weights(self, matrix: list[list[Fraction]]) -> list[Fraction]:
        size = len(matrix)
        solved = solve(matrix)
        if solved is None or sum(solved) == 0:
            return [Fraction(1, size)] * size
        scaled = [one / sum(solved) for one in solved]
        if self.plain:
            return scaled
        kept = [max(one, Fraction()) for one in scaled]
        return [one / sum(kept) for one in kept]


def combined_bet(past: Sequence[Bets], outcomes: Sequence[Fraction], current: Bets, rule: ExactRule) -> Fraction | None:
    """The combined bet on one statement."""
    there = [place for place, bet in enumerate(current) if bet is not None]
    if not there:
        return None
    errors: list[list[Fraction | None]] = [
        [
            None if bet is None or outcome == HALF else outcome - bet
            for bet, outcome in zip(past[place], outcomes, strict=True)
        ]
        for place in there
    ]
    matrix = [[rule.covariance(one, other) for other in errors] for one in errors]
    for place, mine in enumerate(errors):
        matrix[place][place] = rule.variance([error for error in mine if error is not None])
    adjusted = []
    for place in there:
        bet = current[place]
        assert bet is not None
        adjusted.append(cut(bet + rule.bias(past[place], outcomes)))
    return cut(sum((w * bet for w, bet in zip(rule.weights(matrix), adjusted, strict=True)), Fraction()))


def cut(value: Fraction) -> Fraction:
    return min(Fraction(1), max(Fraction(), value))


def solve(matrix: list[list[Fraction]]) -> list[Fraction] | None:
    """X with matrix·x = 1, by elimination; None if there isn't exactly one."""
    rows = [[*row, Fraction(1)] for row in matrix]
    for column in range(len(rows)):
        pivot = next((row for row in rows[column:] if row[column]), None)
        if pivot is None:
            return None
        rows.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        rows = [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in rows]
        rows.insert(column, pivot)
    return [row[-1] for row in rows]
