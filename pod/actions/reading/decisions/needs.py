"""What a poll asks of one person now: a vote, bets, or whether predictions came true."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lists import DelegateList, nearest_list
from models.decisions.delegations import list_lists_of
from models.decisions.opened_bets import list_due_now, load_opened_bets
from models.decisions.said import list_evaluated
from pod.actions.decisions.bets import load_statements, own_bets
from pod.actions.decisions.poll_course import Phase, PollSoFar
from pod.actions.decisions.voters import load_voter
from pod.actions.reading.decisions.polls import capabilities_of, load_own_ballot
from pod.actions.reading.decisions.standing_lists import poll_scopes
from pod.deps import Deps
from protocol.records.content import Delegation
from protocol.state import GroupState

BET: Final = "bet"
EVALUATE: Final = "evaluate"


class Need(StrEnum):
    """What a poll asks of somebody now."""

    VOTE = "vote"  # they are on the roll, haven't voted, and have chosen no delegate for it
    BET = "bet"  # they may bet, and lack bets
    EVALUATE = "evaluate"  # predictions are due on which they didn't bet, and they haven't said what came true


class AskedMember(msgspec.Struct, frozen=True):
    """Somebody of this pod who may be asked: their account, and their number in the group."""

    account: int
    number: int


async def need_of(
    session: AsyncSession, deps: Deps, state: GroupState, asked: AskedMember, so_far: PollSoFar, phase: Phase
) -> Need | None:
    """What a poll in this phase asks of somebody; None if nothing."""
    if so_far.course is None:
        return None
    if phase is Phase.VOTING and await _lacks_vote(session, deps, state, so_far, asked.number):
        return Need.VOTE
    if phase is Phase.BETS and await _lacks_bets(session, deps, asked, so_far):
        return Need.BET
    if phase is Phase.FINAL and await _lacks_evaluations(session, deps, so_far, asked.number):
        return Need.EVALUATE
    return None


async def _lacks_vote(session: AsyncSession, deps: Deps, state: GroupState, so_far: PollSoFar, number: int) -> bool:
    if await has_voted(session, so_far, number):
        return False
    if (await load_voter(session, state, so_far, number, now=deps.clock())).bar is not None:
        return False
    return not await list_that_holds(session, so_far, number)


async def has_voted(session: AsyncSession, so_far: PollSoFar, number: int) -> bool:
    """Whether a member has a ballot in the round that is held."""
    own = await load_own_ballot(session, so_far, number)
    return own is not None and not own.says.withdraw


async def list_that_holds(session: AsyncSession, so_far: PollSoFar, number: int) -> tuple[int, ...]:
    """Whom the member's vote would follow in the poll, as lists stand here; whether those vote is another question."""
    assert so_far.course is not None
    said = [(one.scope, one.content) for one in await list_lists_of(session, so_far.poll.group_id, number)]
    lists = {
        scope: DelegateList(one.delegates, one.at, one.expires) for scope, one in said if isinstance(one, Delegation)
    }
    return tuple(nearest_list(lists, poll_scopes(so_far), so_far.course.now.times.voting_end))


async def _lacks_bets(session: AsyncSession, deps: Deps, asked: AskedMember, so_far: PollSoFar) -> bool:
    assert so_far.course is not None
    assert so_far.facts is not None
    first = so_far.course.rounds[0]
    if first.predictions is None or BET not in capabilities_of(so_far, asked.number):
        return False  # what is bet on stands only once the end of the predictions is sealed
    statements = await load_statements(session, so_far.poll, so_far.facts, first)
    bets = await own_bets(session, deps, asked.account, so_far.poll.id, so_far.course.now.number) or {}
    return bool(statements.keys() - bets.keys())


async def _lacks_evaluations(session: AsyncSession, deps: Deps, so_far: PollSoFar, number: int) -> bool:
    group, poll = so_far.poll.group_id, so_far.poll.id
    due = {statement for statement, _ in await list_due_now(session, group, poll, now=deps.clock())}
    if not due or EVALUATE not in capabilities_of(so_far, number):
        return False
    for opened in await load_opened_bets(session, group, poll):
        due -= {statement for statement, bets in opened.bets.items() if number in bets}
    return bool(due and due - await list_evaluated(session, poll, group, number))
