"""Entries get their places at the end of a group's log: by the steward's seal, and here when a root fits them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import project_places, refold_author
from models.groups.groups_and_items import StoredGroup, set_group
from models.groups.log_entries import NextEntry
from models.groups.log_tiles import complete_tiles, load_tiles
from models.groups.records import REFUSED, set_logged
from models.groups.seats_and_acks import delete_withheld
from models.groups.waiting_records import delete_receipts
from protocol.ids import RecordId
from protocol.log import Frontier, frontier_at, frontier_of, tile_reader, tiles_for_frontier


class LogEnd(NamedTuple):
    """The log's size at an item, and the item's time (ms)."""

    size: int
    at: int


async def place_entries(
    session: AsyncSession,
    stored: StoredGroup,
    entries: Sequence[NextEntry],
    frontier: Frontier,
    ends: Sequence[LogEnd],
) -> None:
    """Place `entries` at the end of the group's log; `frontier` is the frontier after them.

    `ends`: the items that commit to them, by size, the earliest of each size first.
    """
    first = stored.log_size
    await set_logged(session, [(entry.id, first + place) for place, entry in enumerate(entries)])
    await set_group(session, stored.id, log_size=frontier.size, log_peaks=b"".join(frontier.peaks))
    await project_places(session, {entry.id: entry.type for entry in entries})
    await complete_tiles(session, stored.id, first, frontier.size)
    placed = [entry.id for entry in entries]
    await delete_withheld(session, stored.id, placed)
    await delete_receipts(session, stored.id, dict(_times(entries, first, ends)))
    for author in sorted({entry.author for entry in entries if entry.state == REFUSED and entry.author is not None}):
        # Logged entries count, even if this pod refused them while they waited.
        await refold_author(session, stored.id, author)


def _times(entries: Sequence[NextEntry], first: int, ends: Sequence[LogEnd]) -> Iterator[tuple[RecordId, int | None]]:
    """The entries, and the time of its item for each ballot: one logged too late is proven to be so by its receipt."""
    for place, entry in enumerate(entries, first):
        end = bisect_right(ends, place, key=lambda one: one.size)
        yield entry.id, ends[end].at if entry.type == "Ballot" and end < len(ends) else None


async def frontier_in(session: AsyncSession, stored: StoredGroup, size: int) -> Frontier:
    """The frontier of the log's first `size` entries."""
    if size == stored.log_size:
        return frontier_of(stored.log_size, stored.log_peaks)
    tiles = await load_tiles(session, stored.id, tiles_for_frontier(size))
    return frontier_at(tile_reader(lambda level, number: tiles[level, number]), size)
