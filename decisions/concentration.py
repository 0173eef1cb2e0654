"""How few people decide: the largest share, the ten largest, and the fewest roots with more than half of the voices.

Shares are of what is counted, blank ballots included: who decides not to decide holds voices, too. All of this is shown
and decides nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import msgspec
import numpy as np

from decisions.mandates import Sums

TOP: Final = 10


class Concentration(msgspec.Struct, frozen=True):
    """Shares as fractions of the counted voices; `majority`: the fewest roots that hold more than half of them."""

    roots: int
    largest: Fraction
    top_ten: Fraction
    majority: int


def concentration(carried: Sums) -> Concentration:
    """From what each voter's ballot carries; 0 for who cast none. With nobody counted everything is 0."""
    held = np.sort(carried[carried > 0])[::-1]
    total = int(held.sum())
    if not total:
        return Concentration(0, Fraction(), Fraction(), 0)
    majority = int(np.searchsorted(np.cumsum(held), total // 2, side="right")) + 1
    return Concentration(len(held), Fraction(int(held[0]), total), Fraction(int(held[:TOP].sum()), total), majority)
