"""What a poll asks of one person now: a vote, or bets."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lists import DelegateList, nearest_list
from models.decisions.delegations import list_lists_of
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, Reader
from pod.actions.decisions.bets import load_statements, own_bets
from pod.actions.decisions.poll_course import Phase, PollSoFar
from pod.actions.decisions.voters import load_voter
from pod.actions.reading.decisions.polls import capabilities_of, load_own_ballot
from pod.actions.reading.decisions.standing_lists import poll_scopes
from pod.deps import Deps
from protocol.records.content import Delegation

BET: Final = "bet"


class Need(StrEnum):
    """What a poll asks of somebody now."""

    VOTE = "vote"  # they are on the roll, haven't voted, and have chosen no delegate for it
    BET = "bet"  # they may bet, and lack bets


async def need_of(
    session: AsyncSession, deps: Deps, reader: Reader, readable: ReadableGroup, so_far: PollSoFar, phase: Phase
) -> Need | None:
    """What a poll in this phase asks of the reader; None if nothing."""
    number = readable.number
    if reader is None or number is None or so_far.course is None:
        return None
    if phase is Phase.VOTING and await _lacks_vote(session, deps, readable, so_far, number):
        return Need.VOTE
    if phase is Phase.BETS and await _lacks_bets(session, deps, reader, so_far, number):
        return Need.BET
    return None


async def _lacks_vote(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, so_far: PollSoFar, number: int
) -> bool:
    own = await load_own_ballot(session, so_far, number)
    if own is not None and not own.says.withdraw:
        return False
    if (await load_voter(session, readable.state, so_far, number, now=deps.clock())).bar is not None:
        return False
    return not await _has_list(session, so_far, number)


async def _has_list(session: AsyncSession, so_far: PollSoFar, number: int) -> bool:
    """Whether the member's vote would follow somebody here; whether those vote is another question."""
    assert so_far.course is not None
    said = [(one.scope, one.content) for one in await list_lists_of(session, so_far.poll.group_id, number)]
    lists = {
        scope: DelegateList(one.delegates, one.at, one.expires) for scope, one in said if isinstance(one, Delegation)
    }
    return bool(nearest_list(lists, poll_scopes(so_far), so_far.course.now.times.voting_end))


async def _lacks_bets(session: AsyncSession, deps: Deps, reader: Account, so_far: PollSoFar, number: int) -> bool:
    assert so_far.course is not None
    assert so_far.facts is not None
    first = so_far.course.rounds[0]
    if first.predictions is None or BET not in capabilities_of(so_far, number):
        return False  # what is bet on stands only once the end of the predictions is sealed
    statements = await load_statements(session, so_far.poll, so_far.facts, first)
    bets = await own_bets(session, deps, reader, so_far.poll.id, so_far.course.now.number) or {}
    return bool(statements.keys() - bets.keys())
