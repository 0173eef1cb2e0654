"""What this pod's seats remember, between the store and `protocol.keeping`."""

from __future__ import annotations

from models.keeping import StoredKeeper
from protocol.ids import RecordId
from protocol.keeping import Confirmed, SeatMemory


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
