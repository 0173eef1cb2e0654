"""Who has most: all options with the highest sum, if it is above 0 and the quorum is met (decisions §2.5)."""

from __future__ import annotations

from collections.abc import Sequence


def highest(sums: Sequence[int], *, quorum_met: bool) -> tuple[int, ...]:
    """The indices of the options with the highest sum above 0: none, one, or all that tie."""
    most = max(sums, default=0)
    if most <= 0 or not quorum_met:
        return ()
    return tuple(option for option, total in enumerate(sums) if total == most)
