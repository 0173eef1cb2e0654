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
from pod.actions.decisions.results import result_of
from pod.actions.decisions.voters import OFF_ROLL, Bar, load_voter
from pod.actions.reading.decisions.followers import count_followers
from pod.actions.reading.decisions.poll_status import PollStatus, status_of
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Ballot, Goal, Lengths, Option, Paragraph, PostTarget, Quorum

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
    lengths: Lengths
    quorum: Quorum
    goal: Goal | None = None
    about: RecordId | None = None
    language: str = ""
    withheld: bool = False


class OwnBallot(msgspec.Struct, frozen=True):
    """The reader's newest ballot: its record, what it says, and its place in the log, if the log has it already."""

    record: RecordId
    says: Ballot
    index: int | None


class PollSight(msgspec.Struct, frozen=True):
    """A poll for one reader. `on_roll`: whether the reader's ballot counts; None for strangers, and before it opens.

    `bar`: what keeps a ballot of theirs from counting now, the roll or something else; None if nothing does.
    """

    poll: VisiblePoll
    status: PollStatus
    on_roll: bool | None
    bar: Bar | None
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
        return await load_sight(session, deps, readable, stored)


async def load_sight(session: AsyncSession, deps: Deps, readable: ReadableGroup, stored: StoredPoll) -> PollSight:
    """One poll of a group that somebody reads."""
    course, now = await course_of(session, deps, readable, stored), deps.clock()
    (visible,) = await visible_polls(session, deps, [course])
    voter = own = None
    if course.opening is not None and readable.number is not None:
        voter = await load_voter(session, readable.state, course, readable.number, now=now)
        own = await load_own_ballot(session, stored.id, readable.id, readable.number)
    voted = own is not None and not own.says.withdraw
    delegated = await count_followers(session, readable.state, course, voter.number) if voter and voter.delegate else 0
    status = status_of(course.phase, course.times, voter, voted=voted, delegated=delegated, now=now)
    on_roll = None if voter is None else voter.bar not in OFF_ROLL
    result = await result_of(session, readable.state, course)
    return PollSight(visible, status, on_roll, voter.bar if voter else None, own, result)


async def list_group_polls(deps: Deps, reader: Reader, group: RecordId, *, below: int | None, limit: int) -> PollPage:
    """The group's polls; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        found = await list_polls(session, group, below=_ANY_PLACE if below is None else below, most=limit)
        courses = [await course_of(session, deps, readable, stored) for stored in found]
        polls = await visible_polls(session, deps, courses)
    return PollPage(tuple(polls), found[-1].place if len(found) == limit else None)


async def course_of(session: AsyncSession, deps: Deps, readable: ReadableGroup, stored: StoredPoll) -> Course:
    """Where a poll of a group stands that somebody reads."""
    group = await load_group(session, readable.id)
    assert group is not None
    return await load_course(
        session, readable.state, stored, settled=group.anchor_height, held=group.log_size, now=deps.clock()
    )


async def visible_polls(session: AsyncSession, deps: Deps, courses: list[Course]) -> list[VisiblePoll]:
    """The polls as this pod shows them."""
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
        lengths=said.lengths,
        quorum=said.quorum,
        goal=None if withheld else said.goal,
        about=said.about,
        language=said.language,
        withheld=withheld,
    )


async def load_own_ballot(session: AsyncSession, poll: RecordId, group: RecordId, number: int) -> OwnBallot | None:
    """A member's newest ballot, whether it counts or not."""
    ballots = await list_ballots_of(session, poll, group, number)
    newest = max(ballots, key=lambda one: (one.content.key, one.content.counter, one.record_id), default=None)
    if newest is None:
        return None
    return OwnBallot(newest.record_id, newest.content, newest.place if newest.place < FIRST_WAITING else None)
