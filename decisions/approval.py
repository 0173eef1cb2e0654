"""Counts of yes: approval of options, for and against, and the areas of a poll, exactly.

Rules of this file (decisions §2):

1. Approval: an option has the voices of all ballots that approve of it; winners are all with the most, if anybody
   approved of anything and the quorum is met (`winners.highest`).
2. For and against: carried if yes > no and the quorum is met; blank ballots are neither.
3. Areas of a score poll come from direct ballots alone: net = yes - no; an area is taken if net > 0 and net is at
   least the group's threshold; the highest net first, then by id. If none is taken the author's areas are;
   none of those means the whole group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from decisions.delegation import Flags
from decisions.mandates import Support, Voices


class Division(msgspec.Struct, frozen=True):
    """Voices for and against."""

    yes: Support
    no: Support

    def is_carried(self, *, quorum_met: bool) -> bool:
        """Whether more are for it than against it; as many as isn't enough."""
        return quorum_met and self.yes.total > self.no.total


def count_approvals(approvals: Flags, voices: Voices) -> tuple[Support, ...]:
    """Each option's voices. `approvals` has a row an option, a column a ballot; `voices` by ballot."""
    return tuple(voices.behind(row) for row in approvals)


def divide(in_favour: Flags, against: Flags, voices: Voices) -> Division:
    """The voices of both sides, from one flag a ballot each; a blank ballot is on neither side."""
    return Division(voices.behind(in_favour), voices.behind(against))


def areas_of_poll(votes: Mapping[str, tuple[int, int]], threshold: int, of_author: Sequence[str]) -> tuple[str, ...]:
    """The areas that a poll is in, from direct voices (yes, no) per area; empty means the whole group."""
    net = {area: yes - no for area, (yes, no) in votes.items()}
    taken = [area for area, more in net.items() if more > 0 and more >= threshold]
    return tuple(sorted(taken, key=lambda area: (-net[area], area))) or tuple(of_author)
