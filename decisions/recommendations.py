"""Whom one might delegate to: those who scored the same proposals most alike, never those with many voices.

Rule of this file (decisions §2, "Recommended delegates"): agreement = 1 − mean |mine − theirs|/100 over the proposals
of the area that both scored in final polls; at least 5 of them. Equal agreements stand in the voter's own order.
Only the voter's own pod computes it; a page says the agreement and its number of proposals.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import msgspec

from decisions.orderings import own_place
from protocol.ids import RecordId

FEWEST_PROPOSALS: Final = 5
MAX_SCORE: Final = 100


class Recommendation(msgspec.Struct, frozen=True):
    """A delegate, 0 … 1 how much they agree with the voter, and because of how many proposals."""

    delegate: int
    agreement: Fraction
    proposals: int


def agreement(mine: Mapping[RecordId, int], theirs: Mapping[RecordId, int]) -> tuple[Fraction, int] | None:
    """How much two people agree, and over how many proposals; None if they scored too few in common."""
    common = mine.keys() & theirs.keys()
    if len(common) < FEWEST_PROPOSALS:
        return None
    apart = sum(abs(mine[proposal] - theirs[proposal]) for proposal in common)
    return 1 - Fraction(apart, MAX_SCORE * len(common)), len(common)


def recommend(
    voter: int, mine: Mapping[RecordId, int], delegates: Mapping[int, Mapping[RecordId, int]]
) -> tuple[Recommendation, ...]:
    """The declared delegates of an area by agreement; scores 0 … 100 by proposal, of their own ballots alone."""
    found = []
    for delegate, theirs in delegates.items():
        alike = agreement(mine, theirs) if delegate != voter else None
        if alike is not None:
            found.append(Recommendation(delegate, *alike))
    return tuple(sorted(found, key=lambda one: (-one.agreement, own_place(voter, str(one.delegate)))))
