"""Whether what a member says in a poll counts, and why not: one answer for pages, the API and the ballot itself."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.rolls import Electors
from models.decisions.openings import PollOpening
from models.decisions.own_entries import list_declarations_of
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.decisions.roll import is_on_roll
from pod.rules.decisions import DecisionRule
from protocol.errors import RefusedError
from protocol.records.content import Delegate
from protocol.state import GroupState


class Bar(StrEnum):
    """Why a member's ballot wouldn't count."""

    JOINED_LATER = "joined-later"
    WEIGHT = "weight"  # too little when the poll was opened
    SILENT = "silent"  # nothing of theirs in the year before
    RECOVERED = "recovered"  # their key is from a recovery after the poll was opened
    LOCKED = "locked"  # they are a delegate, and delegates are frozen


class Voter(msgspec.Struct, frozen=True):
    """A member in an open poll. `votes`: what one counts for, a weight (thousandths) where weights vote.

    `delegate`: others can have their votes follow this one's; after the lock that is as it was then.
    """

    number: int
    bar: Bar | None
    votes: int
    by_weight: bool
    delegate: bool


OFF_ROLL = frozenset({Bar.JOINED_LATER, Bar.WEIGHT, Bar.SILENT})


async def load_voter(session: AsyncSession, state: GroupState, so_far: PollSoFar, number: int, *, now: int) -> Voter:
    """A member of the group in a poll that is open, or was."""
    opening, course = so_far.opening, so_far.course
    assert opening is not None
    assert course is not None
    found = opening.electors
    bar: Bar | None = None
    if not await is_on_roll(session, opening, state.group, number):
        bar = _why_off(state, opening, number)
    elif _is_recovered(state, number, opened=opening.height):
        bar = Bar.RECOVERED
    delegate = await _is_delegate(session, so_far, number)
    if bar is None and delegate and now >= course.now.times.lock_at:
        bar = Bar.LOCKED
    votes = 0 if bar in OFF_ROLL else _votes_of(found, number)
    return Voter(number, bar, votes, found.by_weight, delegate)


def refusal_of(voter: Voter) -> RefusedError | None:
    """What refuses a ballot of this voter; None if it would count."""
    match voter.bar:
        case None:
            return None
        case Bar.RECOVERED:
            return DecisionRule.RECOVERED_LATER.error()
        case Bar.LOCKED:
            return DecisionRule.DELEGATE_LOCKED.error()
        case _:
            return DecisionRule.NOT_ON_ROLL.error()


def _why_off(state: GroupState, opening: PollOpening, number: int) -> Bar:
    if opening.electors.may(number, opening.terms.least["vote"]):
        return Bar.SILENT
    member = state.members.get(number)
    return Bar.JOINED_LATER if member is None or member.joined_height > opening.height else Bar.WEIGHT


def _is_recovered(state: GroupState, number: int, *, opened: int) -> bool:
    """Whether the member signs with a key that `decisions.entries` puts in quarantine in this poll."""
    member = state.members.get(number)
    return member is not None and member.keys[-1].by_recovery and member.keys[-1].height > opened


def _votes_of(found: Electors, number: int) -> int:
    place = found.place_of(number)
    assert place is not None
    return int(found.votes[place])


async def _is_delegate(session: AsyncSession, so_far: PollSoFar, number: int) -> bool:
    """Whether the member is declared: in the prefix of the lock, or, before that is sealed, in all that is here."""
    assert so_far.course is not None
    assert so_far.facts is not None
    if not so_far.facts.may("be_delegate", number):
        return False
    said = await list_declarations_of(session, so_far.poll.group_id, number)
    locked = so_far.course.now.locked
    until = locked.size if locked is not None else None
    held = [one for one in said if until is None or one.place < until]
    newest = max(held, key=lambda one: (one.content.key, one.content.counter, one.record_id), default=None)
    return newest is not None and isinstance(newest.content, Delegate) and newest.content.declared
