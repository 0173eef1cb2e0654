"""How many others' votes a delegate's ballot would carry in an open poll, as lists and ballots stand here now."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import ChainPlace, PollRound
from decisions.entries import Logged
from decisions.mandates import roots
from decisions.round_count import CountBasis, count_round
from models.content.places import FIRST_WAITING
from models.decisions.delegations import list_delegations
from models.decisions.logged import list_logged_ballots
from models.engine.databases import UNKNOWN
from pod.actions.decisions.poll_course import PollSoFar, fresh_from, load_basis
from pod.budgets.heavy import computed
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Ballot
from protocol.state import GroupState


async def count_followers(session: AsyncSession, deps: Deps, state: GroupState, so_far: PollSoFar, number: int) -> int:
    """How many votes would follow this member's ballot; kept in memory until the next commit.

    It costs as much as a count, so only delegates ask for it.
    """
    version, count = await deps.store.database.seen_by(session), partial(_count, session, state, so_far, number)
    if version is None or version == UNKNOWN:
        return await count()
    return await deps.store.remembered.get(version, ("followers", so_far.poll.id, number), count)


async def _count(session: AsyncSession, state: GroupState, so_far: PollSoFar, number: int) -> int:
    opening, facts, course, group = so_far.opening, so_far.facts, so_far.course, so_far.poll.group_id
    assert opening is not None
    assert facts is not None
    assert course is not None
    held, end = course.now, ChainPlace(RecordId(""), 0, 0, FIRST_WAITING)
    lock = held.locked or end
    held = replace(held, locked=lock, voting=end)
    fresh = await fresh_from(session, group, held)
    logged = await list_logged_ballots(session, facts.id, group, below=FIRST_WAITING)
    logged += [
        Logged(one.place, one.record_id, one.content)
        for one in await list_delegations(session, group, lock=lock.size, end=FIRST_WAITING)
    ]
    basis = await load_basis(session, state, opening, facts, so_far.poll)
    # As if the member cast a ballot now, after everything that is logged.
    header = {**UNSIGNED, "author": number, "key": 2**53}
    logged.append(Logged(0, b"", Ballot(poll=facts.id, round=held.number, blank=True, **header)))  # type: ignore[arg-type]
    return await computed(len(logged), _followers, basis, held, logged, number, fresh)


def _followers(basis: CountBasis, held: PollRound, logged: list[Logged], number: int, fresh: int) -> int:
    """How many paths end at this member's ballot but their own."""
    numbers = basis.roll.numbers.tolist()
    if number not in numbers:
        return 0
    found = count_round(basis, held, logged, fresh=fresh)
    return int((roots(found.paths) == numbers.index(number)).sum()) - 1
