"""What this pod's seats remember and what they find in the log, between the store and `protocol.keeping`."""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.chain import StoredGroup
from models.keeping import StoredKeeper
from models.pending import list_broken_promises
from models.records import list_claims_logged
from pod.actions.judging import stands_in
from protocol.branches import Node, View
from protocol.ids import RecordId
from protocol.keeping import GOOD_LOG, Confirmed, LogFindings, SeatMemory


def memory_of(stored: StoredKeeper) -> SeatMemory:
    """The memory as the rules read it."""
    last = None
    if stored.last_item is not None:
        last = Confirmed(stored.last_item, stored.last_height, stored.last_term)
    return SeatMemory(stored.seat, last, stored.highest_term, stored.last_handover_at or None, stored.retired)


def stored_keeper(group: RecordId, memory: SeatMemory) -> StoredKeeper:
    """The memory as it is kept."""
    last = memory.last or Confirmed(group, -1, -1)
    return StoredKeeper(
        group_id=group,
        seat=memory.key,
        last_item=memory.last.item if memory.last else None,
        last_term=last.term,
        last_height=last.height,
        highest_term=memory.highest_term,
        last_handover_at=memory.signed_at or 0,
        retired=memory.retired,
    )


def seats_of(view: View, key: str) -> list[int]:
    """The keepers for whom this key sits, now or in an earlier set that is still asked."""
    state = view.state
    seats = {seat for seats in (state.seats, *(replaced.seats for replaced in state.earlier)) for seat in seats}
    return sorted({seat.member for seat in seats if seat.key == key})


async def sound_items(session: AsyncSession, view: View, stored: StoredGroup, memory: SeatMemory) -> list[RecordId]:
    """The chosen branch from what the seat confirmed last (else the anchor) up to the first log that isn't sound."""
    last = memory.last
    floor = last.height if last and view.holds(last.item) else view.settled.height
    sound = [view.branch[floor]]
    for height in range(floor + 1, view.state.height + 1):
        item = view.branch[height]
        findings = await find_in_log(session, view, stored, view.nodes[item])
        if findings == GOOD_LOG:
            sound.append(item)
        elif msgspec.structs.replace(findings, receipts_kept=True) != GOOD_LOG:
            break  # a promise that one item broke the next may keep; all else stays wrong in what follows
    return sound


async def find_in_log(session: AsyncSession, view: View, stored: StoredGroup, node: Node) -> LogFindings:
    """What an item adds to the log: held, under its root, by authors valid before it, nothing promised left out.

    Entries get places only where every root that covers them fits (`place_entries`), so a root can lie only by
    differing from its parent's over the same entries. Costs what the item adds.
    """
    parent = view.nodes[node.parent or view.anchor].state
    log = node.state.log
    if stored.log_size < log.size:
        return LogFindings(complete=False)
    if log.size == parent.log.size:
        entries_valid, root_matches = True, log.root == parent.log.root
    else:
        entries = await list_claims_logged(session, parent.group, parent.log.size, log.size)
        entries_valid = all(stands_in(parent, entry.author or 0, entry.key or 0, entry.wire) for entry in entries)
        root_matches = True
    broken = await list_broken_promises(session, parent.group, node.state.at, 1)
    return LogFindings(root_matches=root_matches, authors_valid=entries_valid, receipts_kept=not broken)
