"""Which groups are this pod's floor, as one reader may know of them."""

from __future__ import annotations

import msgspec

from pod.actions.access import Reader, open_those
from pod.deps import Deps
from protocol.ids import RecordId


class FloorSight(msgspec.Struct, frozen=True):
    """The floor: (group, name) of those that the reader may read; `others` aren't here, or aren't for this reader."""

    named: tuple[tuple[RecordId, str], ...]
    others: int


async def describe_floor(deps: Deps, reader: Reader) -> FloorSight:
    """The groups of `[moderation] floor`, in its order."""
    floor = dict.fromkeys(RecordId(group) for group in deps.config.moderation.floor)
    async with deps.store.database.read() as session:
        found = await open_those(session, deps, reader, floor)
    return FloorSight(tuple((group, found[group].name) for group in floor if group in found), len(floor) - len(found))
