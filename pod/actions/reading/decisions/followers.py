"""How many others' votes a delegate's ballot would carry in an open poll, as lists and ballots stand in the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import ChainPlace, PollRound
from decisions.delegate_lists import scopes_of
from decisions.entries import Logged
from decisions.mandates import roots
from decisions.round_count import CountBasis, count_round
from models.content.places import FIRST_WAITING
from models.decisions.logged import list_logged_ballots, list_logged_delegations
from pod.actions.decisions.poll_course import PollSoFar, fresh_from, load_basis
from pod.budgets.heavy import computed
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Ballot
from protocol.state import GroupState

LATE: Final = 100


class _Followers(msgspec.Struct, frozen=True):
    """A number of votes, and from how many ballots and lists and how long a log it was counted."""

    votes: int
    entries: int
    log_size: int


async def count_followers(session: AsyncSession, deps: Deps, state: GroupState, so_far: PollSoFar, number: int) -> int:
    """How many votes would follow this member's ballot, as the log stood when it was a hundredth shorter, or since.

    It costs as much as a count, so only delegates ask for it, and nobody again until the log has grown by a hundredth
    of the entries that were counted, or delegates were frozen, or another round is held.
    """
    course, kept = so_far.course, deps.memory.polls.followers
    assert course is not None
    asked = (so_far.poll.id, number, course.now.number, course.now.locked)
    found = kept.get(asked)
    if not isinstance(found, _Followers) or not 0 <= so_far.held - found.log_size <= found.entries // LATE:
        found = await _count(session, state, so_far, number)
        kept.keep(asked, found)
    return found.votes


async def _count(session: AsyncSession, state: GroupState, so_far: PollSoFar, number: int) -> _Followers:
    opening, facts, course, group = so_far.opening, so_far.facts, so_far.course, so_far.poll.group_id
    assert opening is not None
    assert facts is not None
    assert course is not None
    held, end = course.now, ChainPlace(RecordId(""), 0, 0, FIRST_WAITING)
    lock = held.locked or end
    held = replace(held, locked=lock, voting=end)
    fresh = await fresh_from(session, group, held)
    logged = await list_logged_ballots(session, facts.id, group, below=FIRST_WAITING)
    scopes = scopes_of(facts.id, held.areas, opening.terms.parents)
    logged += await list_logged_delegations(session, group, scopes, lock=lock.size, end=FIRST_WAITING)
    basis = await load_basis(session, state, opening, facts, so_far.poll)
    # As if the member cast a ballot now, after everything that is logged.
    header = {**UNSIGNED, "author": number, "key": 2**53}
    logged.append(Logged(0, b"", Ballot(poll=facts.id, round=held.number, blank=True, **header)))  # type: ignore[arg-type]
    votes = await computed(len(logged), _followers, basis, held, logged, number, fresh)
    return _Followers(votes, len(logged), so_far.held)


def _followers(basis: CountBasis, held: PollRound, logged: list[Logged], number: int, fresh: int) -> int:
    """How many paths end at this member's ballot but their own."""
    numbers = basis.roll.numbers.tolist()
    if number not in numbers:
        return 0
    found = count_round(basis, held, logged, fresh=fresh)
    return int((roots(found.paths) == numbers.index(number)).sum()) - 1
