"""Who cast what in a voting that has ended, page by page, in the order of the log, and which of it counts."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.ballots import fits
from decisions.course import ChainPlace
from decisions.delegate_lock import EntryKind, PollEntry, standing
from models.decisions.ballot_pages import list_ballot_page, list_ballots_by
from models.decisions.own_entries import list_declarations_by
from models.decisions.polls import StoredBallot
from pod.actions.access import Reader, open_group
from pod.actions.decisions.poll_course import PollSoFar
from pod.actions.reading.decisions.polls import so_far_of
from pod.actions.reading.group.profiles import load_nicknames
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import Ballot, Delegate


class CastLine(msgspec.Struct, frozen=True):
    """A ballot in the log. `holds`: neither a later one of its author nor the lock of delegates takes its place."""

    index: int
    record: RecordId
    number: int
    nickname: str
    says: Ballot
    holds: bool


class CastPage(msgspec.Struct, frozen=True):
    """A page of ballots; `next`: the place after which the following page begins."""

    lines: tuple[CastLine, ...]
    next: int | None


async def list_cast_ballots(
    deps: Deps, reader: Reader, group: RecordId, poll: RecordId, *, above: int, limit: int
) -> CastPage:
    """The ballots of the last voting; raises UnknownGroupError, or NotFoundError while it goes on."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        so_far = await so_far_of(session, readable, poll)
        held = so_far.course.now if so_far.course is not None else None
        if held is None or held.voting is None or held.locked is None:
            raise DecisionRule.NOT_ENDED.error()
        found = await list_ballot_page(session, poll, group, above=above, below=held.voting.size, most=limit)
        shown = [one for one in found if _fits(so_far, one)]
        authors = {one.author for one in shown}
        holds = await _standing(session, so_far, authors, held.locked, held.voting)
        named = await load_nicknames(session, deps, group, authors)
    lines = tuple(
        CastLine(one.place, one.record_id, one.author, named.get(one.author, ""), one.content, one.place in holds)
        for one in shown
    )
    return CastPage(lines, found[-1].place if len(found) == limit else None)


def _fits(so_far: PollSoFar, ballot: StoredBallot) -> bool:
    assert so_far.course is not None
    held, said = so_far.course.now, ballot.content
    return said.round == held.number and fits(so_far.poll.content, held.options, said)


async def _standing(
    session: AsyncSession, so_far: PollSoFar, authors: set[int], locked: ChainPlace, closed: ChainPlace
) -> set[int]:
    """The places of those ballots that hold, of these authors."""
    poll, group = so_far.poll.id, so_far.poll.group_id
    ballots = await list_ballots_by(session, poll, group, authors, below=closed.size)
    entries = [_entry(one.place, one.content, EntryKind.BALLOT, one.record_id) for one in ballots if _fits(so_far, one)]
    declared = await list_declarations_by(session, group, authors, below=locked.size)
    entries += [
        _entry(one.place, one.content, EntryKind.DECLARATION, one.record_id)
        for one in declared
        if isinstance(one.content, Delegate)
    ]
    return set(standing(entries, locked.size, closed.size).ballots.values())


def _entry(place: int, said: Ballot | Delegate, kind: EntryKind, record: RecordId) -> PollEntry[int]:
    resigned = isinstance(said, Delegate) and not said.declared
    return PollEntry(place, said.author, kind, "", (said.key, said.counter, str(record)), None if resigned else place)
