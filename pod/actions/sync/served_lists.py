"""Pages of a group's chain, log and pending records for peers; any pod of the group answers, if the reader may read."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import list_items, load_group
from models.groups.records import list_log, list_pending, load_records
from models.groups.seats_and_acks import list_acks
from pod.actions.access import Viewer, open_group
from pod.actions.chain.branch_logs import entries_added, items_beside
from pod.actions.chain.views import load_view
from pod.deps import Deps
from protocol.ids import RecordId

PAGE = 500
PAGE_BYTES = 700 * 1024  # a puller takes 1 MiB


async def chain_page(deps: Deps, reader: Viewer, group: RecordId, start: int) -> dict[str, Any]:
    """Items from height `start`, rival branches included, and the acks of items from there."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group, part="chain")
        items = await list_items(session, group, start, PAGE)
        acks = await list_acks(session, group, start, PAGE)
    return {"items": _raw([item.wire for item in items]), "acks": _raw([ack.wire for ack in acks])}


async def log_page(
    deps: Deps, reader: Viewer, group: RecordId, start: int, item: RecordId | None = None
) -> dict[str, Any]:
    """Log entries from index `start`; those of the log of `item`, which may stand beside the chosen branch."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        beside = items_beside(await load_view(session, deps, group), item) if item else []
        wires = await _log_beside(session, deps, group, beside, start) if beside else None
        if wires is None:
            wires = [entry.wire for entry in await list_log(session, group, start, PAGE)]
    return {"entries": _raw(wires)}


async def _log_beside(
    session: AsyncSession, deps: Deps, group: RecordId, beside: list[RecordId], start: int
) -> list[bytes] | None:
    """Entries from `start` of the log of the last of these items; None below the fork, whose log is the common one."""
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
    shown = entries[start - first :][:PAGE]
    held = await load_records(session, shown)
    return [held[entry].wire for entry in shown]


async def pending_page(deps: Deps, reader: Viewer, group: RecordId, start: int) -> dict[str, Any]:
    """Accepted records that the log lacks, after cursor `start`; `next` is where to go on."""
    async with deps.store.database.read() as session:
        await open_group(session, deps, reader, group)
        records = await list_pending(session, group, start, PAGE)
    shown = _raw([record.wire for record in records])
    return {"records": shown, "next": records[len(shown) - 1].seq if shown else start}


def _raw(wires: list[bytes]) -> list[msgspec.Raw]:
    shown: list[msgspec.Raw] = []
    size = 0
    for wire in wires:
        size += len(wire)
        if shown and size > PAGE_BYTES:
            break
        shown.append(msgspec.Raw(wire))
    return shown
