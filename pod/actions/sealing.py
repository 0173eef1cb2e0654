"""The steward's and the keepers' work: seal what waits, confirm what was sealed. The only code that extends a chain."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import StoredGroup, load_group, set_group
from models.keeping import load_keeper, save_keeper
from models.log import complete_tiles
from models.pending import delete_operations, list_operations
from models.records import list_pending, set_logged
from pod.actions.chains import load_view, take_ack, take_item
from pod.actions.keeping import memory_of, stored_keeper
from pod.deps import Deps
from protocol.authorship import check_author
from protocol.branches import View
from protocol.errors import NotConfirmedError, RefusedError, VoidOperationError
from protocol.ids import RecordId
from protocol.keeping import LogFindings, check_confirm
from protocol.limits import MAX_OPERATIONS_PER_SEAL
from protocol.log import Frontier, frontier_of, leaf_hash
from protocol.operations import applied
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Operation
from protocol.state import GroupState

MOST_ENTRIES = 2000
MOST_OPERATION_BYTES = 400 * 1024  # leaves room for acks and proofs within an item's 512 KiB


async def seal(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> Record | None:
    """Seal what waits, if this pod is the steward and anything does."""
    view = await load_view(session, deps, group)
    state = view.state
    if state.steward.key != deps.keyring.pod_key.did:
        return None
    stored = await load_group(session, group, lock=True)
    if stored is None or stored.log_size != state.log.size:
        return None
    at = max(now, state.at)
    operations = await choose_operations(session, state, at=at)
    entries = await _choose_entries(session, state)
    if not operations and not entries:
        return None
    frontier = frontier_of(stored.log_size, stored.log_peaks).append_many([leaf_hash(entry) for entry in entries])
    body: dict[str, Any] = {
        "type": "Seal",
        "rules": 1,
        "group": group,
        "parent": view.head,
        "height": state.height + 1,
        "term": state.term,
        "at": at,
        "operations": [operation.body for operation in operations],
        "log": {"size": frontier.size, "root": frontier.root().hex()},
    }
    if acks := acks_to_show(view):
        body["acks"] = acks
    record = open_record(sign(body, deps.keyring.pod_key))
    await place_entries(session, stored, entries, frontier)
    await take_item(session, deps, record)
    return record


async def place_entries(
    session: AsyncSession, stored: StoredGroup, entries: list[RecordId], frontier: Frontier
) -> None:
    """Give `entries` their places at the end of the group's log, whose frontier then is `frontier`."""
    first = stored.log_size
    await set_logged(session, [(entry, first + place) for place, entry in enumerate(entries)])
    await set_group(session, stored.id, log_size=frontier.size, log_peaks=b"".join(frontier.peaks))
    await complete_tiles(session, stored.id, first, frontier.size)


async def choose_operations(session: AsyncSession, state: GroupState, *, at: int) -> list[Record]:
    """The waiting operations that the rules allow now, in order; those they refuse are forgotten."""
    chosen: list[Record] = []
    void: list[RecordId] = []
    size = 0
    for waiting in await list_operations(session, state.group, MAX_OPERATIONS_PER_SEAL):
        record = reopen_record(waiting.wire)
        size += len(waiting.wire)
        assert isinstance(record.content, Operation)
        if size > MOST_OPERATION_BYTES:
            break
        try:
            state = applied(
                state, record.content, height=state.height + 1, at=at, log_size=state.log.size, recovery=False
            )
        except VoidOperationError:
            void.append(record.id)
            continue
        chosen.append(record)
    await delete_operations(session, void)
    return chosen


async def _choose_entries(session: AsyncSession, state: GroupState) -> list[RecordId]:
    entries = []
    for pending in await list_pending(session, state.group, 0, MOST_ENTRIES):
        try:
            check_author(state, reopen_record(pending.wire))
        except RefusedError:
            continue
        entries.append(pending.id)
    return entries


def acks_to_show(view: View) -> list[dict[str, Any]]:
    """The acks that the next item should carry."""
    # Only while an earlier set of keepers is not yet shown to have confirmed its handover.
    if not view.state.earlier:
        return []
    return [ack_body(view.state.group, ack) for item in view.state.trail for ack in view.acks.get(item, ())]


def ack_body(group: RecordId, ack: object) -> dict[str, Any]:
    """The members of an ack record, without proof."""
    plain: dict[str, Any] = msgspec.to_builtins(ack)
    plain.pop("key")
    return {"type": "Ack", "rules": 1, "group": group, **plain}


async def confirm_head(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> list[Record]:
    """Confirm the head for each seat of this pod, if an honest keeper would; the acks to send."""
    view = await load_view(session, deps, group)
    state = view.state
    seat_key = deps.keyring.pod_key.did
    mine = sorted(
        {
            seat.member
            for seats in (state.seats, *(e.seats for e in state.earlier))
            for seat in seats
            if seat.key == seat_key
        }
    )
    stored = await load_group(session, group)
    if not mine or stored is None or view.head == view.anchor:
        return []
    memory = memory_of(await load_keeper(session, group, seat_key))
    if memory.last and memory.last.item == view.head:
        return []
    findings = LogFindings(complete=stored.log_size == state.log.size)
    try:
        memory = check_confirm(memory, view, view.head, findings, now=now)
    except NotConfirmedError:
        return []
    await save_keeper(session, stored_keeper(group, memory))
    body = {"type": "Ack", "rules": 1, "group": group, "term": state.term, "height": state.height, "item": view.head}
    acks = [open_record(sign({**body, "keeper": number}, deps.keyring.pod_key)) for number in mine]
    for ack in acks:
        await take_ack(session, deps, ack)
    return acks
