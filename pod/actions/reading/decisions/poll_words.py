"""The options and statements of a poll as a reader sees them; what the pod's floor hides keeps its number."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.course import Course, PollFacts
from decisions.poll_bets import statements_of
from decisions.proposals import LoggedSaid, withdrawn
from models.content.places import FIRST_WAITING
from models.decisions.said import load_proposals_named
from pod.actions.decisions.poll_course import PollSoFar, said_before
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Condition, Paragraph, Poll, PostTarget, Prediction, Proposal

_EVER: Final = 2**62


class VisibleOption(msgspec.Struct, frozen=True):
    """Something to choose. `author`: of a proposal; `waits`: the log lacks it, so it may come too late to be one."""

    id: str
    title: str
    text: str = ""
    paragraphs: tuple[Paragraph, ...] = ()
    start: int | None = None
    end: int | None = None
    author: int | None = None
    withdrawn: bool = False
    withheld: bool = False
    waits: bool = False


class VisibleStatement(msgspec.Struct, frozen=True):
    """A prediction that people bet on. `bets`: how many did, known once they are opened."""

    id: RecordId
    author: int
    statement: str
    text: str
    due_at: int
    condition: Condition
    withheld: bool = False
    waits: bool = False


async def load_words(
    session: AsyncSession, deps: Deps, so_far: PollSoFar, *, withheld: bool
) -> tuple[tuple[VisibleOption, ...], tuple[VisibleStatement, ...]]:
    """The options and statements of a poll so far; `withheld`: the floor hides the poll itself."""
    poll = so_far.poll.content
    if so_far.facts is None or (not poll.lengths.proposals and not poll.lengths.predictions):
        return own_options(poll, withheld=withheld), ()
    said = await said_before(session, so_far.poll, so_far.facts, ("Proposal", "Prediction"), _EVER)
    tokens = {one.id: PostTarget(one.id).token for one in said}
    unhosted = await list_unhosted(session, deps, tokens.values())
    hidden = {own_id for own_id, token in tokens.items() if withheld or token in unhosted}
    options = own_options(poll, withheld=withheld) + _proposed(so_far.course, said, hidden)
    return options, _stated(so_far.course, so_far.facts, said, hidden)


async def load_chosen(session: AsyncSession, deps: Deps, polls: Collection[PollSoFar]) -> dict[RecordId, VisibleOption]:
    """By poll the proposal that was chosen in it, with its title alone; polls whose own options won have none."""
    chosen = {RecordId(own_id) for one in polls for own_id in _chosen_proposals(one)}
    found = await load_proposals_named(session, chosen) if chosen else {}
    tokens = {own_id: PostTarget(own_id).token for own_id in found}
    hidden = await list_unhosted(session, deps, tokens.values()) if tokens else ()
    return {
        poll: VisibleOption(own_id, "" if tokens[own_id] in hidden else title, withheld=tokens[own_id] in hidden)
        for own_id, (poll, title) in found.items()
    }


def _chosen_proposals(poll: PollSoFar) -> tuple[str, ...]:
    said, chosen = poll.poll.content, poll.course.chosen if poll.course is not None else None
    return tuple(one for one in chosen or () if said.lengths.proposals and one not in said.option_ids)


def own_options(poll: Poll, *, withheld: bool) -> tuple[VisibleOption, ...]:
    """The options that stand in the poll itself."""
    return tuple(
        VisibleOption(
            own_id,
            "" if withheld else option.title,
            "" if withheld else option.text,
            start=option.start,
            end=option.end,
            withheld=withheld,
        )
        for own_id, option in zip(poll.option_ids, poll.options, strict=True)
    )


def _proposed(course: Course | None, said: list[LoggedSaid], hidden: set[RecordId]) -> tuple[VisibleOption, ...]:
    """The proposals that are options; until their phase has ended, all that were made."""
    first = course.rounds[0] if course is not None else None
    chosen = set(first.options) if first is not None and first.proposals is not None else None
    gone = withdrawn(said)
    return tuple(
        VisibleOption(
            id=one.id,
            title="" if one.id in hidden else one.content.title,
            paragraphs=() if one.id in hidden else one.content.paragraphs,
            author=one.content.author,
            withdrawn=one.id in gone,
            withheld=one.id in hidden,
            waits=one.index >= FIRST_WAITING,
        )
        for one in said
        if isinstance(one.content, Proposal) and one.content.title and (chosen is None or one.id in chosen)
    )


def _stated(
    course: Course | None, facts: PollFacts | None, said: list[LoggedSaid], hidden: set[RecordId]
) -> tuple[VisibleStatement, ...]:
    if course is None or facts is None:
        return ()
    first = course.rounds[0]
    in_time = first.predictions.size if first.predictions is not None else _EVER
    found = statements_of([one for one in said if one.index < in_time], first.options, facts.may)
    return tuple(_statement(one, one.content, one.id in hidden) for one in found if isinstance(one.content, Prediction))


def _statement(said: LoggedSaid, prediction: Prediction, withheld: bool) -> VisibleStatement:  # noqa: FBT001
    return VisibleStatement(
        id=said.id,
        author=prediction.author,
        statement="" if withheld else prediction.statement,
        text="" if withheld else prediction.text,
        due_at=prediction.due_at,
        condition=prediction.condition,
        withheld=withheld,
        waits=said.index >= FIRST_WAITING,
    )
