"""Merkle proofs of a group's log (RFC 9162): that an entry stands in it, and that it only grew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.groups.log_tiles import load_tiles
from models.groups.records import list_log
from pod.actions.access import Viewer, open_group
from pod.deps import Deps
from pod.rules.chains import ChainRule
from protocol.ids import RecordId
from protocol.log import (
    Tile,
    consistency_proof,
    inclusion_proof,
    tile_reader,
    tiles_for_consistency,
    tiles_for_inclusion,
)


class Proof(msgspec.Struct, frozen=True, omit_defaults=True):
    """A path (hex): of entry `leaf` with id `record` in the log of `size`; or from size `first` to size `second`."""

    path: tuple[str, ...]
    leaf: int | None = None
    size: int | None = None
    record: RecordId | None = None
    first: int | None = None
    second: int | None = None


async def prove_inclusion(deps: Deps, reader: Viewer, group: RecordId, leaf: int, size: int) -> Proof:
    """The path from entry `leaf` to the root of the first `size` entries; NotFoundError beyond the log's end."""
    async with deps.store.database.read() as session:
        await _check_size(session, deps, reader, group, size)
        if leaf >= size:
            raise ChainRule.NOT_AMONG_FIRST.error(leaf=leaf, size=size)
        (entry,) = await list_log(session, group, leaf, 1)
        path = await load_inclusion(session, group, leaf, size)
    return Proof(path, leaf=leaf, size=size, record=entry.id)


async def load_inclusion(session: AsyncSession, group: RecordId, leaf: int, size: int) -> tuple[str, ...]:
    """The path of an entry among the first `size`, which must be here, for who may read the group."""
    tiles = await load_tiles(session, group, tiles_for_inclusion(leaf, size))
    return _hex(inclusion_proof(tile_reader(_tile(tiles)), leaf, size))


async def prove_consistency(deps: Deps, reader: Viewer, group: RecordId, first: int, second: int) -> Proof:
    """The proof that the first `first` of `second` entries are unchanged; NotFoundError beyond the log's end."""
    async with deps.store.database.read() as session:
        await _check_size(session, deps, reader, group, second)
        if first > second:
            raise ChainRule.NEVER_HAD.error(second=second, first=first)
        tiles = await load_tiles(session, group, tiles_for_consistency(first, second))
    return Proof(_hex(consistency_proof(tile_reader(_tile(tiles)), first, second)), first=first, second=second)


async def _check_size(session: AsyncSession, deps: Deps, reader: Viewer, group: RecordId, size: int) -> None:
    await open_group(session, deps, reader, group)
    stored = await load_group(session, group)
    held = stored.log_size if stored else 0
    if size > held:
        raise ChainRule.ENTRIES_HELD.error(held=held)


def _tile(tiles: Mapping[Tile, Sequence[bytes]]) -> Callable[[int, int], Sequence[bytes]]:
    return lambda level, number: tiles[level, number]


def _hex(path: list[bytes]) -> tuple[str, ...]:
    return tuple(step.hex() for step in path)
