"""The pod's floor as admins choose it: a group is brought here, looked at, chosen, let go; each act written down."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.floor_effects import FloorEffect, count_hidden, list_hidden_posts
from models.content.home_feed import load_cards
from models.groups.groups_and_items import load_group
from models.people.accounts import Account
from models.pod.floor_groups import FloorGroup, delete_chosen, insert_chosen
from moderation.lens import Layer, Lens
from pod.actions.access import open_group, open_those
from pod.actions.audit import write_down
from pod.actions.fediverse.readers import keep_reading
from pod.actions.groups.pasted_links import resolve
from pod.actions.groups.subscriptions import bring_here
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.floor import list_floor, list_lacking_floor
from pod.actions.reading.lens.verdicts import load_layers
from pod.actions.reading.post.cards import VisibleCard, load_excerpts, visible_card
from pod.actions.sync.pull import fetch_group
from pod.deps import Deps
from pod.rules.admin import AdminRule
from protocol.ids import RecordId
from protocol.records.content import PostTarget

EXAMPLES: Final = 5
LOOKED_AT: Final = 50  # how many of the latest posts are looked at; what its own group hides is no example
ACT: Final = "floor"


class FloorLine(msgspec.Struct, frozen=True):
    """A group of the floor. `name`: None if it isn't here or this admin may not read it; `configured`: in pod.toml."""

    group: RecordId
    pod: str
    name: str | None
    here: bool
    configured: bool


class FloorPreview(msgspec.Struct, frozen=True):
    """What a group would hide. `lacking`: how many of its records aren't here yet. `chosen`: it decides already."""

    group: RecordId
    name: str
    default_score: int
    effect: FloorEffect
    examples: tuple[VisibleCard, ...]
    lacking: int
    chosen: bool
    configured: bool


async def read_floor(deps: Deps, admin: Account) -> list[FloorLine]:
    """All groups of the floor, those of pod.toml first."""
    configured = {group for group, _ in deps.config.moderation.configured_groups}
    async with deps.store.database.read() as session:
        floor = await list_floor(session, deps.config)
        lacking = {one.group for one in await list_lacking_floor(session, deps.config)}
        opened = await open_those(session, deps, admin, [one.group for one in floor])
    names = {group: found.name for group, found in opened.items()}
    return [
        FloorLine(one.group, one.pod, names.get(one.group), one.group not in lacking, one.group in configured)
        for one in floor
    ]


async def bring(deps: Deps, typed: str) -> FloorGroup:
    """Fetch the group to which an address leads, without choosing it; raises RefusedError or RemoteError."""
    pasted = await resolve(deps, typed)
    return FloorGroup(await bring_here(deps, pasted), "" if pasted.pod == deps.identity.base_url else pasted.pod)


async def preview(deps: Deps, admin: Account, group: RecordId) -> FloorPreview:
    """What the group alone would hide here, leaving the rest of the floor out; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, admin, group)
        default = opened.state.default_score
        stored = await load_group(session, group)
        chosen = {one.group for one in await list_floor(session, deps.config)}
        return FloorPreview(
            group,
            opened.name,
            default,
            await count_hidden(session, group, default),
            await _examples(session, deps, admin, group, default),
            opened.state.log.size - (stored.log_size if stored else 0),
            group in chosen,
            group in {configured for configured, _ in deps.config.moderation.configured_groups},
        )


async def _examples(
    session: AsyncSession, deps: Deps, admin: Account, group: RecordId, default: int
) -> tuple[VisibleCard, ...]:
    """The latest posts that the group hides and their own groups show, in the words that this admin may read."""
    cards = await load_cards(session, await list_hidden_posts(session, group, default, admin.id, LOOKED_AT))
    opened = await open_those(session, deps, admin, {card.group_id for card in cards.values()})
    met = [card for card in cards.values() if card.group_id in opened]
    tokens = {card.id: PostTarget(card.id).token for card in met}
    layers = await load_layers(session, deps, admin, sorted(opened), list(tokens.values()), everybody=True)
    lenses = {card.id: Lens((card.group_id,)) for card in met}
    verdicts = {card.id: layers.judge(lenses[card.id], tokens[card.id]) for card in met}
    found = [card for card in met if verdicts[card.id].layer is not Layer.LENS][:EXAMPLES]
    excerpts = await load_excerpts(session, deps, admin, lenses)
    nicknames = await load_writers(session, deps, {(card.group_id, card.author) for card in found})
    return tuple(
        visible_card(
            card,
            verdicts[card.id].groups[0].score,
            verdicts[card.id].layer,
            excerpts.get(card.id, ""),
            nicknames.get((card.group_id, card.author), ""),
        )
        for card in found
    )


async def choose(deps: Deps, admin: Account, chosen: FloorGroup) -> None:
    """Make the group part of the floor; raises UnknownGroupError if it isn't here or the admin may not read it."""

    async def action(session: AsyncSession) -> None:
        opened = await open_group(session, deps, admin, chosen.group)
        if chosen.group not in {one.group for one in await list_floor(session, deps.config)}:
            await insert_chosen(session, chosen, now=deps.clock())
            await write_down(session, deps, admin.name, ACT, chosen.group, after=opened.name)

    await deps.store.write(action)
    await keep_reading(deps, chosen.group, now=deps.clock())


async def let_go(deps: Deps, admin: Account, group: RecordId) -> None:
    """Remove the group from the floor; raises NotFoundError, or MalformedError if pod.toml names it."""
    if group in {configured for configured, _ in deps.config.moderation.configured_groups}:
        raise AdminRule.FLOOR_OF_THE_FILE.error()

    async def action(session: AsyncSession) -> bool:
        if group not in {one.group for one in await list_floor(session, deps.config)}:
            raise AdminRule.NOT_ON_THE_FLOOR.error()
        await delete_chosen(session, group)
        stored = await load_group(session, group)
        await write_down(session, deps, admin.name, ACT, group, before=stored.name if stored else group)
        return stored is not None

    if await deps.store.write(action):
        await keep_reading(deps, group, now=deps.clock())


async def fetch_lacking(deps: Deps, lacking: FloorGroup) -> None:
    """Fetch a floor group that isn't here, and tell its pods that this pod reads it; raises RemoteError."""
    await fetch_group(deps, lacking.pod, lacking.group)
    await keep_reading(deps, lacking.group, now=deps.clock())
