"""THE ONE DOOR: every record, local or remote, is taken here by the same law.

A record comes opened (`open_record`), so its form and proofs hold by type. Here it meets its group: items and acks go
to the chain, operations wait for a seal, or for signatures if they lack nothing else, all others are judged by their
author's key and stored once. A record whose author or key the group doesn't know yet waits; a refused record changes
nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import groupby

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import Accepted, accepted_of, load_wishes, project, refold_author
from models.engine.writer import Bulk, after_commit
from models.groups.proposed_operations import delete_proposed, load_proposed
from models.groups.records import (
    PENDING,
    NewRecord,
    insert_records,
    list_refused,
    load_erased_authors,
    restore_record,
    set_state,
)
from models.groups.waiting_records import delete_waiting, list_waiting, load_waiting_forms, put_operations
from models.moving.archives import drop_archives_of
from pod.actions.called_people import note_acts
from pod.actions.chain.closed_groups import check_open, why_closed
from pod.actions.chain.links import News, take_acks, take_items
from pod.actions.chain.pending_room import beyond_limits, make_wait
from pod.actions.chain.proposed_operations import take_proposed, united
from pod.actions.chain.receipts import take_receipt
from pod.actions.chain.views import changed_members, load_view
from pod.actions.decisions.kept_files import KeptFiles
from pod.actions.groups.moved_memberships import note_moves
from pod.actions.notifications import note_contents
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.seen_signatures import Mark, remember
from protocol.authorship import authored_of, check_author
from protocol.branches import View
from protocol.errors import RefusedError, UnknownAuthorError, VoidOperationError
from protocol.ids import RecordId
from protocol.operations import applied
from protocol.records.chain import Ack, GroupRoot, Handover, Receipt, Seal
from protocol.records.content import Erase, Vote
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Join, Operation
from protocol.records.parts import Invitation
from protocol.state import GroupState

WAITING_AT_ONCE = 100


class Taken(msgspec.Struct, frozen=True):
    """The result for a record: `new` here, known before, or (`waits`) waiting for its author or for signatures."""

    record: RecordId
    new: bool
    waits: bool = False


class Arrival(msgspec.Struct, frozen=True):
    """A record before the door. `origin`: the pod that brought it (empty: this one); `now`: in ms."""

    record: Record
    origin: str
    now: int


Outcome = Taken | RefusedError
TakeLinks = Callable[[AsyncSession, Deps, Sequence[Record]], Awaitable[News]]


async def append(session: AsyncSession, deps: Deps, record: Record, *, origin: str, now: int) -> Taken:
    """Take one record of a group that this pod holds; raises the RefusedError of the rule that refuses it."""
    (outcome,) = await append_all(session, deps, [Arrival(record, origin, now)])
    if isinstance(outcome, RefusedError):
        raise outcome
    return outcome


async def append_all(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Take many records in order; gives a refusal in place of each refused record, which doesn't affect the others.

    Neighbouring records of one kind are judged by one state, and stored and projected together.
    """
    outcomes: list[Outcome] = []
    for (take, _), run in groupby(arrivals, key=lambda arrival: (_way_of(arrival), _chain_of(arrival))):
        outcomes += await take(session, deps, list(run))
    return outcomes


async def _handle(session: AsyncSession, wishes: list[tuple[Deps, Arrival, Mark | None]]) -> list[Outcome]:
    deps = wishes[0][0]  # a writer belongs to one pod, so all have the same parts
    try:
        used = await remember(session, [mark for _, _, mark in wishes])
        arrivals = [arrival for (_, arrival, _), refusal in zip(wishes, used, strict=True) if refusal is None]
        judged = iter(await append_all(session, deps, arrivals))
        await deps.store.note(session)
    except BaseException:
        deps.store.views.forget()
        raise
    return [next(judged) if refusal is None else refusal for refusal in used]


DOOR: Bulk[tuple[Deps, Arrival, Mark | None], Taken] = Bulk("door", _handle)


async def enter(deps: Deps, record: Record, *, origin: str, now: int, mark: Mark | None = None) -> Taken:
    """Take one record together with all others of the same commit; returns once it is on disk.

    `mark`: of the signature that brought it. The commit stores the mark; if it was stored before, the record is
    refused.
    """
    return await deps.store.put(DOOR, (deps, Arrival(record, origin, now), mark))


def _way_of(arrival: Arrival) -> Callable[[AsyncSession, Deps, Sequence[Arrival]], Awaitable[list[Outcome]]]:
    match arrival.record.content:
        case Operation():
            return _take_operations
        case Seal() | Handover():
            return _take_items
        case Ack():
            return _take_acks
        case GroupRoot() | Receipt() | Invitation():
            return _take_links
        case _:
            return _take_contents


def _chain_of(arrival: Arrival) -> RecordId | None:
    """The group whose chain a record extends, so that each group's items are taken together; None for other records."""
    return arrival.record.group if isinstance(arrival.record.content, Seal | Handover | Ack) else None


async def _take_items(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    last = arrivals[-1]
    try:
        before = await load_view(session, deps, last.record.group)
    except UnknownGroupError as refusal:
        return [refusal] * len(arrivals)
    outcomes = await _taken_links(session, deps, arrivals, take_items)
    await retry_waiting(session, deps, before, now=last.now)
    return outcomes


async def _take_acks(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    return await _taken_links(session, deps, arrivals, take_acks)


async def _taken_links(
    session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival], take: TakeLinks
) -> list[Outcome]:
    records = [arrival.record for arrival in arrivals]
    try:
        news = await take(session, deps, records)
    except UnknownGroupError as refusal:
        return [refusal] * len(records)
    return [
        one if isinstance(one, RefusedError) else Taken(record.id, new=one)
        for record, one in zip(records, news, strict=True)
    ]


async def _take_links(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for arrival in arrivals:
        record = arrival.record
        try:
            if isinstance(record.content, Receipt):
                outcomes.append(Taken(record.id, new=await take_receipt(session, deps, record)))
            else:
                await load_view(session, deps, record.group)
                outcomes.append(Taken(record.id, new=False))
        except RefusedError as refusal:
            outcomes.append(refusal)
    return outcomes


async def _take_operations(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    kept: list[Record] = []
    ids = [arrival.record.id for arrival in arrivals]
    proposed = await load_proposed(session, ids)
    held = await load_waiting_forms(session, ids) | {one.id: one.wire for one in proposed.values()}
    for arrival in arrivals:
        outcome = await _take_operation(session, deps, arrival, held)
        if isinstance(outcome, Record):
            kept.append(outcome)
            held[outcome.id] = outcome.wire
            outcome = Taken(outcome.id, new=True)
        outcomes.append(outcome)
    wishes = [(record.id, record.group, record.wire) for record in kept]
    await put_operations(session, wishes, now=max(arrival.now for arrival in arrivals))
    await delete_proposed(session, [record.id for record in kept if record.id in proposed])
    await note_moves(session, deps, kept)
    for group in {record.group for record in kept}:
        deps.signals.wake(session, group)
    return outcomes


async def _take_operation(
    session: AsyncSession, deps: Deps, arrival: Arrival, held: Mapping[RecordId, bytes]
) -> Outcome | Record:
    """The operation, with all its proofs, if it may be sealed; else the outcome."""
    record, now = arrival.record, arrival.now
    try:
        state = (await load_view(session, deps, record.group)).state
        record = united(state, record, held.get(record.id))
        return record if _may_be_sealed(state, record, now=now) else Taken(record.id, new=False)
    except VoidOperationError as refusal:
        news = await take_proposed(session, deps, state, record, refusal.refused, now=now)
        return refusal if news is None else Taken(record.id, new=news, waits=True)
    except RefusedError as refusal:
        return refusal


def _may_be_sealed(state: GroupState, record: Record, *, now: int) -> bool:
    """Whether the head's state allows an operation; False if it was applied already. Raises VoidOperationError."""
    operation = record.content
    assert isinstance(operation, Operation)
    at = max(now, state.at)
    try:
        # What only a recovery may do comes inside a recovery, never here.
        applied(state, operation, height=state.height + 1, at=at, log_size=state.log.size, recovery=False)
    except VoidOperationError:
        # Pulls bring applied operations again; those are known and not refused.
        if _was_applied(state, operation):
            return False
        raise
    if (closed := why_closed(state, operation)) is not None:
        raise closed.rule.error(**closed.facts)
    return True


def _was_applied(state: GroupState, operation: Operation) -> bool:
    """Whether its author signed it and its counter isn't above the last applied one: it was applied or overtaken."""
    wish = operation.wish
    if isinstance(wish, Join):
        number = state.keys.get(wish.signing)
        member = state.members[number] if number is not None else None
        keys = (member.keys[0].did, member.recovery[0]) if member else None
        return keys == (wish.signing, wish.recovery) and wish.signing in operation.signers
    author = state.members.get(operation.author)
    if author is None:
        return False
    if operation.recovery is not None:
        past, keys_of = (operation.recovery, operation.counter) <= author.recovery_counter, author.recovery
    else:
        past = (operation.key or 0, operation.counter) <= author.counter
        keys_of = tuple(key.did for key in author.keys)
    return past and not frozenset(keys_of).isdisjoint(operation.signers)


async def _take_contents(session: AsyncSession, deps: Deps, arrivals: Sequence[Arrival]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    news: dict[int, NewRecord] = {}
    for place, arrival in enumerate(arrivals):
        try:
            state = (await load_view(session, deps, arrival.record.group)).state
            check_author(state, arrival.record)
            check_open(state, arrival.record.type)
            news[place] = new_record(arrival)
        except UnknownAuthorError as refusal:
            outcomes[place] = await _made_wait(session, arrival) or refusal
        except RefusedError as refusal:
            outcomes[place] = refusal
    full = await beyond_limits(session, news, written=deps.memory.written)
    outcomes |= full
    news = {place: record for place, record in news.items() if place not in full}
    fresh = await _store(session, deps, [(arrivals[place].record, record) for place, record in news.items()])
    written = [record for record in news.values() if record.id in fresh]
    after_commit(session, partial(_count_written, deps, written))
    known = [record for record in news.values() if record.id not in fresh]
    await restore(session, known)
    await _let_back(session, known)
    for place, record in news.items():
        outcomes[place] = Taken(record.id, new=record.id in fresh)
        fresh.discard(record.id)  # the same record may be in a batch twice
    return [outcomes[place] for place in range(len(arrivals))]


def _count_written(deps: Deps, records: Sequence[NewRecord]) -> None:
    for record in records:
        deps.memory.written.add(record.group_id, record.author or 0, len(record.wire), now=record.accepted_at)


async def take_proven(session: AsyncSession, deps: Deps, proven: Sequence[Arrival]) -> None:
    """Take records that a root proves to be in the log, whatever the head's rules say; the caller then places them."""
    await _store(session, deps, [(arrival.record, new_record(arrival)) for arrival in proven])
    await delete_waiting(session, [arrival.record.id for arrival in proven])


async def _store(session: AsyncSession, deps: Deps, records: Sequence[tuple[Record, NewRecord]]) -> set[RecordId]:
    """Store and project those records that aren't here yet; returns their ids."""
    inserted = await insert_records(session, [new for _, new in records])
    fresh = {record.id: accepted_of(record, inserted[record.id]) for record, _ in records if record.id in inserted}
    await project(session, list(fresh.values()))
    await note_contents(session, list(fresh.values()), now=deps.clock())
    await note_acts(session, list(fresh.values()), now=deps.clock())
    for one in fresh.values():
        if isinstance(one.content, Erase):
            await drop_archives_of(session, one.group, one.content.author)
    _signal(session, deps, fresh.values())
    return set(fresh)


def _signal(session: AsyncSession, deps: Deps, fresh: Collection[Accepted]) -> None:
    """Wake the groups that have something new, have new reposts fetched, and files deleted of which words went."""
    for group in {accepted.group for accepted in fresh}:
        deps.signals.wake(session, group)
    for group in {one.group for one in fresh if isinstance(one.content, Vote) and one.content.from_}:
        after_commit(session, partial(deps.signals.lacks, group))
    for group in {one.group for one in fresh if isinstance(one.content, Erase)}:
        after_commit(session, partial(KeptFiles(deps.config.data).forget, group))


def new_record(arrival: Arrival) -> NewRecord:
    """A content record as it is stored; raises NotAuthorError if it names no author."""
    record = arrival.record
    authored = authored_of(record)
    return NewRecord(
        id=record.id,
        group_id=record.group,
        type=record.type,
        author=authored.author,
        key=authored.key,
        counter=authored.counter,
        at=authored.at,
        wire=record.wire,
        accepted_at=arrival.now,
        origin=arrival.origin,
    )


async def restore(session: AsyncSession, records: Sequence[NewRecord]) -> None:
    """Put whole records in place of erased ones whose author didn't ask for the erasure (ADR 0026)."""
    shapes = await load_erased_authors(session, [record.id for record in records])
    wishes = {(record, author) for record, _, author in await load_wishes(session, list(shapes))}
    for record in records:
        said = shapes.get(record.id)
        if said is None or (said == record.author and (record.id, said) in wishes):
            continue
        await restore_record(session, record)
        # First the wrong author, whose rows would otherwise keep the true author's out.
        for author in dict.fromkeys((said, record.author or 0)):
            await refold_author(session, record.group_id, author)


async def _let_back(session: AsyncSession, records: Sequence[NewRecord]) -> None:
    """Count records again that were refused, or held only for a rival branch's log, and that the head allows now."""
    authors = {record.id: (record.group_id, record.author or 0) for record in records}
    if refused := await list_refused(session, authors):
        await set_state(session, refused, PENDING)
        for group, author in sorted({authors[record] for record in refused}):
            await refold_author(session, group, author)


async def _made_wait(session: AsyncSession, arrival: Arrival) -> Taken | None:
    record = arrival.record
    kept = await make_wait(session, record, origin=arrival.origin, now=arrival.now)
    return Taken(record.id, new=False, waits=True) if kept else None


async def retry_waiting(session: AsyncSession, deps: Deps, before: View, *, now: int) -> None:
    """Take the records again that waited for an author or a key which the new head knows."""
    group = before.state.group
    after = await load_view(session, deps, group)
    for number in changed_members(before, after):
        member = after.state.members.get(number)
        keys = len(member.keys) if member else 0
        while waiting := await list_waiting(session, group, number, keys, WAITING_AT_ONCE):
            await delete_waiting(session, [entry.record_id for entry in waiting])
            await _take_contents(
                session, deps, [Arrival(reopen_record(entry.wire), entry.origin, now) for entry in waiting]
            )
