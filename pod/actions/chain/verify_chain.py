"""A whole group checked again from nothing but its stored bytes: every proof, every item from the root, the log's root.

Stored results (snapshots, frontiers, heads) are compared with the computed ones, and not used.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredGroup, load_group
from models.groups.records import list_log
from pod.actions.chain.snapshots import load_base
from pod.actions.chain.stored_chain import all_acks, all_items
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.branches import View, resolve
from protocol.chain import found
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.log import Frontier, frontier_of, leaf_hash
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState, state_hash

PAGE = 500
Progress = Callable[[str, int, int], None]


class Verified(msgspec.Struct, frozen=True):
    """What was checked, and every fault that was found; no fault means that the group is intact."""

    group: RecordId
    items: int
    acks: int
    entries: int
    erased: int
    head: RecordId
    height: int
    settled_height: int
    state_hash: str
    log_size: int
    log_root: str
    faults: tuple[str, ...]


async def verify_group(deps: Deps, group: RecordId, progress: Progress) -> Verified:
    """Check everything that this pod holds of a group. `progress` gets the step, the part done, and the whole."""
    async with deps.store.database.read() as session:
        stored = await load_group(session, group)
        if stored is None:
            raise GroupRule.UNKNOWN_GROUP.error()
        faults: list[str] = []
        items = await all_items(session, group, 0)
        acks = [ack.wire for ack in await all_acks(session, group, 0)]
        wires = [(str(item.id), item.wire) for item in items] + [("an ack", wire) for wire in acks]
        records = _opened(wires, faults, progress)
        base = await load_base(session, stored)
        view = _folded(records, stored, base, faults)
        log, erased = await _check_log(session, stored, faults, progress)
    _compare(view, stored, log, faults)
    if base.head in view.nodes and view.nodes[base.head].state != base:
        faults.append(f"What is kept of the state after {base.head} isn't what its items make.")
    state = view.state
    return Verified(
        group,
        len(items),
        len(acks),
        log.size,
        erased,
        view.head,
        state.height,
        view.settled.height,
        state_hash(state),
        state.log.size,
        state.log.root,
        tuple(faults),
    )


def _opened(wires: list[tuple[str, bytes]], faults: list[str], progress: Progress) -> list[Record]:
    records = []
    for count, (name, wire) in enumerate(wires, 1):
        try:
            record = open_record(msgspec.json.decode(wire))
        except (RefusedError, msgspec.DecodeError) as error:
            faults.append(f"{name} doesn't open: {error}")
            continue
        if name not in (record.id, "an ack"):
            faults.append(f"{name} is stored with the bytes of {record.id}.")
        records.append(record)
        progress("chain", count, len(wires))
    return records


def _folded(records: list[Record], stored: StoredGroup, base: GroupState, faults: list[str]) -> View:
    roots = [record for record in records if record.id == stored.id]
    if not roots:
        faults.append("The root isn't here; the last snapshot stands in for it.")
        return resolve(base, records)
    return resolve(found(roots[0]).state, [record for record in records if record.id != stored.id])


async def _check_log(
    session: AsyncSession, stored: StoredGroup, faults: list[str], progress: Progress
) -> tuple[Frontier, int]:
    log, erased = Frontier(), 0
    while page := await list_log(session, stored.id, log.size, PAGE):
        for index, entry in enumerate(page, log.size):
            if entry.log_index != index:
                faults.append(f"The log has no entry {index}.")
                return log, erased
            # An erased record has no words, so its proof can't be checked any more; its id and place can.
            erased += entry.erased
            if not entry.erased:
                _check_entry(entry.id, entry.wire, faults)
        log = log.append_many(leaf_hash(entry.id) for entry in page)
        progress("log", log.size, stored.log_size)
    return log, erased


def _check_entry(identifier: RecordId, wire: bytes, faults: list[str]) -> None:
    try:
        record = open_record(msgspec.json.decode(wire))
    except (RefusedError, msgspec.DecodeError) as error:
        faults.append(f"{identifier} doesn't open: {error}")
        return
    if record.id != identifier:
        faults.append(f"{identifier} is stored with the bytes of {record.id}.")


def _compare(view: View, stored: StoredGroup, log: Frontier, faults: list[str]) -> None:
    """Compare what was stored with what was computed; adds faults."""
    if view.head != stored.head_id:
        faults.append(f"The head is remembered as {stored.head_id}, but the items lead to {view.head}.")
    if view.settled.height < stored.anchor_height:
        faults.append(f"Height {stored.anchor_height} is remembered as settled, but acks settle {view.settled.height}.")
    if log != frontier_of(stored.log_size, stored.log_peaks):
        faults.append(f"The log's entries don't give the frontier that is remembered at {stored.log_size}.")
    state = view.state
    if log.size == state.log.size and log.root().hex() != state.log.root:
        faults.append("The log's entries don't give the root that the head commits to.")
    if log.size > state.log.size:
        faults.append(f"The log has {log.size} entries, but the head commits to {state.log.size}.")
