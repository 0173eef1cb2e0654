"""The tally of a score poll: per option the sum, the mean and how many had an opinion, direct and delegated apart.

Rules of this file (decisions §2.5):

1. A score is 0 … 100. Who gives an option none has no opinion on it: that adds nothing to its sum and is left out of
   its mean. A blank ballot has no opinion on anything.
2. Each ballot counts with all voices that it carries.
3. Winners are all options with the highest sum, if that is above 0 and the quorum is met (`winners.highest`).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from decisions.mandates import Support, Voices

Scores = NDArray[np.int8]

NO_OPINION: Final = -1


class ScoreTally(msgspec.Struct, frozen=True):
    """One option's sum of voices times scores, and the voices that had an opinion on it."""

    scored: Support
    opinions: Support

    @property
    def mean(self) -> Fraction | None:
        """The mean score, exactly; None where nobody has an opinion."""
        return Fraction(self.scored.total, self.opinions.total) if self.opinions.total else None


def tally_scores(scores: Scores, voices: Voices) -> tuple[ScoreTally, ...]:
    """Each option's tally. `scores`: a row an option, a column a ballot, 0 … 100 or NO_OPINION; `voices` by ballot."""
    behind = np.flatnonzero(voices.delegated)  # most ballots carry nobody but their caster
    return tuple(_tally(row, voices.direct, row[behind], voices.delegated[behind]) for row in scores)


def _tally(row: Scores, direct: NDArray[np.int64], held: Scores, delegated: NDArray[np.int64]) -> ScoreTally:
    own, theirs = row != NO_OPINION, held != NO_OPINION
    return ScoreTally(
        Support(int(np.dot(direct, row * own)), int(np.dot(delegated, held * theirs))),
        Support(int(np.dot(direct, own)), int(np.dot(delegated, theirs))),
    )
