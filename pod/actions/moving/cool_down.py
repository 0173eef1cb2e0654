"""When an account that came from another pod may move again: back within a day, elsewhere after a week.

A move that stopped leaves no trace here: only an account that arrived rests (portability section 3, step 7).
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.moving.departures import load_departure
from models.moving.newcomers import load_arrival
from models.people.accounts import Account
from pod.rules.switches import SwitchRule
from protocol.records.parts import Home

UNDO_MS: Final = 86_400_000
REST_MS: Final = 7 * 86_400_000


class WayBack(msgspec.Struct, frozen=True):
    """Where an account came from lately, and until when (ms) it can move back without a rest."""

    home: Home
    until: int


async def check_rested(session: AsyncSession, account: Account, pod: str, *, now: int) -> None:
    """Raise NotNowError, with the exact end, if the account may not move to this pod yet."""
    arrival = await load_arrival(session, account.id)
    if arrival is None or arrival.arrived_at is None or now >= arrival.arrived_at + REST_MS:
        return
    if same_origin(pod, arrival.pod) and now < arrival.arrived_at + UNDO_MS:
        return
    raise SwitchRule.RESTS.error(moment=arrival.arrived_at + REST_MS)


async def way_back(session: AsyncSession, account: Account, *, now: int) -> WayBack | None:
    """Where an account here can move back to now; None if it didn't come within the last day, or left."""
    arrival, departure = await load_arrival(session, account.id), await load_departure(session, account.id)
    if arrival is None or arrival.arrived_at is None or arrival.key is None:
        return None
    if departure is not None and departure.item is not None:
        return None
    until = arrival.arrived_at + UNDO_MS
    return WayBack(Home(arrival.pod, arrival.key), until) if now < until else None
