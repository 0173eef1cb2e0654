"""Polls as a reader sees them: what is asked, where it stands, what the reader's ballot is and what was decided."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.count import Result
from decisions.phases import PollTimes
from models.content.places import FIRST_WAITING
from models.decisions.polls import StoredPoll, list_ballots_of, list_polls, load_poll
from models.groups.groups_and_items import load_group
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.decisions.counted import Course, Phase, load_course
from pod.actions.decisions.result_file import make_file
from pod.actions.decisions.results import SETTLED, result_of
from pod.actions.decisions.roll import is_on_roll
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Ballot, Option, Paragraph, PostTarget

_ANY_PLACE: Final = 2**62


class VisiblePoll(msgspec.Struct, frozen=True):
    """A poll's words, unless this pod's floor hides them (`withheld`); its ballots count all the same."""

    id: RecordId
    author: int
    kind: str
    title: str
    paragraphs: tuple[Paragraph, ...]
    options: tuple[Option, ...]
    areas: tuple[str, ...]
    phase: Phase
    times: PollTimes | None
    withheld: bool = False


class OwnBallot(msgspec.Struct, frozen=True):
    """The reader's newest ballot: its record, what it says, and its place in the log, if the log has it already."""

    record: RecordId
    says: Ballot
    index: int | None


class PollSight(msgspec.Struct, frozen=True):
    """A poll for one reader. `on_roll`: whether the reader's ballot counts; None for strangers, and before it opens."""

    poll: VisiblePoll
    on_roll: bool | None
    own: OwnBallot | None
    result: Result | None


class PollPage(msgspec.Struct, frozen=True):
    """A page of a group's polls, the latest first; `next` is the `below` of the following page."""

    polls: tuple[VisiblePoll, ...]
    next: int | None


async def describe_poll(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> PollSight:
    """One poll; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        stored = await load_poll(session, poll)
        if stored is None or stored.group_id != group:
            raise DecisionRule.NO_SUCH_POLL.error()
        course = await course_of(session, deps, readable, stored)
        (visible,) = await _visible(session, deps, [course])
        on_roll = own = None
        if course.opening is not None and readable.number is not None:
            on_roll = await is_on_roll(session, course.opening, group, readable.number)
            own = await _own_ballot(session, poll, group, readable.number)
        result = await result_of(session, readable.state, course)
    return PollSight(visible, on_roll, own, result)


async def read_result_file(deps: Deps, reader: Reader, group: RecordId, poll: RecordId) -> bytes:
    """The file that proves a poll's result; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        stored = await load_poll(session, poll)
        if stored is None or stored.group_id != group:
            raise DecisionRule.NO_SUCH_POLL.error()
        course = await course_of(session, deps, readable, stored)
        if course.phase not in SETTLED:
            raise DecisionRule.NOT_ENDED.error()
        return await make_file(session, deps, readable, course)


async def list_group_polls(deps: Deps, reader: Reader, group: RecordId, *, below: int | None, limit: int) -> PollPage:
    """The group's polls; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        found = await list_polls(session, group, below=_ANY_PLACE if below is None else below, most=limit)
        courses = [await course_of(session, deps, readable, stored) for stored in found]
        polls = await _visible(session, deps, courses)
    return PollPage(tuple(polls), found[-1].place if len(found) == limit else None)


async def course_of(session: AsyncSession, deps: Deps, readable: ReadableGroup, stored: StoredPoll) -> Course:
    """Where a poll of a group stands that somebody reads."""
    group = await load_group(session, readable.id)
    assert group is not None
    return await load_course(
        session, readable.state, stored, settled=group.anchor_height, held=group.log_size, now=deps.clock()
    )


async def _visible(session: AsyncSession, deps: Deps, courses: list[Course]) -> list[VisiblePoll]:
    tokens = {course.poll.id: PostTarget(course.poll.id).token for course in courses}
    hidden = await list_unhosted(session, deps, tokens.values())
    return [_shown(course, withheld=tokens[course.poll.id] in hidden) for course in courses]


def _shown(course: Course, *, withheld: bool) -> VisiblePoll:
    said = course.poll.content
    return VisiblePoll(
        id=course.poll.id,
        author=course.poll.author,
        kind=said.kind,
        title="" if withheld else said.title,
        paragraphs=() if withheld else said.paragraphs,
        options=() if withheld else said.options,
        areas=said.areas,
        phase=course.phase,
        times=course.times,
        withheld=withheld,
    )


async def _own_ballot(session: AsyncSession, poll: RecordId, group: RecordId, number: int) -> OwnBallot | None:
    ballots = await list_ballots_of(session, poll, group, number)
    newest = max(ballots, key=lambda one: (one.content.key, one.content.counter, one.record_id), default=None)
    if newest is None:
        return None
    return OwnBallot(newest.record_id, newest.content, newest.place if newest.place < FIRST_WAITING else None)
