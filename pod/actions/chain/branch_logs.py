"""The log of a branch beside ours: what its items add is stored, because the branch may come back.

The placed log is that of our branch. A keeper that confirmed an item which then lost to a rival must still be able to
say which log it had, or nobody could ever build on it (ADR 0022). Only ids are stored here; the records are kept
anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredGroup, load_group
from models.groups.log_entries import load_entries
from models.groups.log_tiles import SideLog, delete_side_logs, insert_side_log, list_entries, load_side_logs
from models.groups.records import REFUSED, NewRecord, insert_records, list_placed, load_known
from pod.actions.chain.log_places import LogEnd, frontier_in, place_entries
from protocol.authorship import check_author
from protocol.branches import View
from protocol.branches.weighing import path_to
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.log import leaf_hash
from protocol.records.envelope import Record
from protocol.state import GroupState


def items_beside(view: View, item: RecordId) -> list[RecordId]:
    """The items on the way to `item` that aren't on our branch, the lowest first; empty if `item` is on it."""
    return [above for above in path_to(view.nodes, item) if not view.holds(above)]


async def keep_side_logs(session: AsyncSession, before: View, removed: Collection[RecordId]) -> None:
    """Store what these items, which leave our branch, added to the log. Call it before the log is cut."""
    group = before.state.group
    stored = await load_group(session, group)
    for item in removed:
        node = before.nodes.get(item)
        parent = before.nodes.get(node.parent or group) if node else None
        if node is None or parent is None or stored is None:
            continue
        first, end = parent.state.log.size, node.state.log.size
        if first < end <= stored.log_size:
            entries = await list_entries(session, group, first, end)
            await insert_side_log(session, SideLog(item, group, first, tuple(entries)))


async def place_side_logs(session: AsyncSession, after: View, added: Sequence[RecordId]) -> None:
    """Place the stored log entries of these items, which came onto our branch."""
    kept = await load_side_logs(session, added)
    for item in added:
        stored = await load_group(session, after.state.group, lock=True)
        side, node = kept.get(item), after.nodes.get(item)
        if side is None or node is None or stored is None or side.first != stored.log_size:
            continue
        frontier = await frontier_in(session, stored, side.first)
        frontier = frontier.append_many([leaf_hash(entry) for entry in side.entries])
        if frontier.root().hex() == node.state.log.root:
            entries, end = await load_entries(session, side.entries), LogEnd(frontier.size, node.state.at)
            await place_entries(session, stored, entries, frontier, [end])
    await delete_side_logs(session, added)


async def entries_added(
    session: AsyncSession, view: View, stored: StoredGroup, item: RecordId
) -> tuple[RecordId, ...] | None:
    """What an item beside our branch adds to its parent's log, if this pod holds it all; None if that isn't known."""
    node = view.nodes[item]
    first, log = view.nodes[node.parent or view.anchor].state.log.size, node.state.log
    if log.size == first:
        return ()
    side = (await load_side_logs(session, [item])).get(item)
    if side is not None and (side.first, side.first + len(side.entries)) == (first, log.size):
        return side.entries
    if log.size <= stored.log_size and (await frontier_in(session, stored, log.size)).root().hex() == log.root:
        return tuple(await list_entries(session, view.state.group, first, log.size))
    return None


async def take_side_entries(
    session: AsyncSession,
    view: View,
    stored: StoredGroup,
    item: RecordId,
    entries: Sequence[RecordId],
    left_out: Mapping[RecordId, tuple[Record, NewRecord]],
) -> bool:
    """Store `entries`, from the fork on, as the log of the branch of `item`; False unless every root fits.

    All must be held here. An entry that the door didn't take is stored, without counting, if the state before its item
    allows it.
    """
    beside = items_beside(view, item)
    known = await load_known(session, entries)
    if not beside or not {*known, *left_out} >= set(entries) or len(set(entries)) < len(entries):
        return False
    size = view.nodes[view.nodes[beside[0]].parent or view.anchor].state.log.size
    placed = await list_placed(session, entries)
    if size > stored.log_size or any(place < size for place in placed.values()):
        return False
    fresh: list[NewRecord] = []
    frontier, logs, rest = await frontier_in(session, stored, size), [], list(entries)
    for above in beside:
        log, first = view.nodes[above].state.log, frontier.size
        own, rest = rest[: log.size - first], rest[log.size - first :]
        frontier = frontier.append_many([leaf_hash(entry) for entry in own])
        if (frontier.size, frontier.root().hex()) != (log.size, log.root):
            return False
        lacking = [left_out[entry] for entry in own if entry not in known]
        before = view.nodes[view.nodes[above].parent or view.anchor].state
        if not all(_counts(before, record) for record, _ in lacking):
            return False
        fresh += [replace(new, state=REFUSED) for _, new in lacking]
        logs.append(SideLog(above, view.state.group, first, tuple(own)))
    await insert_records(session, fresh)
    for log_beside in logs:
        if log_beside.entries:
            await insert_side_log(session, log_beside)
    return True


def _counts(state: GroupState, record: Record) -> bool:
    try:
        check_author(state, record)
    except RefusedError:
        return False
    return True
