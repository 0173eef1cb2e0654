"""On whose ballot a voter's vote counts, or would if they cast none: told once delegates can change nothing more."""

from __future__ import annotations

from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.vote_path import Reached, explain, way_of
from pod.actions.access import ReadableGroup
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.reading.decisions.standing_lists import load_lists_from
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from protocol.records.content import Ballot


class DelegateBallot(msgspec.Struct, frozen=True):
    """The ballot of the member to whom a voter's list leads; `name` is their nickname."""

    number: int
    name: str
    says: Ballot


async def load_own_delegate(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar, voter: int
) -> DelegateBallot | None:
    """Whose ballot it is; None before delegates are locked, and for who reaches nobody's ballot.

    What a voting that has ended led to stays as it is, so it is held.
    """
    course = so_far.course
    if course is None or course.now.locked is None:
        return None
    ended, ask = course.now.voting, partial(_reached, session, readable, so_far, voter)
    key = (so_far.poll.id, ended.id, voter) if ended is not None else None
    found = await ask() if key is None else await deps.memory.polls.delegates.once(key, ask)
    if found.ballot is None:
        return None
    named = await load_nicknames(session, deps, readable.id, {found.number})
    return DelegateBallot(found.number, named.get(found.number, ""), found.ballot)


class _Root(msgspec.Struct, frozen=True):
    """The end of a voter's way; `ballot` is None if it isn't a delegate's ballot."""

    number: int
    ballot: Ballot | None


async def _reached(session: AsyncSession, readable: ReadableGroup, so_far: PollSoFar, voter: int) -> _Root:
    found = await load_lists_from(session, readable.state, so_far, voter)
    known = found.reached
    if voter not in known.roll or not found.prefixes.locked:
        return _Root(voter, None)
    without = Reached(known.roll, known.lists, known.delegates, known.cast - {voter})
    root = way_of(explain(voter, without, without.paths()))[-1]
    return _Root(root, found.ballots.get(root) if root != voter else None)
