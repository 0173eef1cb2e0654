"""Whether enough voices were counted for a poll to decide (decisions §2.5).

A poll asks for a share of the roll in per cent, or for a number of voices; a poll that gives both is content with
either. Blank ballots and who stands behind them count. Where nobody is counted nothing is decided.
Where member weights vote, `counted`, `roll` and `number` are weights.
"""

from __future__ import annotations

import msgspec


class Quorum(msgspec.Struct, frozen=True):
    """What a poll asks for; None for what it doesn't name. One that names nothing asks for one voice."""

    percent: int | None = None
    number: int | None = None

    def is_met(self, counted: int, roll: int) -> bool:
        """Whether `counted` of `roll` voices are enough."""
        if counted == 0:
            return False
        by_share = self.percent is not None and 100 * counted >= self.percent * roll
        by_number = self.number is not None and counted >= self.number
        return by_share or by_number or self == Quorum()
