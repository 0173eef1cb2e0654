"""Pages of a group's chain, log and pending records for peers; any pod of the group answers, if the reader may read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredItem, list_items, load_group
from models.groups.proposed_operations import list_proposed
from models.groups.records import list_log, list_pending, load_records
from models.groups.seats_and_acks import list_acks_at, list_acks_of
from models.groups.waiting_records import list_operations
from models.people.accounts import Account
from pod.actions.access import Viewer, open_group
from pod.actions.chain.branch_logs import entries_added, items_beside
from pod.actions.chain.views import load_view
from pod.actions.reading.group.heir import untold
from pod.actions.sync.page_budget import ENTRIES, PageBudget, fitting
from pod.deps import Deps
from protocol.branches import View
from protocol.ids import RecordId

ACKS_PER_ITEM: Final = 64  # those of seats first, because any member can sign acks, and only the seats' acks count


async def chain_page(deps: Deps, reader: Viewer, group: RecordId, start: int) -> dict[str, Any]:
    """Items from height `start` on, also of rival branches, each with its acks; `next`: the next page's height.

    The last page, which has no `next`, also holds each seat's highest ack on this pod's branch.
    """
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group, part="chain")
        view, items = opened.view, await list_items(session, group, start, ENTRIES)
        if isinstance(reader, Account) and opened.state.visibility == "private":
            # People, unlike pods, may not learn where the group continues if they weren't invited there.
            hidden = await untold(session, deps, opened, [item.wire for item in items])
            items = list(takewhile(lambda item: item.wire not in hidden, items))
        acks = await _acks_of(session, view, items)
        highest = await _highest_acks(session, view, start)
    budget, shown, beside = PageBudget(), list[bytes](), list[bytes]()
    for item in items:
        if not budget.take(item.wire, *acks[item.id]):
            break
        shown.append(item.wire)
        beside += acks[item.id]
    page: dict[str, Any] = {"head": view.head}
    following = _following(items, len(shown), start)
    if following is not None:
        page["next"] = following
    else:
        beside += [ack for ack in highest if budget.take(ack) and ack not in beside]
    return page | {"items": [msgspec.Raw(wire) for wire in shown], "acks": [msgspec.Raw(wire) for wire in beside]}


def _following(items: Sequence[StoredItem], shown: int, start: int) -> int | None:
    """The next page's first height; None at the end. Of a height with too many items only the first are shown."""
    if shown == len(items) < ENTRIES:
        return None
    last = items[shown - 1].height
    cut_within = shown < len(items) and items[shown].height == last
    return last if cut_within and last > start else last + 1


async def _acks_of(session: AsyncSession, view: View, items: Sequence[StoredItem]) -> dict[RecordId, list[bytes]]:
    found: dict[RecordId, list[bytes]] = {item.id: [] for item in items}
    if not items:
        return found
    seats = [(seat.member, seat.key) for seat in view.state.asked_seats]
    places = [(item.height, item.id) for item in items]
    for ack in await list_acks_of(session, view.state.group, places, ACKS_PER_ITEM, seats):
        found[ack.item_id].append(ack.wire)
    return found


async def _highest_acks(session: AsyncSession, view: View, start: int) -> list[bytes]:
    """The acks that settle this pod's branch: each seat's highest in each term, also for items below `start`."""
    wanted = {(seat.key, term, height) for (term, seat), height in view.tally.items() if height < start}
    found: list[bytes] = []
    for key, term, height in sorted(wanted):
        acks = await list_acks_at(session, view.state.group, height, ACKS_PER_ITEM, key)
        found += [ack.wire for ack in acks if ack.term == term and view.branch.get(height) == ack.item_id]
    return found


async def log_page(
    deps: Deps, reader: Viewer, group: RecordId, start: int, item: RecordId | None = None
) -> dict[str, Any]:
    """Log entries from index `start` on; with `item`, of that item's log, which may be beside this pod's branch."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        beside = items_beside(await load_view(session, deps, group), item) if item else []
        wires = await _log_beside(session, deps, group, beside, start) if beside else None
        if wires is None:
            wires = [entry.wire for entry in await list_log(session, group, start, ENTRIES)]
    return {"entries": fitting(wires)}


async def _log_beside(
    session: AsyncSession, deps: Deps, group: RecordId, beside: list[RecordId], start: int
) -> list[bytes] | None:
    """Entries from `start` on of the last item's log; None below the fork, where both logs are the same."""
    view, stored = await load_view(session, deps, group), await load_group(session, group)
    first = view.nodes[view.nodes[beside[0]].parent or view.anchor].state.log.size
    if start < first or stored is None:
        return None
    entries: list[RecordId] = []
    for above in beside:
        added = await entries_added(session, view, stored, above)
        if added is None:
            break
        entries += added
    shown = entries[start - first :][:ENTRIES]
    held = await load_records(session, shown)
    return [held[entry].wire for entry in shown]


async def pending_page(deps: Deps, reader: Viewer, group: RecordId, start: int) -> dict[str, Any]:
    """Accepted records that the log lacks, after cursor `start`; `next` is the next page's cursor.

    `operations`: whether any wait here for a seal or for signatures. Records that the log gets after `head` may have
    been pending before.
    """
    async with deps.store.database.read() as session:
        view = (await open_group(session, deps, reader, group)).view
        records = await list_pending(session, group, start, ENTRIES)
        operations = await list_operations(session, group, 1) or await list_proposed(session, group)
    shown = fitting([record.wire for record in records])
    following = records[len(shown) - 1].seq if shown else start
    return {"records": shown, "next": following, "operations": bool(operations), "head": view.head}


async def operations_page(deps: Deps, reader: Viewer, group: RecordId, start: int) -> dict[str, Any]:
    """Operations that wait here for a seal, after cursor `start`; `next` is the next page's cursor.

    The first page also has the few that wait for signatures (`proposed`).
    """
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        operations = await list_operations(session, group, ENTRIES, after_seq=start)
        proposals = await list_proposed(session, group) if start == 0 else []
        if isinstance(reader, Account):
            hidden = await untold(
                session, deps, opened, [one.wire for one in operations] + [one.wire for one in proposals]
            )
            operations = [one for one in operations if one.wire not in hidden]
            proposals = [one for one in proposals if one.wire not in hidden]
    budget, shown = PageBudget(), list[msgspec.Raw]()
    for operation in operations:
        if not budget.take(operation.wire):
            break
        shown.append(msgspec.Raw(operation.wire))
    proposed = [msgspec.Raw(one.wire) for one in proposals if budget.take(one.wire)]
    page: dict[str, Any] = {"operations": shown, "next": operations[len(shown) - 1].seq if shown else start}
    return page | ({"proposed": proposed} if proposed else {})
