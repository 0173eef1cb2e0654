"""A chain as the store has it, read to its end however long it is: items, acks, what waits; page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import StoredItem, list_items
from models.groups.seats_and_acks import StoredAck, list_acks
from models.groups.waiting_records import Promise, WaitingOperation, list_broken_promises, list_operations
from protocol.ids import RecordId
from protocol.keys import DidKey

PAGE: Final = 1000


async def all_items(session: AsyncSession, group: RecordId, from_height: int, *, page: int = PAGE) -> list[StoredItem]:
    """Every item at or above a height, by (height, id), without dropped ones."""
    items: list[StoredItem] = []
    while True:
        after = (items[-1].height, items[-1].id) if items else None
        found = await list_items(session, group, from_height, page, after=after)
        items += found
        if len(found) < page:
            return items


async def all_acks(
    session: AsyncSession, group: RecordId, from_height: int, *, seat: DidKey | None = None, page: int = PAGE
) -> list[StoredAck]:
    """Every ack of an item at or above a height, the highest first; with `seat`, only that seat's."""
    acks: list[StoredAck] = []
    while True:
        found = await list_acks(session, group, from_height, page, seat=seat, after=acks[-1] if acks else None)
        acks += found
        if len(found) < page:
            return acks


async def waiting_operations(
    session: AsyncSession, group: RecordId, *, page: int = PAGE
) -> AsyncIterator[WaitingOperation]:
    """Every operation that waits for a seal, in order of arrival."""
    after = 0
    while found := await list_operations(session, group, page, after_seq=after):
        for operation in found:
            yield operation
        after = found[-1].seq


async def broken_promises(
    session: AsyncSession, group: RecordId, by_before: int, *, page: int = PAGE
) -> AsyncIterator[Promise]:
    """Every promise of a seal whose time is over and which the log doesn't keep, the oldest first."""
    after = None
    while found := await list_broken_promises(session, group, by_before, page, after=after):
        for promise in found:
            yield promise
        after = found[-1]
