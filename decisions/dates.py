"""The date that most can make; of several the one that starts first, then ends first, then has the lower id."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from protocol.records.content import Poll


class DateOption(msgspec.Struct, frozen=True):
    """A date to choose from; start and end in milliseconds."""

    id: str
    start: int
    end: int


def date_of(poll: Poll, option: str) -> DateOption | None:
    """The date that an option of a poll is; None for one without times."""
    found = dict(zip(poll.option_ids, poll.options, strict=True)).get(option)
    if found is None or found.start is None or found.end is None:
        return None
    return DateOption(option, found.start, found.end)


def chosen_date(options: Sequence[DateOption], ticks: Sequence[int], *, quorum_met: bool) -> int | None:
    """The index of the date with the most voices; None if nobody ticked any, or the quorum isn't met."""
    most = max(ticks, default=0)
    if most <= 0 or not quorum_met:
        return None
    tied = [index for index, voices in enumerate(ticks) if voices == most]
    return min(tied, key=lambda index: (options[index].start, options[index].end, options[index].id))
