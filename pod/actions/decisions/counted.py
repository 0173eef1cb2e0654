"""A poll's course and its result, from what this pod holds: the chain says when, the log says what was in time."""

from __future__ import annotations

from enum import StrEnum

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import Count, PollQuestion, count
from decisions.delegate_lists import LAPSES_AFTER_MS
from decisions.entries import Logged, PollReading, entries_of
from decisions.phases import PollTimes, plan_of, poll_times
from models.decisions.activity import ItemPlace, first_item_from, load_log_size
from models.decisions.polls import (
    PollOpening,
    StoredPoll,
    list_ballots,
    list_delegations,
    load_opening,
)
from pod.actions.decisions.roll import load_roll
from pod.budgets.heavy import computed
from protocol.state import GroupState


class Phase(StrEnum):
    """Where a poll stands."""

    UNOPENED = "unopened"
    BEFORE = "before"  # opened; voting begins later
    VOTING = "voting"
    ENDED = "ended"  # its end has passed, and the item that ends it isn't here, or not all of its log
    COUNTED = "counted"  # the item that ends it isn't settled
    PROVISIONAL = "provisional"
    FINAL = "final"


class Course(msgspec.Struct, frozen=True):
    """A poll in its group: when it opened, what follows when, and the items at which delegates froze and it ended."""

    poll: StoredPoll
    phase: Phase
    opening: PollOpening | None = None
    times: PollTimes | None = None
    locked: ItemPlace | None = None
    closed: ItemPlace | None = None


async def load_course(
    session: AsyncSession, state: GroupState, poll: StoredPoll, *, settled: int, held: int, now: int
) -> Course:
    """Where a poll stands. `settled`: the height of the group's anchor; `held`: how much of the log is here."""
    opening = await load_opening(session, poll.id, poll.group_id)
    if opening is None:
        return Course(poll, Phase.UNOPENED)
    plan = plan_of(poll.content.lengths, opening.at)
    times = poll_times(plan)
    locked = await first_item_from(session, state.group, times.lock_at)
    closed = await first_item_from(session, state.group, times.voting_end)
    if closed is not None:
        times = poll_times(plan, voting_closed_at=closed.at)
    phase = _phase(times, closed, settled=settled, held=held, now=now, sealed=state.at)
    return Course(poll, phase, opening, times, locked, closed)


def _phase(times: PollTimes, closed: ItemPlace | None, *, settled: int, held: int, now: int, sealed: int) -> Phase:
    if closed is not None:
        if held < closed.log_size:
            return Phase.ENDED
        if settled < closed.height:
            return Phase.COUNTED
        return Phase.FINAL if sealed >= times.contest_end else Phase.PROVISIONAL
    if now < times.voting_start:
        return Phase.BEFORE
    return Phase.VOTING if now < times.voting_end else Phase.ENDED


async def count_poll(session: AsyncSession, state: GroupState, course: Course) -> Count:
    """Count a poll whose end is in the log here; `state`: the group's, now."""
    opening, times, closed, locked = course.opening, course.times, course.closed, course.locked
    assert opening is not None
    assert times is not None
    assert closed is not None
    assert locked is not None
    group, content = course.poll.group_id, course.poll.content
    question = PollQuestion(
        id=course.poll.id,
        poll=content,
        options=content.option_ids,
        areas=content.areas,
        parents=msgspec.json.decode(opening.parents, type=dict[str, str]),
        end=times.voting_end,
    )
    fresh = await _fresh_from(session, course, times)
    reading = PollReading(
        content, question.options, opening.height, state, lambda index: times.voting_end if index >= fresh else 0
    )
    ballots = await list_ballots(session, course.poll.id, group, below=closed.log_size)
    delegations = await list_delegations(session, group, below=closed.log_size)
    logged = [Logged(one.place, one.record_id, one.content) for one in ballots]
    logged += [Logged(one.place, one.record_id, one.content) for one in delegations]
    entries = entries_of(reading, logged)
    roll = await load_roll(session, opening, group)
    return await computed(len(entries), count, question, roll, entries, lock=locked.log_size, end=closed.log_size)


async def _fresh_from(session: AsyncSession, course: Course, times: PollTimes) -> int:
    """The first entry of the log that a year before the end of voting hadn't been sealed."""
    first = await first_item_from(session, course.poll.group_id, times.voting_end - LAPSES_AFTER_MS + 1)
    assert first is not None
    return await load_log_size(session, course.poll.group_id, first.height - 1)
