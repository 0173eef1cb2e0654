"""Where somebody lives who moved away from here: what their old actor, their handle and their old pages lead to.

The pod knows it by the handover that committed the move (models/moving/departures.py). It holds also where followers
elsewhere aren't told.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.addresses import normal_authority
from models.moving.departures import Departure, load_departure_named, load_departure_of
from pod.actions.chain.views import find_view
from pod.actions.fediverse.actors import person_path
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.state import GroupState


class NewPlace(msgspec.Struct, frozen=True):
    """Where somebody lives now; `pod` is its URL."""

    pod: str
    name: str

    @property
    def actor(self) -> str:
        """The id of their actor."""
        return f"{self.pod}/{person_path(self.name)}"

    @property
    def page(self) -> str:
        """Their page for people."""
        return f"{self.pod}/@{self.name}"

    @property
    def handle(self) -> str:
        """`@name@host`."""
        url = URL(self.pod)
        return f"@{self.name}@{normal_authority(url.host_port_subcomponent or '', url.scheme)}"


def place_of(departure: Departure | None) -> NewPlace | None:
    """Where a departure led to; None as long as it isn't done."""
    if departure is None or departure.item is None or departure.name is None:
        return None
    return NewPlace(departure.pod, departure.name)


async def load_new_place(session: AsyncSession, name: str) -> NewPlace | None:
    """Where the account of this name lives now; None: here."""
    return place_of(await load_departure_named(session, name))


async def load_place_of_group(session: AsyncSession, personal_group: RecordId) -> NewPlace | None:
    """Where the owner of a personal group lives who had an account here; None: here, or never was here."""
    return place_of(await load_departure_of(session, personal_group))


async def find_new_place(deps: Deps, name: str) -> NewPlace | None:
    """As `load_new_place`, for a page."""
    async with deps.store.database.read() as session:
        return await load_new_place(session, name)


async def find_place_of_group(deps: Deps, group: RecordId) -> NewPlace | None:
    """As `load_place_of_group`, for a page of a group that may be shown; asks only if it is somebody's own group."""
    if (await find_view(deps, group)).state.kind != "person":
        return None
    async with deps.store.database.read() as session:
        return await load_place_of_group(session, group)


async def has_moved(session: AsyncSession, state: GroupState) -> bool:
    """Whether a group is the personal one of somebody who moved away: then no actor here speaks for it any more."""
    return state.kind == "person" and await load_place_of_group(session, state.group) is not None
