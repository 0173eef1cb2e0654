"""The log of an item beside the chosen branch, pulled from a pod: held here if it fits every root up to that item.

Who joined on that branch, or wrote before it was closed, isn't known to the head. What the door doesn't take for that
is held all the same once the roots prove it, judged by the state before its own item (ADR 0022); until that branch is
chosen it doesn't count.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.groups.records import NewRecord
from pod.actions.chain.branch_logs import items_beside, take_side_entries
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all, new_record
from pod.actions.chain.views import find_view, load_view
from pod.actions.sync.pull_log import MOST_BYTES
from pod.actions.sync.remote_lists import WalkStep, entries_in, source_of, walk
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import Record

MOST_PAGES = 1000


class _Gathered:
    """The entries of a branch, from the fork on; `left_out`: the records that the door didn't take."""

    def __init__(self, deps: Deps, pod: str, group: RecordId, size: int) -> None:
        self._deps, self._pod, self._group, self._size = deps, pod, group, size
        self._bytes = 0
        self.entries: list[RecordId] = []
        self.left_out: dict[RecordId, tuple[Record, NewRecord]] = {}

    async def take(self, page: dict[str, Any], position: int) -> WalkStep:
        """Take one page's entries."""
        deps = self._deps
        entries = (await entries_in(page.get("entries"), self._group))[: self._size - position]
        arrivals = [Arrival(entry, self._pod, deps.clock()) for entry in entries if isinstance(entry, Record)]

        async def action(session: AsyncSession) -> list[Outcome]:
            return await append_all(session, deps, arrivals)

        for arrival, outcome in zip(arrivals, await deps.store.write(action), strict=True):
            if not isinstance(outcome, Taken) or outcome.waits:
                self._leave_out(arrival)
        self.entries += [entry.id for entry in entries]
        following = position + len(entries)
        more = following < self._size and self._bytes <= MOST_BYTES
        return WalkStep(following if more else None, useful=bool(entries))

    def _leave_out(self, arrival: Arrival) -> None:
        with suppress(RefusedError):  # it names no author
            self.left_out[arrival.record.id] = (arrival.record, new_record(arrival))
            self._bytes += len(arrival.record.wire)


async def pull_branch(deps: Deps, pod: str, group: RecordId, item: RecordId) -> bool:
    """Pull the log of an item beside our branch; returns whether it fits all roots up to that item."""
    source = await source_of(deps, pod, group)
    view = await find_view(deps, group)
    beside = items_beside(view, item)
    if not beside:
        return False
    start = view.nodes[view.nodes[beside[0]].parent or view.anchor].state.log.size
    size = view.nodes[item].state.log.size
    gathered = _Gathered(deps, pod, group, size)
    if start < size:
        await walk(deps, source, f"log?item={item}", start, gathered.take, most=MOST_PAGES)
    if start + len(gathered.entries) < size:
        return False

    async def action(session: AsyncSession) -> bool:
        held, stored = await load_view(session, deps, group), await load_group(session, group)
        entries, left_out = gathered.entries, gathered.left_out
        return stored is not None and await take_side_entries(session, held, stored, item, entries, left_out)

    return await deps.store.write(action)
