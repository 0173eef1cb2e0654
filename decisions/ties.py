"""What a count leads to: a winner, nobody, a second round among the tied, or a lot among those who still tie.

Rules of this file (decisions §2.5):

1. No winner in the first round (no quorum, or nobody gave anybody anything): nobody is chosen. One: that one.
2. Several: bets and voting are held once more among the tied, ballots afresh.
3. If the second round ties again, a lot is drawn among those who tie in it. If it misses the quorum, or if nobody gave
   anything to any of them, a lot is drawn among the tied of the first.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AfterTie(StrEnum):
    """What comes next, or what came of it."""

    NOBODY = "nobody"
    CHOSEN = "chosen"
    SECOND_ROUND = "second-round"
    LOT = "lot"


class TieOutcome(msgspec.Struct, frozen=True):
    """The step, and whom it concerns: the chosen one, or those who tie."""

    step: AfterTie
    options: tuple[str, ...] = ()


def outcome(first: tuple[str, ...], second: tuple[str, ...] | None = None) -> TieOutcome:
    """What the winners of the first round lead to; `second`: those of the second round, None before it was held.

    Winners as the tallies give them: none without quorum. There is a second round only after a tie.
    """
    if len(first) < 2:
        return TieOutcome(AfterTie.CHOSEN, first) if first else TieOutcome(AfterTie.NOBODY)
    if second is None:
        return TieOutcome(AfterTie.SECOND_ROUND, first)
    if len(second) == 1:
        return TieOutcome(AfterTie.CHOSEN, second)
    return TieOutcome(AfterTie.LOT, second or first)
