"""What stands behind the sums of a result: how scores or places spread, and through whom votes came. Decides nothing.

Rules of this file:

1. Scores fall into ten bands, 0–9 … 90–100, and places into ten, 1 … 9 and all later ones. What a ballot says nothing
   of is in no band. A ballot counts with all voices that it carries, direct and delegated apart.
2. Of those through whom votes came the MOST_CARRIERS who carried most are named, ties by number; the others are summed.

So its size depends on the number of options alone, and it is made from the tables of the count, not from ballots anew.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.ballot_origins import Origins
from decisions.mandates import Support, Voices
from decisions.ranking import Places
from decisions.rolls import Roll
from decisions.score import NO_OPINION, Scores

BANDS: Final = 10
MOST_CARRIERS: Final = 20

BandTable = NDArray[np.int8]  # a row an option, a column a ballot: 0 … 9, or BANDS where it says nothing


class Carrier(msgspec.Struct, frozen=True):
    """A member through whom others' votes came, with how many voices."""

    member: int
    voices: int


class Breakdown(msgspec.Struct, frozen=True):
    """`bands`: by option, in the result's order, ten sums of voices; none where a kind of poll has no scores or places.

    `carriers`: the most carrying first; `others`: how many more there were, and `others_voices` what came through them.
    `origins`: where the ballots came from, which only a pod knows, not a file.
    """

    bands: tuple[tuple[Support, ...], ...] = ()
    carriers: tuple[Carrier, ...] = ()
    others: int = 0
    others_voices: int = 0
    origins: Origins = Origins()


def bands_of_scores(scores: Scores) -> BandTable:
    """In which band each score is."""
    return np.where(scores == NO_OPINION, np.int8(BANDS), np.minimum(scores // BANDS, np.int8(BANDS - 1)))


def bands_of_places(places: Places) -> BandTable:
    """In which band each place is; who isn't named in a ballot has the place after the last."""
    unnamed = places == len(places)
    found: BandTable = np.where(unnamed, BANDS, np.minimum(places, BANDS - 1)).astype(np.int8)
    return found


def break_down(roll: Roll, voices: Voices, bands: BandTable | None, cast: Voices) -> Breakdown:
    """`voices`: of everybody on the roll; `cast`: those of the ballots, in the order of the columns of `bands`."""
    carrying = np.flatnonzero(voices.delegated)
    carried = voices.delegated[carrying]
    order = np.lexsort((roll.numbers[carrying], -carried))
    first, rest = order[:MOST_CARRIERS], order[MOST_CARRIERS:]
    pairs = zip(roll.numbers[carrying[first]].tolist(), carried[first].tolist(), strict=True)
    return Breakdown(
        () if bands is None else tuple(_sums(row, cast) for row in bands),
        tuple(Carrier(member, amount) for member, amount in pairs),
        len(rest),
        int(carried[rest].sum()),
    )


def _sums(row: NDArray[np.int8], cast: Voices) -> tuple[Support, ...]:
    sums = np.zeros((2, BANDS + 1), np.int64)
    np.add.at(sums[0], row, cast.direct)
    behind = np.flatnonzero(cast.delegated)
    np.add.at(sums[1], row[behind], cast.delegated[behind])
    return tuple(Support(*pair) for pair in sums[:, :BANDS].T.tolist())
