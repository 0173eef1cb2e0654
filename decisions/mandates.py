"""What each cast ballot carries: everybody of the roll counts once, on the ballot that their path ends at.

Rules of this file (decisions §1, delegation):

1. A voter's root is the one whose ballot their path ends at: themselves if they cast one.
2. A ballot carries the voice of its caster (direct) and of everybody else with that root (delegated). A voice is one
   person, or, where member weights vote, the person's weight in thousandths.
3. Counted is who has a root. Of the others *silent* is who has no list, *stranded* who has one and reaches nobody; a
   list of which every entry is dead is still a list.

Bounds: weights are at most MAX_WEIGHT = 10^9 and a score at most 100, so that every sum of this room stays below 2^63
for rolls of up to ninety million members.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.delegation import NOBODY, Flags, Numbers, Paths

Sums = NDArray[np.int64]


class Headcount(msgspec.Struct, frozen=True):
    """How many people, and what they count for: as many voices, or the sum of their weights."""

    people: int
    voices: int


class Support(msgspec.Struct, frozen=True):
    """A sum of voices, or of voices times scores, of those who cast ballots and of those behind them."""

    direct: int
    delegated: int

    @property
    def total(self) -> int:
        """Both together: what decides."""
        return self.direct + self.delegated


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """What ballots carry, ballot by ballot: the caster's own voice, and those of their delegators."""

    direct: Sums
    delegated: Sums

    @property
    def carried(self) -> Sums:
        """Both together."""
        total: Sums = self.direct + self.delegated
        return total

    def of(self, casters: Numbers) -> Voices:
        """The same for some ballots, in the order of `casters`."""
        return Voices(self.direct[casters], self.delegated[casters])

    def behind(self, flags: Flags) -> Support:
        """The voices of the ballots that `flags` marks."""
        return self.weighed(flags)

    def weighed(self, values: NDArray[np.int8] | Flags) -> Support:
        """The sum of voices times `values`, which has one number a ballot, at most 100."""
        return Support(int(np.dot(self.direct, values)), int(np.dot(self.delegated, values)))


@dataclass(frozen=True, slots=True, eq=False)
class Mandates:
    """Of each voter, by their index on the roll, their root, how many people their ballot carries, and what voices.

    `root` is NOBODY for who isn't counted; `people` and `voices` are 0 for who cast no ballot.
    """

    root: Numbers
    people: Sums
    voices: Voices
    roll: Headcount
    counted: Headcount
    silent: Headcount
    stranded: Headcount


def mandates(paths: Paths, cast: Flags, listed: Flags, weights: Sums | None = None) -> Mandates:
    """Who carries whom. `listed`: who has a list that isn't empty. `weights` of the roll, or None: one voice each."""
    root = roots(paths)
    counted = root != NOBODY
    people = np.bincount(root[counted], minlength=len(root))
    direct = cast.astype(np.int64) if weights is None else np.where(cast, weights, 0)
    carried = people if weights is None else _summed(root[counted], weights[counted], len(root))
    return Mandates(
        root,
        people,
        Voices(direct, carried - direct),
        _headcount(np.ones_like(cast), weights),
        _headcount(counted, weights),
        _headcount(~counted & ~listed, weights),
        _headcount(~counted & listed, weights),
    )


def roots(paths: Paths) -> Numbers:
    """Of each voter, whose ballot counts for them: paths shortened to half their length until each is one step."""
    own = np.arange(len(paths.parent), dtype=np.int32)
    end = np.where(paths.parent == NOBODY, own, paths.parent)
    for _ in range(int(paths.hops.max(initial=0)).bit_length()):
        end = end[end]
    return np.where(paths.reached, end, np.int32(NOBODY))


def _summed(places: Numbers, weights: Sums, count: int) -> Sums:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, places, weights)
    return sums


def _headcount(who: Flags, weights: Sums | None) -> Headcount:
    people = int(np.count_nonzero(who))
    return Headcount(people, people if weights is None else int(weights[who].sum()))
