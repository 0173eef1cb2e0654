"""The date that most can make; of several the one that starts first, then ends first, then has the lower id."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class DateOption(msgspec.Struct, frozen=True):
    """A date to choose from; start and end in milliseconds."""

    id: str
    start: int
    end: int


def chosen_date(options: Sequence[DateOption], ticks: Sequence[int], *, quorum_met: bool) -> int | None:
    """The index of the date with the most voices; None if nobody ticked any, or the quorum isn't met."""
    most = max(ticks, default=0)
    if most <= 0 or not quorum_met:
        return None
    tied = [index for index, voices in enumerate(ticks) if voices == most]
    return min(tied, key=lambda index: (options[index].start, options[index].end, options[index].id))
