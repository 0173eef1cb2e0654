"""What this pod's seats remember and what they find in the log, between the store and `protocol.keeping`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.deadlines import next_deadline
from models.groups.groups_and_items import StoredGroup, list_chain
from models.groups.log_entries import Claimed, list_claims_logged, load_claims
from models.groups.records import load_oldest_record
from models.groups.seats_and_acks import StoredKeeper
from models.groups.waiting_records import list_broken_promises, load_oldest_operation
from pod.actions.chain.branch_logs import entries_added, items_beside
from pod.actions.chain.rejudged_records import stands_in
from pod.actions.chain.stored_chain import broken_promises
from protocol.branches import Node, View
from protocol.ids import RecordId
from protocol.keeping import GOOD_LOG, Confirmed, LogFindings, SeatMemory
from protocol.limits import MAX_CLOCK_LEAD_MS
from protocol.state import GroupState


def memory_of(stored: StoredKeeper) -> SeatMemory:
    """The memory, as the rules read it."""
    last = None
    if stored.last_item is not None:
        last = Confirmed(stored.last_item, stored.last_height, stored.last_term, stored.lost)
    return SeatMemory(stored.seat, last, stored.highest_term, stored.last_handover_at or None, stored.retired)


def stored_keeper(group: RecordId, memory: SeatMemory) -> StoredKeeper:
    """The memory, as it is stored."""
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
        lost=last.lost,
    )


def seats_of(view: View, key: str) -> list[int]:
    """The keepers for whom this key sits, in the present set or in an earlier one that must still sign."""
    return sorted({seat.member for seat in view.state.asked_seats if seat.key == key})


async def load_waiting_since(session: AsyncSession, view: View, *, now: int) -> int | None:
    """Since when something isn't settled: an operation, a record, a deadline of a poll that has come, a stale seat.

    A steward's seal alone settles nothing.
    """
    group, settled = view.state.group, view.settled
    operation = await load_oldest_operation(session, group, settled.height)
    record = await load_oldest_record(session, group, settled.log.size)
    deadline = await next_deadline(session, group, after=settled.at)
    stale = await _stale_since(session, view.state)
    times = [time for time in (operation, record, stale) if time is not None]
    return min([*times, deadline] if deadline is not None and deadline <= now else times, default=None)


async def _stale_since(session: AsyncSession, state: GroupState) -> int | None:
    """Since when a seat's key isn't its member's home's any more, where other keepers can name it anew."""
    if len(state.seats) == 1:
        return None
    stale = [state.members[seat.member] for seat in state.seats if state.members[seat.member].home.key != seat.key]
    times = [(await list_chain(session, state.group, member.keys[-1].height, 1))[0].at for member in stale]
    return min(times, default=None)


async def findings_on_branch(
    session: AsyncSession, view: View, stored: StoredGroup, memory: SeatMemory, *, most: int | None = None
) -> dict[RecordId, LogFindings]:
    """What this pod found about the log of each item of our branch, from the anchor up; at most `most` items.

    Items that the seat confirmed were good then. A log is never better than the log that it continues.
    """
    last = memory.last
    floor = last.height if last and view.holds(last.item) else view.settled.height
    found, so_far = {}, GOOD_LOG
    end = view.state.height if most is None else min(view.state.height, view.settled.height + most)
    for height in range(view.settled.height, end + 1):
        item = view.branch[height]
        if height > floor and _may_be_continued(so_far):
            so_far = await find_in_log(session, view, stored, view.nodes[item])
        found[item] = so_far
    return found


async def findings_to_confirm(
    session: AsyncSession,
    view: View,
    stored: StoredGroup,
    memory: SeatMemory,
    *,
    now: int,
    sealed: RecordId | None = None,
) -> dict[RecordId, LogFindings]:
    """What this pod found about each item above the last confirmed one, up to the first that isn't good.

    Nothing above that one can be confirmed, because a log is never better than the log that it continues. So the cost
    depends on what is new, and not on how much is unsettled. `sealed` is the item that this action itself sealed.
    """
    last, found = memory.last, {}
    floor = last.height if last and view.holds(last.item) else view.settled.height
    for height in range(floor + 1, view.state.height + 1):
        node = view.nodes[view.branch[height]]
        if node.state.at > now + MAX_CLOCK_LEAD_MS:
            break
        findings = await find_in_log(session, view, stored, node, judged=node.item == sealed)
        if findings != GOOD_LOG:
            break
        found[node.item] = findings
    return found


def _may_be_continued(findings: LogFindings) -> bool:
    """Whether a later item can be good: it can keep a promise that this one broke, but mend nothing else."""
    return msgspec.structs.replace(findings, receipts_kept=True) == GOOD_LOG


async def findings_of(
    session: AsyncSession, view: View, stored: StoredGroup, memory: SeatMemory, item: RecordId
) -> LogFindings:
    """What this pod found about the log of any item that it knows.

    Only our branch's log is held as a whole; on another branch, only the items' own entries can be judged.
    """
    found = await findings_on_branch(session, view, stored, memory)
    beside = items_beside(view, item)
    if not beside:
        return found.get(item, LogFindings(complete=False))
    so_far = found[view.nodes[beside[0]].parent or view.anchor]
    known: set[RecordId] = set()
    for above in beside:
        if not _may_be_continued(so_far):
            return so_far
        entries = await entries_added(session, view, stored, above)
        if entries is None:
            return LogFindings(complete=False)
        known.update(entries)
        so_far = await _find_beside(session, view, view.nodes[above], entries, known)
    return so_far


async def _find_beside(
    session: AsyncSession, view: View, node: Node, entries: Sequence[RecordId], known: set[RecordId]
) -> LogFindings:
    parent = view.nodes[node.parent or view.anchor].state
    log = node.state.log
    claims = await load_claims(session, entries)
    broken = [promise.record_id async for promise in broken_promises(session, parent.group, node.state.at)]
    return LogFindings(
        complete=len(claims) == len(entries),
        root_matches=log.size > parent.log.size or log.root == parent.log.root,
        authors_valid=_stand(parent, claims),
        receipts_kept=known.issuperset(broken),
    )


async def find_in_log(
    session: AsyncSession, view: View, stored: StoredGroup, node: Node, *, judged: bool = False
) -> LogFindings:
    """Findings about what an item adds: all held, under its root, by valid authors, no promise broken.

    Entries get places only where every root that covers them fits (`place_entries`). So a root can be wrong here only
    if the item adds no entries and has another root than its parent. The cost grows with what the item adds, unless
    its entries were `judged` by this very state in this action, and then stored.
    """
    parent = view.nodes[node.parent or view.anchor].state
    log = node.state.log
    if stored.log_size < log.size:
        return LogFindings(complete=False)
    if log.size == parent.log.size:
        entries_valid, root_matches = True, log.root == parent.log.root
    elif judged:
        entries_valid, root_matches = True, True
    else:
        entries = await list_claims_logged(session, parent.group, parent.log.size, log.size)
        if len(entries) < log.size - parent.log.size:
            return LogFindings(complete=False)
        entries_valid, root_matches = _stand(parent, entries), True
    broken = await list_broken_promises(session, parent.group, node.state.at, 1)
    return LogFindings(root_matches=root_matches, authors_valid=entries_valid, receipts_kept=not broken)


def _stand(parent: GroupState, entries: Sequence[Claimed]) -> bool:
    return all(stands_in(parent, entry.author or 0, entry.key or 0, entry.wire) for entry in entries)
