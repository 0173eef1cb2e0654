"""The pod's floor: the groups of `[moderation] floor` and those that admins chose; what they don't show is withheld.

One that isn't here yet hides nothing, and the pages, /about and the doctor say so (ADR 0038).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_sums
from models.engine.databases import UNKNOWN
from models.groups.groups_and_items import load_visibility
from models.pod.floor_groups import FloorGroup, list_chosen
from moderation.shown import is_hosted
from pod.actions.access import Reader, open_those
from pod.actions.chain.views import load_view
from pod.config import Config
from pod.deps import Deps
from pod.errors import UnknownGroupError
from protocol.ids import RecordId
from protocol.records.content import Token


class FloorSight(msgspec.Struct, frozen=True):
    """The floor: (group, name) of those that the reader may read, those not held here, and how many others."""

    named: tuple[tuple[RecordId, str], ...]
    lacking: tuple[FloorGroup, ...]
    others: int


async def list_floor(session: AsyncSession, config: Config) -> list[FloorGroup]:
    """The groups of the floor: those of the configuration first, then in the order in which admins chose them."""
    configured = [FloorGroup(group, pod) for group, pod in config.moderation.configured_groups]
    named = {one.group for one in configured}
    return [*configured, *(one for one in await list_chosen(session) if one.group not in named)]


async def list_lacking_floor(session: AsyncSession, config: Config) -> list[FloorGroup]:
    """The groups of the floor that aren't here, so that nothing is hidden by them."""
    floor = await list_floor(session, config)
    return [one for one in floor if await load_visibility(session, one.group) is None]


async def load_floor(session: AsyncSession, deps: Deps) -> Mapping[RecordId, int]:
    """The default scores of the floor's groups that are here; kept in memory until the next commit."""
    version = await deps.store.database.seen_by(session)
    if version is None or version == UNKNOWN:
        return await _load_floor(session, deps)
    return await deps.store.remembered.get(version, "floor", partial(_load_floor, session, deps))


async def _load_floor(session: AsyncSession, deps: Deps) -> dict[RecordId, int]:
    found = {}
    for one in await list_floor(session, deps.config):
        with suppress(UnknownGroupError):
            found[one.group] = (await load_view(session, deps, one.group)).state.default_score
    return found


async def list_unhosted(session: AsyncSession, deps: Deps, tokens: Collection[Token]) -> frozenset[Token]:
    """Those of the targets with defaults (posts, profiles, subjects) that the floor hides."""
    floor = await load_floor(session, deps) if tokens else {}
    sums = await load_sums(session, floor, tokens) if floor else {}
    return frozenset(
        token
        for token in tokens
        if not is_hosted(default + sums.get((group, token), 0) for group, default in floor.items())
    )


async def describe_floor(deps: Deps, reader: Reader) -> FloorSight:
    """The floor, as far as the reader may know of it."""
    async with deps.store.database.read() as session:
        floor = [one.group for one in await list_floor(session, deps.config)]
        lacking = await list_lacking_floor(session, deps.config)
        found = await open_those(session, deps, reader, floor)
    named = tuple((group, found[group].name) for group in floor if group in found)
    return FloorSight(named, tuple(lacking), len(floor) - len(named) - len(lacking))
