"""The phases of polls, and the dates that they chose, as a calendar shows them.

Of one group to everybody, of all one's groups to oneself.

Looked at are polls that have something to come or had within a month, the latest first, and not more than a hundred:
a feed is asked for again and again, by programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import PollRound
from decisions.dates import date_of
from models.content.belonging import list_belonging
from models.decisions.scheduled_polls import list_scheduled
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from pod.actions.access import ReadableGroup, open_group, open_those
from pod.actions.decisions.poll_course import PollSoFar, follow_poll
from pod.actions.reading.decisions.polls import VisiblePoll, visible_polls
from pod.deps import Deps
from protocol.ids import RecordId

MOST_POLLS: Final = 100
MOST_GROUPS: Final = 500
SINCE_MS: Final = 30 * 86_400_000
CONTEST: Final = "contest"


class PollPhase(msgspec.Struct, frozen=True):
    """A phase of a poll's round, from its first instant to the first one after it (ms).

    `title` is empty where the pod's floor hides it. `moves` grows whenever the phase moves.
    """

    group: RecordId
    group_name: str
    poll: RecordId
    title: str
    round: int
    phase: str
    start: int
    end: int
    moves: int


class ChosenDate(msgspec.Struct, frozen=True):
    """A date that a poll chose, from its first instant to the first one after it (ms); `called`: as the poll calls it.

    `final`: nobody can contest it any more. `moves` grows whenever another one is chosen.
    """

    group: RecordId
    group_name: str
    poll: RecordId
    title: str
    called: str
    start: int
    end: int
    final: bool
    moves: int


class Phases(msgspec.Struct, frozen=True):
    """Phases by poll, the latest poll first, and chosen dates. `name`: the group's; empty for all of one's groups."""

    name: str
    phases: tuple[PollPhase, ...]
    dates: tuple[ChosenDate, ...]


async def list_own_phases(deps: Deps, account: Account) -> Phases:
    """The phases of polls in all groups to which the account belongs."""
    async with deps.store.database.read() as session:
        groups = sorted(await list_belonging(session, account.id))[:MOST_GROUPS]
        opened = await open_those(session, deps, account, groups)
        return await _phases(session, deps, opened, "")


async def list_group_phases(deps: Deps, group: RecordId) -> Phases:
    """The phases of polls in a group that everybody may read; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, None, group)
        return await _phases(session, deps, {group: opened}, opened.name)


async def _phases(session: AsyncSession, deps: Deps, opened: Mapping[RecordId, ReadableGroup], name: str) -> Phases:
    found = await list_scheduled(session, opened, since=deps.clock() - SINCE_MS, most=MOST_POLLS)
    held = {group: await _log_size(session, group) for group in {stored.group_id for stored in found}}
    followed = [
        # A count that isn't kept yet is left to the pages.
        await follow_poll(session, opened[one.group_id].state, one, held=held[one.group_id], counting=False)
        for one in found
    ]
    phases: list[PollPhase] = []
    dates: list[ChosenDate] = []
    for so_far, poll in zip(followed, await visible_polls(session, deps, followed), strict=True):
        phases += _of_poll(opened[so_far.poll.group_id], poll, so_far)
        dates += _dates(opened[so_far.poll.group_id], poll, so_far)
    return Phases(name, tuple(phases), tuple(dates))


async def _log_size(session: AsyncSession, group: RecordId) -> int:
    stored = await load_group(session, group)
    assert stored is not None
    return stored.log_size


def _of_poll(group: ReadableGroup, poll: VisiblePoll, so_far: PollSoFar) -> list[PollPhase]:
    rounds = so_far.course.rounds if so_far.course is not None else ()
    return [
        PollPhase(group.id, group.name, poll.id, poll.title, held.number, phase, start, end, _moves(held, phase))
        for held in rounds
        for phase, start, end in held.times.spans
        if phase != CONTEST or held is rounds[-1]
    ]


def _dates(group: ReadableGroup, poll: VisiblePoll, so_far: PollSoFar) -> list[ChosenDate]:
    course = so_far.course
    if course is None or not course.chosen:
        return []
    date = date_of(so_far.poll.content, course.chosen[0])
    if date is None:
        return []
    called = next((one.title for one in poll.options if one.id == date.id), "")
    moves, final = 2 * course.now.number, course.final is not None
    return [
        ChosenDate(group.id, group.name, poll.id, poll.title, called, date.start, date.end, final, moves + int(final))
    ]


def _moves(held: PollRound, phase: str) -> int:
    """By how many seconds fast-forwards brought the end of voting nearer, and one for the item that ended it."""
    plan, times = held.plan, held.times
    planned = plan.opened_at + plan.proposals + plan.predictions + plan.bets + plan.voting
    closed = phase == CONTEST and times.contest_end != times.voting_end + plan.contest
    return max(0, planned - times.voting_end) // 1000 + int(closed)
