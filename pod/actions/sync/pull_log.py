"""The log pulled: what stands under the root of an item is held, whatever this pod would say of it today.

1. Entries gather over pages until a root fits; nothing is placed beyond an item that lies about its log.
2. A record that the door refuses is held meanwhile, and judged by the state before the first item that covers it: its
   author left, was black-listed, changed keys or wrote very much since, or the group was closed. Below the settled item
   the keepers' quorum has judged it, and that state isn't known here any more; then it is enough that its author had
   the key when it was logged (ADR 0023). That a pod shows a record in its log proves nothing, only a root does.
3. An erased entry comes as a shape, which proves nothing. It is held beside an erasure by the author it names; one that
   comes later in the log is waited for (ADR 0026).
4. Each record is logged once: one that has a place, or comes twice, ends what is placed.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import load_wishes
from models.groups.groups_and_items import StoredGroup, list_tree_heads, load_group
from models.groups.log_entries import load_entries
from models.groups.records import REFUSED, NewRecord, insert_records, list_placed, load_known
from models.groups.waiting_records import delete_waiting
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all, take_proven
from pod.actions.chain.log_places import LogEnd, place_entries
from pod.actions.chain.views import load_view
from pod.actions.sync.remote_lists import Source, WalkStep, entries_in, walk
from pod.budgets.written_bytes import WrittenBytes
from pod.deps import Deps
from protocol.authorship import authored_of, check_author, check_logged
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.log import frontier_of, leaf_hash
from protocol.records.chain import TreeHead
from protocol.records.content import Erase
from protocol.records.envelope import Record
from protocol.records.erased import ErasedRecord, wire_of_erased
from protocol.state import GroupState

PAGES = 400  # more than any honest item adds; nothing is placed until a root fits
MOST_ROOTS = 1000
MOST_BYTES = 64 * 1024 * 1024  # of records that the door didn't take, while no root fits
_LOG = logging.getLogger(__name__)
Wish = tuple[RecordId, int]  # (record, author) of an erasure
Held = Arrival | NewRecord | None  # a record that the door didn't take; a shape; what is here already


class Gathered:
    """Entries from index `start` on that have no places yet; `left_out`: the records that the door didn't take."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.entries: list[RecordId] = []
        self.left_out: dict[RecordId, Arrival | ErasedRecord] = {}
        self.bytes = 0  # of the records that were left out
        self.let_in: dict[RecordId, tuple[int, int]] = {}  # author and size of records that the door took as new
        self.named: set[RecordId] = set()  # by erasures; their signers aren't checked
        self.waits_for: RecordId | None = None

    def add(self, entries: Sequence[Record | ErasedRecord], left_out: Collection[Arrival]) -> None:
        """Add a page's entries; `left_out`: those of them that the door refused, or that wait."""
        self.entries += [entry.id for entry in entries]
        self.left_out |= {entry.id: entry for entry in entries if isinstance(entry, ErasedRecord)}
        for arrival in left_out:
            self.bytes += len(arrival.record.wire) if arrival.record.id not in self.left_out else 0
            self.left_out[arrival.record.id] = arrival
        for entry in entries:
            if isinstance(entry, Record) and isinstance(entry.content, Erase):
                self.named.update(entry.content.records)

    def drop(self, count: int, written: WrittenBytes, group: RecordId) -> None:
        """Remove the first `count` entries, which have places now; they no longer count as newly written."""
        for entry in self.entries[:count]:
            if isinstance(left_out := self.left_out.pop(entry, None), Arrival):
                self.bytes -= len(left_out.record.wire)
            if (let_in := self.let_in.pop(entry, None)) is not None:
                written.give_back(group, *let_in)
        del self.entries[:count]
        self.start += count

    @property
    def is_stuck(self) -> bool:
        """Whether the first erased record still lacks an erasure, so that no entry can get a place."""
        return self.waits_for is not None and self.waits_for not in self.named


async def pull_log(deps: Deps, source: Source) -> bool:
    """Pull what the head's log has and this pod lacks; False if the next pull has to go on."""
    have, state = await _log_gap(deps, source.group)
    if have >= state.log.size:
        return True
    gathered = Gathered(have)

    async def take(page: dict[str, Any], position: int) -> WalkStep:
        if not await _keep_pace(deps, source.group, gathered, position):
            return WalkStep(None, useful=False)
        size = (await _log_gap(deps, source.group))[1].log.size
        entries = (await entries_in(page.get("entries"), source.group))[: max(0, size - position)]
        if not entries:
            return WalkStep(None, useful=False)
        await take_entries(deps, source.pod, source.group, entries, gathered)
        if gathered.bytes > MOST_BYTES:
            _LOG.info("log of %s at %s: too much that can't be held before a root fits", source.group, source.pod)
            return WalkStep(None, useful=False)
        following = position + len(entries)
        return WalkStep(following if following < size else None, useful=True)

    return await walk(deps, source, "log", have, take, most=PAGES)


async def take_entries(
    deps: Deps, pod: str, group: RecordId, entries: Sequence[Record | ErasedRecord], gathered: Gathered
) -> None:
    """Take the next entries, and give places to those that a root covers; `pod`: from where they came."""
    gathered.add(entries, await _take(deps, pod, entries, gathered))
    if not gathered.is_stuck:
        await _place(deps, group, gathered)


async def is_log_whole(deps: Deps, group: RecordId) -> bool:
    """Whether this pod has the whole log of its head."""
    have, state = await _log_gap(deps, group)
    return have >= state.log.size


async def _keep_pace(deps: Deps, group: RecordId, gathered: Gathered, position: int) -> bool:
    """Drop entries that a seal or another pull placed meanwhile; False if the page doesn't fit any more."""
    have, _ = await _log_gap(deps, group)
    if not gathered.start <= have <= position:
        return False
    gathered.drop(have - gathered.start, deps.memory.written, group)
    return True


async def _take(deps: Deps, pod: str, entries: Sequence[Record | ErasedRecord], gathered: Gathered) -> list[Arrival]:
    """Give the records to the door; returns those that it refused, or that wait."""
    now = deps.clock()
    arrivals = [Arrival(entry, pod, now) for entry in entries if isinstance(entry, Record)]

    async def action(session: AsyncSession) -> list[Outcome]:
        return await append_all(session, deps, arrivals)

    left_out: list[Arrival] = []
    for arrival, outcome in zip(arrivals, await deps.store.write(action), strict=True):
        record = arrival.record
        if not isinstance(outcome, Taken) or outcome.waits:
            left_out.append(arrival)
        elif outcome.new:
            gathered.let_in[record.id] = (authored_of(record).author, len(record.wire))
    return left_out


async def _log_gap(deps: Deps, group: RecordId) -> tuple[int, GroupState]:
    async with deps.store.database.read() as session:
        view = await load_view(session, deps, group)
        stored = await load_group(session, group)
    return (stored.log_size if stored else 0), view.state


async def _place(deps: Deps, group: RecordId, gathered: Gathered) -> None:
    """Give entries their places, up to the last item whose root they fit."""

    async def action(session: AsyncSession) -> Placed:
        return await _placed(session, deps, group, gathered)

    more = True
    while more:
        count, more = await deps.store.write(action)
        gathered.drop(count, deps.memory.written, group)


class Placed(NamedTuple):
    """How many entries got places; `more`: later items, which weren't looked at, may place further ones."""

    entries: int
    more: bool


async def _placed(session: AsyncSession, deps: Deps, group: RecordId, gathered: Gathered) -> Placed:
    view = await load_view(session, deps, group)
    stored = await load_group(session, group, lock=True)
    if stored is None or stored.log_size != gathered.start:
        return Placed(0, more=False)
    # Entries are gathered over many pages, so the heads are read first: usually they reach no item yet.
    heads = await _tree_heads(session, stored, len(gathered.entries))
    if not heads:
        return Placed(0, more=False)
    roots: dict[int, set[str]] = {}
    for head in heads:
        roots.setdefault(head.log.size, set()).add(head.log.root)
    holdable = await _holdable(session, view, gathered, now=deps.clock())
    frontier = frontier_of(stored.log_size, stored.log_peaks)
    placed, at = frontier, 0
    for count, entry in enumerate(gathered.entries[: len(holdable)], 1):
        frontier = frontier.append(leaf_hash(entry))
        wanted = roots.get(frontier.size)
        if wanted is None:
            continue
        if wanted != {frontier.root().hex()}:
            break  # an item that lies about its log: nothing is placed beyond it
        placed, at = frontier, count
    if at:
        shapes = [shape for shape in holdable[:at] if isinstance(shape, NewRecord)]
        await insert_records(session, shapes)
        await delete_waiting(session, [shape.id for shape in shapes])
        await take_proven(session, deps, [arrival for arrival in holdable[:at] if isinstance(arrival, Arrival)])
        ends = [LogEnd(head.log.size, head.at) for head in heads]
        await place_entries(session, stored, await load_entries(session, gathered.entries[:at]), placed, ends)
        deps.signals.wake(session, group)
    return Placed(at, more=len(heads) == MOST_ROOTS and at == heads[-1].log.size - stored.log_size)


async def _holdable(session: AsyncSession, view: View, gathered: Gathered, *, now: int) -> list[Held]:
    """For each entry, up to the first that can't be held: None if it is here, else what has to be stored."""
    known = await load_known(session, gathered.entries)
    placed = set(await list_placed(session, gathered.entries))
    wishes = await _wishes(session, view, gathered)
    holdable: list[Held] = []
    gathered.waits_for = None
    for index, entry in enumerate(gathered.entries, gathered.start):
        if entry in placed:
            break
        placed.add(entry)
        if entry in known:
            holdable.append(None)
            continue
        left_out = gathered.left_out.get(entry)
        if isinstance(left_out, ErasedRecord) and (entry, left_out.author) not in wishes:
            gathered.waits_for = entry
            break
        record = _stored_anyway(view, left_out, index, now=now) if left_out is not None else None
        if record is None:
            break
        holdable.append(record)
    return holdable


async def _wishes(session: AsyncSession, view: View, gathered: Gathered) -> set[Wish]:
    """(record, author) of the erasures of these shapes; an erasure is stored here or stands further on in the log."""
    shapes = [own_id for own_id, entry in gathered.left_out.items() if isinstance(entry, ErasedRecord)]
    wishes = {(record, author) for record, _, author in await load_wishes(session, shapes)}
    for index, own_id in enumerate(gathered.entries if shapes else (), gathered.start):
        entry = gathered.left_out.get(own_id)
        if isinstance(entry, Arrival) and isinstance(entry.record.content, Erase):
            erasure = entry.record.content
            if _stored_anyway(view, entry, index, now=0) is not None:
                wishes |= {(record, erasure.author) for record in erasure.records}
    return wishes


def _stored_anyway(view: View, entry: Arrival | ErasedRecord, index: int, *, now: int) -> Held:
    """What to store of an entry that the door didn't take, once it has its place. None: it can't stand there."""
    try:
        if isinstance(entry, ErasedRecord):
            check_logged(view.state, entry.author, entry.key, (), index=index)
            return _of_shape(entry, now=now)
        authored = authored_of(entry.record)
        before = _state_before(view, index)
        if before is None:
            check_logged(view.state, authored.author, authored.key, entry.record.signers, index=index)
        else:
            check_author(before, entry.record)
        return entry
    except RefusedError:
        return None


def _state_before(view: View, index: int) -> GroupState | None:
    """The state before the first item of our branch whose log has this index; None if that is settled."""
    if index < view.settled.log.size:
        return None
    heights = range(view.settled.height + 1, view.state.height + 1)
    place = bisect_right(heights, index, key=lambda height: view.nodes[view.branch[height]].state.log.size)
    return view.nodes[view.branch[heights[place] - 1]].state if place < len(heights) else None


def _of_shape(shape: ErasedRecord, *, now: int) -> NewRecord:
    return NewRecord(
        id=shape.id,
        group_id=shape.group,
        type=shape.type,
        author=shape.author,
        key=shape.key,
        counter=shape.counter,
        at=None,
        wire=wire_of_erased(shape),
        accepted_at=now,
        state=REFUSED,
        erased=True,
    )


class _Committed(msgspec.Struct):
    log: TreeHead
    at: int


_COMMITTED = msgspec.json.Decoder(_Committed)


async def _tree_heads(session: AsyncSession, stored: StoredGroup, gathered: int) -> list[_Committed]:
    """The items of our branch, by the size of their logs, whose logs `gathered` more entries can reach."""
    first, last = stored.log_size + 1, stored.log_size + gathered
    wires = await list_tree_heads(session, stored.id, first, last, MOST_ROOTS)
    return [_COMMITTED.decode(wire) for wire in wires]
