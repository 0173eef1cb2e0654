"""Who may vote in a poll: fixed by the item that opened it, and never changed by what happens afterwards.

Rules of this file (decisions §1, "Roll"):

1. A member is a candidate who, after the opening item, has a weight above 0 and the weight that `vote` needs, and
   hasn't left.
2. On the roll are those candidates who joined within the year before the opening item, or of whom an item of that year
   covers a record or an operation.
3. Each has one vote; where the group's policy says {"voting": {"votes": "member-weight"}}, as many votes as weight.

Arrays are in the order of rising member numbers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.records.operation import Event, Operation
from protocol.state import GroupState

OPEN_POLL: Final = "open-poll"
BY_WEIGHT: Final = "member-weight"
ACTIVE_FOR_MS: Final = 365 * 24 * 3_600_000
_PACKED: Final = np.dtype("<i8")
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Members with the weight to vote: their numbers, their votes, and the heights at which they joined."""

    numbers: Numbers
    votes: Numbers
    joined: Numbers

    def pack(self) -> bytes:
        """The arrays one after the other, as `unpack` reads them."""
        return b"".join(one.astype(_PACKED).tobytes() for one in (self.numbers, self.votes, self.joined))


@dataclass(frozen=True, slots=True, eq=False)
class Roll:
    """The numbers of those who may vote, and how many votes each has."""

    numbers: Numbers
    votes: Numbers

    @property
    def size(self) -> int:
        """How many votes there are in all."""
        return int(self.votes.sum())


def candidates(state: GroupState) -> Candidates:
    """Rules 1 and 3, for the state after an opening item."""
    least = max(1, state.permission("vote"))
    by_weight = (state.policy.voting or {}).get("votes") == BY_WEIGHT
    found = sorted(
        (member.number, member.weight if by_weight else 1, member.joined_height)
        for member in state.members.values()
        if member.weight >= least and not member.left
    )
    table = np.array(found, np.int64).reshape(len(found), 3)
    return Candidates(table[:, 0], table[:, 1], table[:, 2])


def opened_poll(operation: Operation) -> RecordId | None:
    """The poll that an applied operation opens; None if it opens none."""
    wish = operation.wish
    if not isinstance(wish, Event) or wish.name != OPEN_POLL:
        return None
    try:
        return parse_id(wish.document.get("poll"))
    except MalformedError:
        return None


def unpack(packed: bytes) -> Candidates:
    """What `pack` wrote."""
    numbers, votes, joined = np.frombuffer(packed, _PACKED).reshape(3, -1)
    return Candidates(numbers, votes, joined)


def roll_of(found: Candidates, active: Collection[int], *, since: int) -> Roll:
    """Rule 2. `active`: authors whom an item of the year covers; `since`: the height of the year's first item."""
    on_roll = (found.joined >= since) | np.isin(found.numbers, np.fromiter(active, np.int64, len(active)))
    return Roll(found.numbers[on_roll], found.votes[on_roll])
