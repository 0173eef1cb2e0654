"""The tally of a ranking poll: who beats whom, the winners by Schulze with winning votes, and Borda points to look at.

Rules of this file (decisions §2):

1. A ballot is a strict list. Whom it doesn't name is last, and equal with all others that it doesn't name. A blank
   ballot names nobody. Each ballot counts with all voices that it carries.
2. d[a, b] are the voices that prefer a to b. A path from a to b is as strong as its weakest step, where a step from
   x to y exists if d[x, y] > d[y, x] and is d[x, y] strong; p[a, b] is the strength of the strongest.
3. Winners are all a with p[a, b] >= p[b, a] for every b, if the quorum is met and some ballot names an option.
4. Borda, shown beside it: an option gets (number of options - its place counted from 0) a voice, unnamed 0.

Of a million ballots the voices of one preference are counted by bits: one row of bits says which ballots prefer a to b,
one row per binary digit which ballots carry that digit, and their common bits are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.delegation import Flags
from decisions.mandates import Sums, Voices

Places = NDArray[np.int16]
Bits = NDArray[np.uint64]
Matrix = tuple[tuple[int, ...], ...]


class RankingTally(msgspec.Struct, frozen=True):
    """Voices that prefer each option (row) to each other (column), the strongest paths, and Borda points by option."""

    preferences: Matrix
    paths: Matrix
    borda: tuple[int, ...]

    def winners(self, *, quorum_met: bool) -> tuple[int, ...]:
        """The options that nobody beats: one, or all that tie; none without quorum or if no ballot names anybody."""
        if not quorum_met or not any(self.borda):
            return ()
        every, strength = range(len(self.paths)), self.paths
        return tuple(a for a in every if all(strength[a][b] >= strength[b][a] for b in every))


def places_of(rankings: Sequence[Sequence[int]], options: int) -> Places:
    """Rows of options, columns of ballots: the place of the option in the ballot from 0, or `options` if not named."""
    lengths = np.fromiter(map(len, rankings), np.int64, len(rankings))
    named = np.fromiter(chain.from_iterable(rankings), np.int64, int(lengths.sum()))
    ballots = np.repeat(np.arange(len(rankings)), lengths)
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    places = np.full((options, len(rankings)), options, np.int16)
    places[named, ballots] = np.arange(len(named)) - starts
    return places


def tally_rankings(places: Places, voices: Voices) -> RankingTally:
    """The tally of `places` (see `places_of`), each ballot with its `voices`."""
    preferred = preferences(places, voices.carried)
    borda = (voices.weighed(len(places) - row).total for row in places)
    return RankingTally(_matrix(preferred), _matrix(strongest_paths(preferred)), tuple(borda))


def preferences(places: Places, carried: Sums) -> Sums:
    """d: the voices that prefer the option of the row to that of the column."""
    options = len(places)
    digits = np.stack([_bits(carried >> place & 1 != 0) for place in range(int(carried.max(initial=1)).bit_length())])
    worth = np.int64(1) << np.arange(len(digits), dtype=np.int64)
    preferred = np.zeros((options, options), np.int64)
    for a in range(options):
        for b in range(options):
            if a != b:
                common = digits & _bits(places[a] < places[b])
                preferred[a, b] = np.bitwise_count(common).sum(axis=1, dtype=np.int64) @ worth
    return preferred


def strongest_paths(preferred: Sums) -> Sums:
    """p: the strength of the strongest path from the option of the row to that of the column."""
    strength = np.where(preferred > preferred.T, preferred, 0)
    for between in range(len(strength)):
        through = np.minimum(strength[:, between, None], strength[None, between, :])
        strength = np.maximum(strength, through)
    np.fill_diagonal(strength, 0)
    return strength


def _bits(flags: Flags) -> Bits:
    """One bit a flag, in words of 64."""
    packed = np.packbits(flags)
    return np.pad(packed, (0, -len(packed) % 8)).view(np.uint64)


def _matrix(numbers: Sums) -> Matrix:
    return tuple(tuple(row) for row in numbers.tolist())
