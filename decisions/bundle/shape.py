"""The file itself: the group's chain, the log of the year before the poll and of the poll, and what a pod counted.

`items`: the root and every item up to the one at height `through`, to which the file tells the poll, then those that
settle it; `acks`: the keepers' confirmations. `start`, `peaks`: the log's frontier (hex) below the first entry that
matters; `leaves`: the ids of all entries from there to the log of item `through`; `records`: these entries, in any
order; `unread`: those whose words their authors erased, or the pod withholds. `stated` is what the pod counted; whoever
verifies the file counts anew and compares.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from decisions.count import Result
from decisions.lot import Drawing
from protocol.ids import RecordId

FORMAT: Final = "althing-result-2"


class CountedBallot(msgspec.Struct, frozen=True, array_like=True):
    """A voter's ballot that counts: the member's number, and its place in the log."""

    member: int
    index: int


class StatedPath(msgspec.Struct, frozen=True, array_like=True):
    """Of one voter: whom the vote goes to (0: nobody), fallback steps and hops (−1: it reaches no ballot)."""

    parent: int
    fallbacks: int
    hops: int


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """An entry without its words: nothing but what the pod says of it. No record that a count looks at is one."""

    id: RecordId
    type: Literal["Post", "Patch", "Profile", "Vote", "Claim"]
    author: int


class StatedRound(msgspec.Struct, frozen=True):
    """What a pod counted in one round; `paths` by rising member number of the roll."""

    ballots: tuple[CountedBallot, ...]
    paths: tuple[StatedPath, ...]
    result: Result


class StatedContest(msgspec.Struct, frozen=True):
    """Who voided their votes, who wins without them, and whether the result stands."""

    voided: tuple[int, ...]
    winners: tuple[str, ...]
    stands: bool


class Stated(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a pod counted. `roll` and `votes` by rising member number; `chosen`: nobody or one, None: not known yet."""

    roll: tuple[int, ...]
    votes: tuple[int, ...]
    rounds: tuple[StatedRound, ...]
    chosen: tuple[str, ...] | None = None
    drawing: Drawing | None = None
    contest: StatedContest | None = None
    final: bool = False


class Bundle(msgspec.Struct, frozen=True):
    """The file (see this module)."""

    format: str
    group: RecordId
    poll: RecordId
    through: int
    items: tuple[msgspec.Raw, ...]
    acks: tuple[msgspec.Raw, ...]
    start: int
    peaks: str
    leaves: tuple[RecordId, ...]
    records: tuple[msgspec.Raw, ...]
    unread: tuple[Unread, ...]
    stated: Stated
