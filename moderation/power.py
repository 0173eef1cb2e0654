"""How much each member decides: the share of weight, and for few members the Banzhaf index.

A coalition wins if it has more than half of all weight. A member's index is the share of those cases, among all in
which anybody turns a losing coalition into a winning one, in which it is this member. Weights in thousandths, above 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

MOST_EXACT: Final = 20


def shares(weights: Sequence[int]) -> list[Fraction]:
    """Each member's share of all weight."""
    whole = sum(weights)
    return [Fraction(weight, whole) if whole else Fraction() for weight in weights]


def power(weights: Sequence[int]) -> list[Fraction]:
    """The exact Banzhaf index of each member; with more than MOST_EXACT members the share of weight, which is close."""
    if len(weights) > MOST_EXACT:
        return shares(weights)
    swings = [_swings(weights, place) for place in range(len(weights))]
    whole = sum(swings)
    return [Fraction(own, whole) if whole else Fraction() for own in swings]


def _swings(weights: Sequence[int], place: int) -> int:
    """The number of coalitions of the others that win only with the member."""
    others = [weight for index, weight in enumerate(weights) if index != place]
    whole, own = sum(weights), weights[place]
    half = len(others) // 2
    left, right = _sums(others[:half]), sorted(_sums(others[half:]))
    # A coalition wins with more than half of all weight.
    most, least = whole // 2, whole // 2 - own
    return sum(bisect_right(right, most - one) - bisect_right(right, least - one) for one in left)


def _sums(weights: Sequence[int]) -> list[int]:
    sums = [0]
    for weight in weights:
        sums += [one + weight for one in sums]
    return sums
