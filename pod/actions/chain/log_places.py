"""Entries get their places at the end of a group's log: by the steward's seal, and here when a root fits them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.projections import project_places, refold_author
from models.groups.groups_and_items import StoredGroup, set_group
from models.groups.log_entries import NextEntry
from models.groups.log_tiles import complete_tiles, load_tiles
from models.groups.records import REFUSED, set_logged
from models.groups.seats_and_acks import delete_withheld
from models.groups.waiting_records import delete_receipts
from protocol.log import Frontier, frontier_at, frontier_of, tile_reader, tiles_for_frontier


async def place_entries(
    session: AsyncSession, stored: StoredGroup, entries: Sequence[NextEntry], frontier: Frontier
) -> None:
    """Place `entries` at the end of the group's log; `frontier` is the frontier after them."""
    first = stored.log_size
    await set_logged(session, [(entry.id, first + place) for place, entry in enumerate(entries)])
    await set_group(session, stored.id, log_size=frontier.size, log_peaks=b"".join(frontier.peaks))
    await project_places(session, {entry.id: entry.type for entry in entries})
    await complete_tiles(session, stored.id, first, frontier.size)
    placed = [entry.id for entry in entries]
    await delete_withheld(session, stored.id, placed)
    await delete_receipts(session, stored.id, placed)
    for author in sorted({entry.author for entry in entries if entry.state == REFUSED and entry.author is not None}):
        # Logged entries count, even if this pod refused them while they waited.
        await refold_author(session, stored.id, author)


async def frontier_in(session: AsyncSession, stored: StoredGroup, size: int) -> Frontier:
    """The frontier of the log's first `size` entries."""
    if size == stored.log_size:
        return frontier_of(stored.log_size, stored.log_peaks)
    tiles = await load_tiles(session, stored.id, tiles_for_frontier(size))
    return frontier_at(tile_reader(lambda level, number: tiles[level, number]), size)
