"""Who did something in a stretch of a group's chain, and which item a deadline falls at."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.statements import Prepared
from models.groups.groups_and_items import ITEMS
from models.groups.records import RECORDS
from protocol.ids import RecordId


class ItemPlace(msgspec.Struct, frozen=True):
    """An item of the head's chain: its time (ms) and the size of the log that it commits to."""

    id: RecordId
    height: int
    at: int
    log_size: int


async def first_item_from(session: AsyncSession, group: RecordId, at: int) -> ItemPlace | None:
    """The first item of the head's chain that isn't before `at`; None while there is none."""
    rows = await _FIRST.run(session, group=group, since=at)
    return ItemPlace(*rows[0]) if rows else None


_PLACE = [ITEMS.c[name] for name in ItemPlace.__struct_fields__]
_FIRST: Final = Prepared(
    lambda _: (
        select(*_PLACE)
        .where(ITEMS.c.group_id == bindparam("group"), ITEMS.c.on_chain, ITEMS.c.at >= bindparam("since"))
        .order_by(ITEMS.c.at, ITEMS.c.height)
        .limit(1)
    )
)


async def load_log_size(session: AsyncSession, group: RecordId, height: int) -> int:
    """The size of the log that the item at this height of the head's chain commits to; 0 below the root."""
    size: int | None = await _SIZE.value(session, group=group, height=height)
    return size or 0


_SIZE: Final = Prepared(
    lambda _: select(ITEMS.c.log_size).where(
        ITEMS.c.group_id == bindparam("group"), ITEMS.c.on_chain, ITEMS.c.height == bindparam("height")
    )
)


async def list_log_sizes(session: AsyncSession, group: RecordId, *, above: int, most: int) -> list[tuple[int, int]]:
    """The sizes above a leaf that the log had up to a size, each with the time (ms) of the first item that has it."""
    return [(size, at) for size, at in await _SIZES.run(session, group=group, above=above, most=most)]


_SIZES: Final = Prepared(
    lambda _: (
        select(ITEMS.c.log_size, func.min(ITEMS.c.at))
        .where(
            ITEMS.c.group_id == bindparam("group"),
            ITEMS.c.on_chain,
            ITEMS.c.log_size > bindparam("above"),
            ITEMS.c.log_size <= bindparam("most"),
        )
        .group_by(ITEMS.c.log_size)
        .order_by(ITEMS.c.log_size)
    )
)


async def has_logged(session: AsyncSession, group: RecordId, author: int, start: int, end: int) -> bool:
    """Whether one of the log's entries start … end − 1 is by this author."""
    wanted = select(RECORDS.c.seq).where(
        RECORDS.c.group_id == group,
        RECORDS.c.author == author,
        RECORDS.c.log_index >= start,
        RECORDS.c.log_index < end,
    )
    return await session.scalar(wanted.limit(1)) is not None


async def list_logged_authors(session: AsyncSession, group: RecordId, start: int, end: int) -> set[int]:
    """The authors of the log's entries start … end − 1."""
    wanted = (
        select(RECORDS.c.author)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index >= start, RECORDS.c.log_index < end)
        .distinct()
    )
    return set(await session.scalars(wanted))


async def last_sealed_at(session: AsyncSession, group: RecordId, author: int, *, joined: int) -> int | None:
    """The time (ms) of the item that covers a member's newest logged record, or else of that in which they joined."""
    index: int | None = await _NEWEST.value(session, group=group, author=author)
    if index is None:
        found: int | None = await _AT.value(session, group=group, height=joined)
        return found
    covered: int | None = await _COVERED.value(session, group=group, index=index)
    return covered


_NEWEST: Final = Prepared(
    lambda _: (
        select(RECORDS.c.log_index)
        .where(
            RECORDS.c.group_id == bindparam("group"),
            RECORDS.c.author == bindparam("author"),
            RECORDS.c.log_index.is_not(None),
        )
        .order_by(RECORDS.c.key.desc(), RECORDS.c.counter.desc())
        .limit(1)
    )
)
_COVERED: Final = Prepared(
    lambda _: (
        select(ITEMS.c.at)
        .where(ITEMS.c.group_id == bindparam("group"), ITEMS.c.on_chain, ITEMS.c.log_size > bindparam("index"))
        .order_by(ITEMS.c.log_size, ITEMS.c.height)
        .limit(1)
    )
)
_AT: Final = Prepared(
    lambda _: select(ITEMS.c.at).where(
        ITEMS.c.group_id == bindparam("group"), ITEMS.c.on_chain, ITEMS.c.height == bindparam("height")
    )
)
