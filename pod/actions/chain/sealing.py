"""The steward's and the keepers' work: seal what waits, confirm what was sealed. The only code that extends a chain."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.deadlines import next_deadline
from models.groups.groups_and_items import load_group
from models.groups.log_entries import NextEntry, list_claims_pending
from models.groups.records import PENDING
from models.groups.seats_and_acks import list_acks_below, load_keeper, save_keeper
from models.groups.waiting_records import list_operations
from pod.actions.chain.closed_groups import why_closed
from pod.actions.chain.hopeless_operations import give_up
from pod.actions.chain.links import take_ack, take_item
from pod.actions.chain.log_places import LogEnd, place_entries
from pod.actions.chain.rejudged_records import stands_in
from pod.actions.chain.seat_memory import findings_to_confirm, memory_of, seats_of, stored_keeper
from pod.actions.chain.views import load_view
from pod.actions.signer import PodItself, signed
from pod.deps import Deps
from protocol.branches import View
from protocol.canonical import bytes_of_checked, most_members
from protocol.errors import NotConfirmedError, Refused, VoidOperationError
from protocol.ids import RecordId
from protocol.keeping import LogFindings, SeatMemory, check_confirm, is_bound
from protocol.keys import DidKey
from protocol.limits import MAX_ACKS_PER_ITEM, MAX_ITEM_MEMBERS, MAX_OPERATIONS_PER_SEAL
from protocol.log import frontier_of, leaf_hash
from protocol.operations import applied
from protocol.records.chain import TreeHead
from protocol.records.drafts import ack_members, seal_members
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Operation
from protocol.state import GroupState

MOST_ENTRIES = 2000
MOST_ENTRY_BYTES = 32 * 1024 * 1024  # a puller must hold everything that an item adds until its root fits
ACKS_AT_ONCE = 8
MOST_OPERATION_BYTES = 400 * 1024  # leaves room for acks and proofs within an item's 512 KiB
MOST_OPERATION_MEMBERS = MAX_ITEM_MEMBERS - 2000  # likewise


async def seal(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> Record | None:
    """Seal what waits, if this pod is the steward; None if nothing waits and no deadline of a poll has come."""
    view = await load_view(session, deps, group)
    state = view.state
    if state.steward.key != deps.identity.keyring.pod_key.did:
        return None
    stored = await load_group(session, group, lock=True)
    if stored is None or stored.log_size != state.log.size:
        return None
    at = max(now, state.at)
    operations, void = await choose_operations(session, state, at=at)
    for refused, reason in void:
        await give_up(session, state, refused, reason, now=now)
    entries = await _choose_entries(session, state)
    if not operations and not entries and not await _has_deadline(session, state, at=at):
        return None
    frontier = frontier_of(stored.log_size, stored.log_peaks).append_many([leaf_hash(entry.id) for entry in entries])
    body = seal_members(
        state,
        at=at,
        operations=[operation.body for operation in operations],
        log=TreeHead(frontier.size, frontier.root().hex()),
        acks=await acks_to_show(session, state),
    )
    # Its operations were verified when they came, and our own signature needs no check.
    record = reopen_record(bytes_of_checked(signed(PodItself(), body, deps.identity.keyring.pod_key, now=now)))
    await place_entries(session, stored, entries, frontier, [LogEnd(frontier.size, at)])
    await take_item(session, deps, record)
    return record


async def _has_deadline(session: AsyncSession, state: GroupState, *, at: int) -> bool:
    """Whether something in a poll ends after the head's time and not later than `at`."""
    deadline = await next_deadline(session, state.group, after=state.at)
    return deadline is not None and deadline <= at


async def choose_operations(
    session: AsyncSession, state: GroupState, *, at: int
) -> tuple[list[Record], list[tuple[Record, Refused]]]:
    """The waiting operations that the rules allow after `state`, in order, and the void ones among them."""
    chosen: list[Record] = []
    void: list[tuple[Record, Refused]] = []
    size = members = 0
    for waiting in await list_operations(session, state.group, MAX_OPERATIONS_PER_SEAL):
        record = reopen_record(waiting.wire)
        size += len(waiting.wire)
        members += most_members(waiting.wire)
        assert isinstance(record.content, Operation)
        if size > MOST_OPERATION_BYTES or members > MOST_OPERATION_MEMBERS:
            break
        if (closed := why_closed(state, record.content)) is not None:
            void.append((record, closed))
            continue
        try:
            state = applied(
                state, record.content, height=state.height + 1, at=at, log_size=state.log.size, recovery=False
            )
        except VoidOperationError as refusal:
            void.append((record, refusal.refused))
            continue
        chosen.append(record)
    return chosen, void


async def _choose_entries(session: AsyncSession, state: GroupState) -> list[NextEntry]:
    chosen, size = list[NextEntry](), 0
    for record in await list_claims_pending(session, state.group, MOST_ENTRIES):
        size += len(record.wire)
        if size > MOST_ENTRY_BYTES:
            break
        if stands_in(state, record.author or 0, record.key or 0, record.wire):
            chosen.append(NextEntry(record.id, record.type, record.author, PENDING))
    return chosen


async def acks_to_show(session: AsyncSession, state: GroupState) -> list[dict[str, Any]]:
    """The signed acks for the next item on `state`: the highest of each seat in each term."""
    # Needed only until the chain shows that an earlier set of keepers confirmed its handover.
    if not state.earlier:
        return []
    lowest = min(replaced.height for replaced in state.earlier)
    keys = sorted({seat.key for replaced in state.earlier for seat in replaced.seats})
    shown = [wire for key in keys for wire in await _highest_on(session, state, key, lowest)]
    return [msgspec.json.decode(wire) for wire in shown[:MAX_ACKS_PER_ITEM]]


async def _highest_on(session: AsyncSession, state: GroupState, seat: DidKey, lowest: int) -> list[bytes]:
    """A seat's highest ack in each term, of items on the way to the head; one index lookup for each."""
    found, below = [], (state.term + 1, 0)
    while acks := await list_acks_below(session, state.group, seat, below, ACKS_AT_ONCE):
        ack = next((one for one in acks if state.trail.get(one.item_id) == (one.height, one.term)), None)
        if ack is not None:
            found.append(ack.wire)
        if acks[0].height < lowest:
            break
        below = (acks[-1].term, acks[-1].height) if ack is None else (ack.term, -1)
    return found


async def confirm_head(
    session: AsyncSession, deps: Deps, group: RecordId, *, now: int, sealed: RecordId | None = None
) -> list[Record]:
    """Confirm the highest item that an honest keeper would, for each seat of this pod; returns the acks to send."""
    view = await load_view(session, deps, group)
    seat_key = deps.identity.keyring.pod_key.did
    mine = seats_of(view, seat_key)
    if not mine or view.head == view.anchor:
        return []
    # Lock the group before the seat, as everywhere, so that two processes of one pod can't deadlock.
    stored = await load_group(session, group, lock=True)
    memory = memory_of(await load_keeper(session, group, seat_key, lock=True))
    if stored is None or (memory.last and memory.last.item == view.head) or is_bound(memory, view):
        return []
    confirmed = _highest_confirmed(
        memory, view, await findings_to_confirm(session, view, stored, memory, now=now, sealed=sealed), now=now
    )
    if confirmed is None or confirmed.last is None:
        return []
    await save_keeper(session, stored_keeper(group, confirmed))
    last = confirmed.last
    key = deps.identity.keyring.pod_key
    bodies = [ack_members(group, number, term=last.term, height=last.height, item=last.item) for number in mine]
    acks = [open_record(signed(PodItself(), body, key, now=now)) for body in bodies]
    for ack in acks:
        await take_ack(session, deps, ack)
    return acks


def _highest_confirmed(
    memory: SeatMemory, view: View, findings: dict[RecordId, LogFindings], *, now: int
) -> SeatMemory | None:
    for item in reversed(findings):
        try:
            return check_confirm(memory, view, item, findings[item], now=now)
        except NotConfirmedError:
            continue
    return None
