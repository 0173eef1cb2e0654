"""What somebody sees of a move of their account away from here, or of one to here within the last day."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.moving.departures import Departure, load_departure
from models.moving.newcomers import load_newcomer
from models.people.accounts import Account
from pod.actions.fediverse.moved import place_of
from pod.actions.moving.closed_accounts import OPENS_MS, LeftGroup, list_left_groups
from pod.actions.moving.cool_down import UNDO_MS, way_back
from pod.deps import Deps

MOST_GROUPS: Final = 500


class MoveSight(msgspec.Struct, frozen=True):
    """A move. `away`: the account lives at `pod` now; else it came from there; `pod` is empty if it did neither.

    `undo_until`: until when it can move back (ms); `agreed`: it is agreed to here, and begun there; `returning`: it is
    coming back here. `closes_at`: from when it can be closed, `closed_at`: since when it is.
    """

    away: bool = False
    pod: str = ""
    page: str = ""
    since: int | None = None
    undo_until: int | None = None
    agreed: bool = False
    returning: bool = False
    closes_at: int | None = None
    closed_at: int | None = None
    groups: tuple[LeftGroup, ...] = ()


async def look_at_move(deps: Deps, account: Account) -> MoveSight:
    """How an account's move stands, as this pod sees it."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        departure = await load_departure(session, account.id)
        if departure is None or departure.item is None:
            return await _arrived(session, account, departure, now=now)
        newcomer = await load_newcomer(session, departure.personal_group)
    place, moved_at = place_of(departure), departure.moved_at or 0
    open_until = moved_at + UNDO_MS if departure.closed_at is None and now < moved_at + UNDO_MS else None
    groups = await list_left_groups(deps, account) if departure.closed_at is None else []
    return MoveSight(
        away=True,
        pod=departure.pod,
        page=place.page if place is not None else departure.pod,
        since=departure.moved_at,
        undo_until=open_until,
        returning=newcomer is not None and newcomer.returns and newcomer.account_id is None,
        closes_at=moved_at + OPENS_MS if now < moved_at + OPENS_MS else None,
        closed_at=departure.closed_at,
        groups=tuple(groups[:MOST_GROUPS]),
    )


async def _arrived(session: AsyncSession, account: Account, departure: Departure | None, *, now: int) -> MoveSight:
    back = await way_back(session, account, now=now)
    if back is None:
        return MoveSight()
    agreed = departure is not None and same_origin(departure.pod, back.home.pod)
    return MoveSight(pod=back.home.pod, undo_until=back.until, agreed=agreed)
