"""Who may vote in a poll: fixed by the item that opened it, and never changed by what happens afterwards.

Rules of this file (decisions §1, "Roll"):

1. An elector is a member who, after the opening item, has a weight above 0 and hasn't left. A candidate for the roll is
   an elector with the weight that `vote` needs.
2. On the roll are those candidates who joined within the year before the opening item, or of whom an item of that year
   covers a record or an operation.
3. Each has one vote; where the group's policy says {"voting": {"votes": "member-weight"}}, as many votes as weight.
4. What else needs a capability in the poll (to propose, predict, bet, evaluate, delegate, be a delegate) is judged by
   the same item: an elector may do it who then had the weight for it. The keepers of that item draw lots.

Arrays are in the order of rising member numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.delegate_lists import area_parents
from protocol.state import GroupState

BY_WEIGHT: Final = "member-weight"
ACTIVE_FOR_MS: Final = 365 * 24 * 3_600_000
_PACKED: Final = np.dtype("<i8")
Numbers = NDArray[np.int64]


CAPABILITIES: Final = ("vote", "propose", "predict", "bet", "evaluate", "delegate", "be_delegate")


class Terms(msgspec.Struct, frozen=True):
    """What the opening item says of a poll: the weight that each capability needs, the keepers, the tree of areas."""

    least: dict[str, int]
    keepers: tuple[int, ...]
    parents: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Electors:
    """Members with a weight above 0: their numbers, votes, weights, and the heights at which they joined."""

    numbers: Numbers
    votes: Numbers
    joined: Numbers
    weights: Numbers

    def pack(self) -> bytes:
        """The arrays one after the other, as `unpack` reads them."""
        arrays = (self.numbers, self.votes, self.joined, self.weights)
        return b"".join(one.astype(_PACKED).tobytes() for one in arrays)

    def able(self, least: int) -> Electors:
        """Those who have at least this weight."""
        able = self.weights >= least
        return Electors(self.numbers[able], self.votes[able], self.joined[able], self.weights[able])

    @property
    def by_weight(self) -> bool:
        """Whether votes are weights."""
        return bool((self.votes != 1).any())

    def place_of(self, number: int) -> int | None:
        """Where a member stands in the arrays; None for who isn't one of them."""
        place = int(np.searchsorted(self.numbers, number))
        return place if place < len(self.numbers) and int(self.numbers[place]) == number else None

    def may(self, number: int, least: int) -> bool:
        """Whether a member is one of them and has at least this weight."""
        place = self.place_of(number)
        return place is not None and int(self.weights[place]) >= least


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """The numbers of those who may vote, and how many votes each has."""

    numbers: Numbers
    votes: Numbers

    @property
    def size(self) -> int:
        """How many votes there are in all."""
        return int(self.votes.sum())


def electors(state: GroupState) -> Electors:
    """Rules 1 and 3, for the state after an opening item."""
    by_weight = (state.policy.voting or {}).get("votes") == BY_WEIGHT
    found = sorted(
        (member.number, member.weight if by_weight else 1, member.joined_height, member.weight)
        for member in state.members.values()
        if member.weight > 0 and not member.left
    )
    numbers, votes, joined, weights = np.array(found, np.int64).reshape(len(found), 4).T
    return Electors(numbers, votes, joined, weights)


def terms(state: GroupState) -> Terms:
    """Rule 4, for the state after an opening item."""
    keepers = sorted(seat.member for seat in state.seats)
    least = {name: max(1, state.permission(name)) for name in CAPABILITIES}
    return Terms(least, tuple(keepers), area_parents(state.policy))


def unpack(packed: bytes) -> Electors:
    """What `pack` wrote."""
    return Electors(*np.frombuffer(packed, _PACKED).reshape(4, -1))


def roll_of(found: Electors, active: Collection[int], *, since: int) -> Roll:
    """Rule 2, of candidates: `active` are the authors whom an item of the year covers; `since` is its first height."""
    on_roll = (found.joined >= since) | np.isin(found.numbers, np.fromiter(active, np.int64, len(active)))
    return Roll(found.numbers[on_roll], found.votes[on_roll])
