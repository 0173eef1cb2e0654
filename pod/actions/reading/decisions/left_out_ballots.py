"""Ballots that a steward promised to log in time and left out: a proven fault, so the result shows as contested.

Only who holds the steward's receipt knows. A pod that sees a promise broken tells the others
(`pod.actions.sync.withheld_records`), so what this counts may differ between pods; what is counted in the poll doesn't.
Spec: decisions.md section 1.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from models.decisions.polls import StoredBallot
from models.decisions.promised_ballots import list_promised
from pod.actions.decisions.poll_course import PollSoFar

MOST: Final = 1000


async def count_left_out(session: AsyncSession, so_far: PollSoFar) -> int:
    """How many members' ballots the log of a voting's end lacks against the steward's word; at most MOST."""
    course, poll = so_far.course, so_far.poll
    if course is None or course.rounds[0].voting is None:
        return 0
    last = max(one.times.voting_end for one in course.rounds)
    promised = await list_promised(session, poll.id, poll.group_id, last, MOST)
    return len({(one.author, one.content.round) for one, by in promised if _is_left_out(so_far, one, by)})


def _is_left_out(so_far: PollSoFar, ballot: StoredBallot, by: int) -> bool:
    assert so_far.course is not None
    assert so_far.facts is not None
    said = ballot.content
    held = next((one for one in so_far.course.rounds if one.number == said.round), None)
    if held is None or held.voting is None or not fits(so_far.poll.content, held.options, said):
        return False
    in_time = by < held.times.voting_end and ballot.place >= held.voting.size
    return in_time and so_far.facts.may("vote", ballot.author)
