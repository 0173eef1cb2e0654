"""The lines that carry signed records: an account's personal group, and what it wrote in other groups."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import count_erased
from models.moving.own_log import (
    SettledItem,
    list_own_groups,
    list_own_marks,
    list_own_placed,
    list_placed,
    list_settled_acks,
    list_settled_items,
    load_settled,
    load_settled_mark,
)
from models.people.accounts import Account
from pod.deps import Deps
from protocol.copies import CopyLine, ack_key, entry_key, item_key, place_of, record_line
from protocol.ids import RecordId

ITEM = "item"
ACK = "ack"
ENTRY = "entry"
_MOST_ITEMS = 64  # an item may have half a megabyte


async def list_personal(session: AsyncSession, deps: Deps, account: Account, after: str, limit: int) -> list[CopyLine]:
    """The next lines of the personal group: chain, acks and log as far as they are settled."""
    del deps
    group = account.personal_group
    settled = await load_settled(session, group) if group else None
    if group is None or settled is None:
        return []
    (highest, log_size), place = settled, place_of(after)
    items = await list_settled_items(
        session, group, above=place.height, log_from=place.index, highest=highest, limit=_MOST_ITEMS
    )
    entries = await list_placed(session, group, place.index, log_size, limit)
    lines = [record_line(entry_key(entry.log_index), ENTRY, entry.wire) for entry in entries]
    lines += [record_line(item_key(item.log_size, item.height), ITEM, item.wire) for item in items]
    lines += await _acks(session, group, items, after)
    # Where a list is cut, another one may go on further: what lies beyond comes with the next page.
    ends = [item_key(items[-1].log_size, items[-1].height)] if len(items) == _MOST_ITEMS else []
    ends += [entry_key(entries[-1].log_index)] if len(entries) == limit else []
    return sorted((line for line in lines if not ends or line.key <= min(ends)), key=lambda line: line.key)[:limit]


async def _acks(session: AsyncSession, group: RecordId, items: Sequence[SettledItem], after: str) -> list[CopyLine]:
    """The acks of these items, and those after the cursor of the item at which it stands."""
    sizes = {item.height: item.log_size for item in items}
    if (place := place_of(after)).height >= 0:
        sizes[place.height] = place.index
    if not sizes:
        return []
    acks = await list_settled_acks(session, group, min(sizes), max(sizes))
    lines = [
        record_line(ack_key(sizes[ack.height], ack.height, ack.term, ack.item, ack.seat), ACK, ack.wire)
        for ack in acks
        if ack.height in sizes
    ]
    return [line for line in lines if line.key > after]


async def list_records(
    session: AsyncSession, account: Account, after: str, limit: int, *, until: str, private: bool
) -> list[CopyLine]:
    """The next of the records that the account wrote in groups and their logs hold, group by group."""
    place, lines = place_of(after), list[CopyLine]()
    for own in await list_own_groups(session, account.id, from_group=place.group, private=private):
        if len(lines) == limit or (until and own.group >= until):
            break
        start = place.index if own.group == place.group else 0
        found = await list_own_placed(session, own, start, limit - len(lines))
        lines += [record_line(entry_key(entry.log_index, own.group), ENTRY, entry.wire) for entry in found]
    return lines


async def mark_personal(session: AsyncSession, account: Account) -> str:
    """What changes with any line of `personal`: the settled item, what was confirmed, what was erased."""
    group = account.personal_group
    if group is None:
        return ""
    anchor, revision, log_size = await load_settled_mark(session, group)
    return f"{anchor} {revision} {await count_erased(session, group, 0, log_size)}"


async def mark_records(session: AsyncSession, account: Account, *, private: bool) -> list[tuple[RecordId, str]]:
    """For each group, what changes with any line of `records` there: the last one, and how many are erased."""
    found = await list_own_marks(session, account.id, private=private)
    return [(own.group, f"{own.number} {own.last} {own.erased}") for own in found]
