"""What delegates did in the group's polls, from the log: nothing of it goes away when they resign.

A poll is in a delegate's record once delegates were frozen in it, if the delegate had declared before that. The ballot
is the one that counts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import InLog
from decisions.recommendations import Recommendation, recommend
from models.decisions.delegations import load_first_declared
from models.decisions.polls import list_polls
from pod.actions.access import ReadableGroup
from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.poll_words import load_words
from pod.actions.reading.decisions.polls import VisiblePoll, so_far_of, visible_polls
from pod.actions.reading.decisions.standing_lists import load_prefixes, load_standing
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Ballot

LOOKED_AT: Final = 20  # polls, the latest ones, from which numbers on cards are made
_ANY: Final = 2**62


class Attendance(msgspec.Struct, frozen=True):
    """Of how many polls in which a delegate could have voted they did."""

    cast: int
    possible: int


class FrozenPoll(msgspec.Struct, frozen=True):
    """A poll whose delegates are frozen, who of some members could vote in it, and what they said.

    `carried`: the voices that came through those who carried most, once they are counted; `cut`: others carried some.
    """

    poll: VisiblePoll
    chosen: tuple[str, ...] | None
    able: frozenset[int]
    ballots: Mapping[int, Ballot]
    lock: int
    carried: Mapping[int, int] | None = None
    cut: bool = False

    def voices_through(self, number: int) -> int | None:
        """How many others' voices came through a member; None where that isn't counted yet, or wasn't kept."""
        return None if self.carried is None else self.carried.get(number, None if self.cut else 0)


async def list_frozen(
    session: AsyncSession,
    deps: Deps,
    readable: ReadableGroup,
    members: Collection[int],
    *,
    below: int = _ANY,
    most: int = LOOKED_AT,
) -> tuple[list[FrozenPoll], int | None]:
    """The group's polls below a place whose delegates are frozen, with the part of these members; where it goes on."""
    stored = await list_polls(session, readable.id, below=below, most=most)
    found = []
    for one in stored:
        so_far = await so_far_of(session, readable, one.id)
        if so_far.opening is None or so_far.course is None:
            continue
        prefixes = await load_prefixes(session, so_far)
        if not prefixes.locked:
            continue
        (poll,) = await visible_polls(session, deps, [so_far])
        options, _ = await load_words(session, deps, so_far, withheld=poll.withheld)
        standing = await load_standing(session, readable.state, so_far, prefixes, members)
        electors = so_far.opening.voters.numbers
        able = frozenset(number for number in members if bool(np.any(electors == number)))
        ballots = {number: said.ballot for number, said in standing.ballots.items() if isinstance(said, InLog)}
        shown = msgspec.structs.replace(poll, options=options)
        behind = so_far.breakdowns.get(so_far.course.now.number)
        carried = {one.member: one.voices for one in behind.carriers} if behind is not None else None
        cut = behind is not None and behind.others > 0
        found.append(FrozenPoll(shown, so_far.course.chosen, able, ballots, prefixes.lock, carried, cut))
    return found, stored[-1].place if len(stored) == most else None


async def load_attendance(
    session: AsyncSession, readable: ReadableGroup, polls: Sequence[FrozenPoll], delegates: Collection[int]
) -> dict[int, Attendance]:
    """How often each delegate voted in those of the polls that they could vote in as a delegate."""
    found = {}
    for number in delegates:
        since = await load_first_declared(session, readable.id, number)
        possible = [poll for poll in polls if since is not None and since < poll.lock and number in poll.able]
        found[number] = Attendance(sum(number in poll.ballots for poll in possible), len(possible))
    return found


def recommended(
    voter: int, polls: Sequence[FrozenPoll], delegates: Collection[int], area: str
) -> tuple[Recommendation, ...]:
    """The delegates who scored like the voter in final polls, of an area if one is named, the most alike first."""
    scores: dict[int, dict[RecordId, int]] = {}
    for poll in polls:
        if poll.poll.phase is not Phase.FINAL or (area and area not in poll.poll.areas):
            continue
        for number, ballot in poll.ballots.items():
            for option, score in (ballot.scores or {}).items():
                # An option's id is unique in its poll only.
                scores.setdefault(number, {})[RecordId(f"{poll.poll.id} {option}")] = score
    mine = scores.get(voter, {})
    return recommend(voter, mine, {number: scores.get(number, {}) for number in delegates})
