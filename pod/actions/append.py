"""THE ONE DOOR: every record, local or remote, is taken here by the same law.

A record comes opened (`open_record`), so its form and proofs hold by type. Here it meets its group: items and acks go
to the chain, operations wait for a seal, all others are judged by their author's key and stored once. Whatever a
group doesn't know yet waits; whatever the rules refuse changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.pending import WaitingRecord, delete_waiting, list_waiting, put_operation, put_waiting
from models.projections import accepted_of, project
from models.records import NewRecord, insert_records
from pod.actions.chains import load_view, take_ack, take_item
from pod.deps import Deps
from protocol.authorship import UnknownAuthorError, authored_of, check_author
from protocol.branches import View
from protocol.errors import RefusedError, VoidOperationError
from protocol.ids import RecordId
from protocol.operations import applied
from protocol.records.chain import Ack, GroupRoot, Handover, Invitation, Receipt, Seal
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Operation
from protocol.state import Member

MOST_WAITING = 1000


class Taken(msgspec.Struct, frozen=True):
    """What became of a record: new here, known before, or waiting for its author."""

    record: RecordId
    new: bool
    waits: bool = False


async def append(session: AsyncSession, deps: Deps, record: Record, *, origin: str, now: int) -> Taken:
    """Take one record of a group that this pod holds; raises the RefusedError of the rule that refuses it."""
    match record.content:
        case Seal() | Handover():
            view = await load_view(session, deps, record.group)
            known = record.id in view.nodes
            await take_item(session, deps, record)
            await _retry_waiting(session, deps, record.group, now=now)
            return Taken(record.id, new=not known)
        case Ack():
            return Taken(record.id, new=await take_ack(session, deps, record))
        case Operation():
            return await _take_operation(session, deps, record, record.content, now=now)
        case GroupRoot():
            await load_view(session, deps, record.group)
            return Taken(record.id, new=False)
        case Receipt() | Invitation():
            return Taken(record.id, new=False)
        case _:
            view = await load_view(session, deps, record.group)
            return await _take_content(session, deps, view, record, origin=origin, now=now)


async def append_all(
    session: AsyncSession, deps: Deps, records: Sequence[Record], *, origin: str, now: int
) -> list[Taken | RefusedError]:
    """Take many; a refusal stands in its record's place and hurts no other."""
    outcomes: list[Taken | RefusedError] = []
    for record in records:
        try:
            outcomes.append(await append(session, deps, record, origin=origin, now=now))
        except RefusedError as refusal:
            outcomes.append(refusal)
    return outcomes


async def _take_operation(
    session: AsyncSession, deps: Deps, record: Record, operation: Operation, *, now: int
) -> Taken:
    state = (await load_view(session, deps, record.group)).state
    try:
        applied(
            state,
            operation,
            height=state.height + 1,
            at=max(now, state.at),
            log_size=state.log.size,
            recovery=False,  # what only a recovery may do comes inside one
        )
    except VoidOperationError:
        # One that was applied already comes back with every pull: known, not refused.
        if _was_applied(state.members.get(operation.author), operation):
            return Taken(record.id, new=False)
        raise
    await put_operation(session, id=record.id, group=record.group, wire=record.wire, now=now)
    deps.wake(record.group)
    return Taken(record.id, new=True)


def _was_applied(author: Member | None, operation: Operation) -> bool:
    if author is None:
        return False
    if operation.recovery is not None:
        return (operation.recovery, operation.counter) <= author.recovery_counter
    return operation.key is not None and (operation.key, operation.counter) <= author.counter


async def _take_content(
    session: AsyncSession, deps: Deps, view: View, record: Record, *, origin: str, now: int
) -> Taken:
    authored = authored_of(record)
    try:
        check_author(view.state, record)
    except UnknownAuthorError:
        waiting = WaitingRecord(record.id, record.group, authored.author, record.wire, origin, now)
        if not await put_waiting(session, waiting, most=MOST_WAITING):
            raise
        return Taken(record.id, new=False, waits=True)
    new = NewRecord(
        id=record.id,
        group_id=record.group,
        type=record.type,
        author=authored.author,
        key=authored.key,
        counter=authored.counter,
        at=authored.at,
        wire=record.wire,
        accepted_at=now,
        origin=origin,
    )
    inserted = await insert_records(session, [new])
    if inserted:
        await project(session, [accepted_of(record, inserted[record.id])])
        deps.wake(record.group)
    return Taken(record.id, new=bool(inserted))


async def _retry_waiting(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> None:
    """The head moved: who waited for an author may have one now."""
    waiting = await list_waiting(session, group, MOST_WAITING)
    if not waiting:
        return
    await delete_waiting(session, [entry.record_id for entry in waiting])
    view = await load_view(session, deps, group)
    for entry in waiting:
        try:
            await _take_content(session, deps, view, reopen_record(entry.wire), origin=entry.origin, now=now)
        except RefusedError:
            continue
