"""The inside of group logs: leaves are the records' places; each full tile keeps its root; rivals' entries stay known.

A proof asks `protocol.log.tiles_for_…` which tiles it reads and has them loaded by `load_tiles`: about two
of each level.
"""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, bytes_of_id, id_of_bytes, table_of
from models.engine.upserts import chunks, insert_new, upsert
from models.groups.records import RECORDS, cut_log
from protocol.ids import RecordId
from protocol.log import TILE_WIDTH, Tile, leaf_hash, root_of

MAX_TILE_LEVEL: Final = 4  # 256^5 leaves are more than any log has


class LogTileRow(Base):
    """The root of one full tile: entry `number` of tile level `level` (≥ 1), over 256^level leaves."""

    __tablename__ = "log_tiles"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[bytes]


class SideLogRow(Base):
    """What an item beside our branch adds to its parent's log: places from `first` on, ids of 32 bytes each."""

    __tablename__ = "side_logs"

    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(index=True)
    first: Mapped[int]
    entries: Mapped[bytes]


class SideLog(msgspec.Struct, frozen=True):
    """The log entries that an item beside our branch adds, from place `first` on; its root was checked."""

    item: RecordId
    group: RecordId
    first: int
    entries: tuple[RecordId, ...]


TILES = table_of(LogTileRow)
SIDE_LOGS = table_of(SideLogRow)
_ID_BYTES: Final = 32


async def load_leaves(session: AsyncSession, group: RecordId, start: int, end: int) -> list[bytes]:
    """Leaf hashes start … end − 1; fewer if the log is shorter."""
    return [leaf_hash(record) for record in await list_entries(session, group, start, end)]


async def load_tile(session: AsyncSession, group: RecordId, level: int, number: int) -> list[bytes]:
    """The complete hashes of one tile."""
    start, end = number * TILE_WIDTH, (number + 1) * TILE_WIDTH
    if level == 0:
        return await load_leaves(session, group, start, end)
    wanted = (
        select(TILES.c.hash)
        .where(TILES.c.group_id == group, TILES.c.level == level)
        .where(TILES.c.number >= start, TILES.c.number < end)
        .order_by(TILES.c.number)
    )
    return list(await session.scalars(wanted))


async def load_tiles(session: AsyncSession, group: RecordId, tiles: Collection[Tile]) -> dict[Tile, list[bytes]]:
    """The tiles that a proof will read."""
    return {tile: await load_tile(session, group, *tile) for tile in tiles}


async def complete_tiles(session: AsyncSession, group: RecordId, old_size: int, new_size: int) -> None:
    """Store the roots of the tiles that were filled when the log grew from `old_size` to `new_size`."""
    for level in range(1, MAX_TILE_LEVEL + 1):
        width = TILE_WIDTH**level
        full = range(old_size // width, new_size // width)
        if not full:
            return
        rows = []
        for number in full:
            below = await load_tile(session, group, level - 1, number)
            rows.append({"group_id": group, "level": level, "number": number, "hash": root_of(below)})
        await upsert(session, TILES, rows)


async def truncate_log(session: AsyncSession, group: RecordId, size: int) -> dict[RecordId, str]:
    """Cut the log at `size` entries; returns the entries that were cut, with their types: they are pending again."""
    cut = await cut_log(session, group, size)
    for level in range(1, MAX_TILE_LEVEL + 1):
        await session.execute(
            delete(TILES).where(
                TILES.c.group_id == group, TILES.c.level == level, TILES.c.number >= size // TILE_WIDTH**level
            )
        )
    return cut


async def list_entries(session: AsyncSession, group: RecordId, start: int, end: int) -> list[RecordId]:
    """The ids of entries start … end − 1; fewer if the log is shorter."""
    wanted = (
        select(RECORDS.c.id)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index >= start, RECORDS.c.log_index < end)
        .order_by(RECORDS.c.log_index)
    )
    return list((await session.scalars(wanted)).all())


async def insert_side_log(session: AsyncSession, log: SideLog) -> None:
    """Store what an item adds to the log while it isn't on our branch."""
    entries = b"".join(bytes_of_id(entry) for entry in log.entries)
    row = {"item_id": log.item, "group_id": log.group, "first": log.first, "entries": entries}
    await insert_new(session, SIDE_LOGS, [row])


async def load_side_logs(session: AsyncSession, items: Collection[RecordId]) -> dict[RecordId, SideLog]:
    """The stored entries of these items."""
    found: dict[RecordId, SideLog] = {}
    for some in chunks(items):
        for row in await session.execute(select(SIDE_LOGS).where(SIDE_LOGS.c.item_id.in_(some))):
            parts = (row.entries[place : place + _ID_BYTES] for place in range(0, len(row.entries), _ID_BYTES))
            entries = tuple(id_of_bytes(part) for part in parts)
            found[row.item_id] = SideLog(row.item_id, row.group_id, row.first, entries)
    return found


async def delete_side_logs(session: AsyncSession, items: Collection[RecordId]) -> None:
    """Delete the entries of items that are on our branch now, or lost for good."""
    for some in chunks(items):
        await session.execute(delete(SIDE_LOGS).where(SIDE_LOGS.c.item_id.in_(some)))
