"""A bet is a probability in thousandths on a statement, and one person's bets of a poll are one sealed value.

Rules of this file (decisions §2, step 3):

1. The opened value is an object {statement id: 0 … 1000}. If it names an unknown statement, holds another number or
   nothing at all, all of it is as if skipped, like an invalid ballot.
2. The bets on a statement are opposed if the highest and the lowest are at least 200 apart.
3. Brier score of a bet = (outcome − bet)², here in millionths: 0.9 gives 0.01 if it happens and 0.81 if not.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.canonical import Json
from protocol.ids import RecordId

BETS_KIND: Final = "bets"
MAX_BET: Final = 1000
OPPOSED_SPREAD: Final = 200
NO_BET: Final = -1

PerMille = NDArray[np.int16]


def read_bets(value: Json, statements: Collection[RecordId]) -> dict[RecordId, int] | None:
    """The bets of an opened value on the statements of its poll; None: they are as if skipped."""
    if type(value) is not dict or not value:
        return None
    if all(name in statements and type(bet) is int and 0 <= bet <= MAX_BET for name, bet in value.items()):
        return dict(value)
    return None


def bet_table(
    bets: Mapping[int, Mapping[RecordId, int]], members: Sequence[int], statements: Sequence[RecordId]
) -> PerMille:
    """A row a member, a column a statement: thousandths, NO_BET where there is none."""
    rows = [[bets.get(member, {}).get(statement, NO_BET) for statement in statements] for member in members]
    return np.array(rows, np.int16).reshape(len(members), len(statements))


def are_opposed(bets: Collection[int]) -> bool:
    """Whether people disagree clearly on a statement with these bets."""
    return bool(bets) and max(bets) - min(bets) >= OPPOSED_SPREAD


def brier(bet: int, *, happened: bool) -> int:
    """The Brier score of a bet in millionths, 0 the best."""
    return (MAX_BET * happened - bet) ** 2
