"""A group's board, and what needs one person: polls that aren't final, and what each asks of the reader now.

Final polls aren't looked at, however many there are; of the others as many as are named here, and the answer says if
there are more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lists import DelegateList, nearest_list
from models.content.belonging import list_belonging
from models.decisions.active_polls import list_active
from models.decisions.deadlines_between import list_ending
from models.decisions.decision_subscriptions import list_subscriptions
from models.decisions.delegations import list_lists_of
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, Reader, open_group, open_those
from pod.actions.decisions.bets import load_statements, own_bets
from pod.actions.decisions.poll_course import Phase, PollSoFar, follow_poll
from pod.actions.decisions.subscriptions import MOST_SUBSCRIPTIONS
from pod.actions.decisions.voters import load_voter
from pod.actions.reading.decisions.polls import VisiblePoll, capabilities_of, load_own_ballot, visible_polls
from pod.actions.reading.decisions.standing_lists import poll_scopes
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Delegation

MOST_ACTIVE: Final = 60
MOST_GROUPS: Final = 500
BET: Final = "bet"


class Need(StrEnum):
    """What a poll asks of somebody now."""

    VOTE = "vote"  # they are on the roll, haven't voted, and have chosen no delegate for it
    BET = "bet"  # they may bet, and lack bets


class BoardPoll(msgspec.Struct, frozen=True):
    """A poll on a board. `until`: when what is needed, or else the present phase, ends (ms)."""

    poll: VisiblePoll
    group: RecordId
    group_name: str
    need: Need | None
    until: int | None


class Board(msgspec.Struct, frozen=True):
    """Polls that aren't final, the latest first; `more`: there are others."""

    polls: tuple[BoardPoll, ...]
    more: bool


class OwnBoard(msgspec.Struct, frozen=True):
    """Polls of all of somebody's groups: those that need them, and others that they follow."""

    needs: tuple[BoardPoll, ...]
    followed: tuple[BoardPoll, ...]
    more: bool


async def read_board(deps: Deps, reader: Reader, group: RecordId) -> Board:
    """A group's polls that aren't final; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        return await _board(session, deps, reader, {group: opened})


async def read_own_board(deps: Deps, account: Account) -> OwnBoard:
    """What needs the account, and what it follows, in all its groups, the nearest end first."""
    async with deps.store.database.read() as session:
        groups = sorted(await list_belonging(session, account.id))[:MOST_GROUPS]
        board = await _board(session, deps, account, await open_those(session, deps, account, groups))
        followed = await list_subscriptions(session, account.id, most=MOST_SUBSCRIPTIONS)
    named = {(one.group_id, one.kind, one.what) for one in followed}
    rest = [one for one in board.polls if one.need is None and _names(one) & named]
    return OwnBoard(by_end([one for one in board.polls if one.need is not None]), by_end(rest), board.more)


def _names(one: BoardPoll) -> set[tuple[RecordId, str, str]]:
    """By what a poll can be followed."""
    return {(one.group, "poll", str(one.poll.id)), *((one.group, "area", area) for area in one.poll.areas)}


def by_end(polls: list[BoardPoll]) -> tuple[BoardPoll, ...]:
    """Polls by the end of what is needed, the nearest first."""
    return tuple(sorted(polls, key=lambda one: (one.until or 0, one.poll.id)))


async def _board(session: AsyncSession, deps: Deps, reader: Reader, opened: Mapping[RecordId, ReadableGroup]) -> Board:
    found = await list_active(session, list(opened), most=MOST_ACTIVE + 1)
    followed = []
    for stored in found[:MOST_ACTIVE]:
        group = await load_group(session, stored.group_id)
        assert group is not None
        state = opened[stored.group_id].state
        followed.append(await follow_poll(session, state, stored, held=group.log_size, counting=False))
    polls = []
    for so_far, poll in zip(followed, await visible_polls(session, deps, followed), strict=True):
        readable = opened[so_far.poll.group_id]
        need = await _need(session, deps, reader, readable, so_far, poll.phase)
        polls.append(BoardPoll(poll, readable.id, readable.name, need, end_of(poll)))
    return Board(tuple(polls), len(found) > MOST_ACTIVE)


def end_of(poll: VisiblePoll) -> int | None:
    """When the phase that a poll is in ends; None where no time says so."""
    ends: dict[str, int] = {phase: end for phase, _, end in poll.times.spans} if poll.times else {}
    return ends.get("contest" if poll.phase is Phase.PROVISIONAL else poll.phase)


async def _need(
    session: AsyncSession, deps: Deps, reader: Reader, readable: ReadableGroup, so_far: PollSoFar, phase: Phase
) -> Need | None:
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


class PhaseEnd(msgspec.Struct, frozen=True):
    """A phase of a poll that ends at a time (ms)."""

    poll: VisiblePoll
    phase: str
    at: int


async def list_ends(deps: Deps, reader: Reader, group: RecordId, *, since: int, until: int) -> tuple[PhaseEnd, ...]:
    """What ends in a group's polls in a stretch of time, in order; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        stored = await load_group(session, group)
        assert stored is not None
        found = await list_ending(session, group, since=since, until=until, most=MOST_ACTIVE)
        state, held = readable.state, stored.log_size
        followed = [await follow_poll(session, state, one, held=held, counting=False) for one in found]
        polls = await visible_polls(session, deps, followed)
    ends = [
        PhaseEnd(poll, phase, end)
        for poll in polls
        if poll.times is not None
        for phase, _, end in poll.times.spans
        if since <= end < until
    ]
    return tuple(sorted(ends, key=lambda one: (one.at, one.poll.id)))
