"""What a person is shown before their account moves: groups and seats, what ends, and what would be waited for."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_lines
from models.moving.departures import Departure, list_unwaited, load_departure, stop_waiting
from models.moving.unsettled import count_open_invitations
from models.people.accounts import Account, Membership, list_memberships, load_membership
from pod.actions.chain.views import load_view
from pod.actions.moving.departing_members import check_own_key
from pod.actions.moving.switch_freeze import Lag, lags_of, stop
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId

Seat = Literal["", "alone", "several", "taken"]
MOST_SHOWN: Final = 500


class LeavingGroup(msgspec.Struct, frozen=True):
    """A group that goes along. `seat`: whether the account keeps it; "taken": the new pod keeps it for another member.

    `lag`: what isn't settled there.
    """

    group: RecordId
    name: str
    personal: bool
    seat: Seat
    black_listed: bool
    lag: Lag | None


class SwitchSight(msgspec.Struct, frozen=True):
    """What goes along and what ends; `more`: how many groups go along that aren't listed."""

    groups: tuple[LeavingGroup, ...]
    more: int
    invitations: int


class DepartureSight(msgspec.Struct, frozen=True):
    """A move that the account agreed to; `late`: groups for which it waits."""

    departure: Departure
    late: tuple[LeavingGroup, ...]


async def look_at_switch(deps: Deps, account: Account, key: str) -> SwitchSight:
    """What moving the account means; `key`: that of the pod to which it would move."""
    async with deps.store.database.read() as session:
        memberships = await list_memberships(session, account.id)
        late = {lag.group: lag for lag in await lags_of(session, deps, account.id)}
        # What is waited for has to be seen; of the rest as much as a page holds.
        memberships.sort(
            key=lambda membership: (membership.group_id not in late, membership.group_id != account.personal_group)
        )
        shown = memberships[:MOST_SHOWN]
        groups = await _groups(session, deps, account, shown, late, key)
        invitations = await count_open_invitations(session, account.id, now=deps.clock())
    return SwitchSight(groups, len(memberships) - len(shown), invitations)


async def look_at_departure(deps: Deps, account: Account) -> DepartureSight | None:
    """The move that the account agreed to; None if there is none."""
    async with deps.store.database.read() as session:
        departure = await load_departure(session, account.id)
        if departure is None:
            return None
        unwaited = await list_unwaited(session, account.id)
        found = await lags_of(session, deps, account.id, unwaited) if departure.item is None else ()
        late = {lag.group: lag for lag in found[:MOST_SHOWN]}
        memberships = [
            membership for membership in await list_memberships(session, account.id) if membership.group_id in late
        ]
        return DepartureSight(departure, await _groups(session, deps, account, memberships, late, departure.key))


async def is_at_home(deps: Deps, account: Account) -> bool:
    """Whether the key in the account's personal group is this pod's: nobody recovered it elsewhere."""
    async with deps.store.database.read() as session:
        group = account.personal_group
        own = await load_membership(session, account.id, group) if group is not None else None
        if own is None or group is None:
            return True
        try:
            check_own_key(await load_view(session, deps, group), own)
        except RefusedError as refusal:
            if refusal.refused.rule is not SwitchRule.OTHER_KEY:
                raise
            return False
    return True


async def go_without(deps: Deps, account: Account, group: RecordId) -> None:
    """Don't wait for what isn't settled in one group; NotFoundError unless the account agreed to move."""

    async def action(session: AsyncSession) -> None:
        await _leaving(session, account)
        await stop_waiting(session, account.id, group)

    await deps.store.write(action)


async def stop_own(deps: Deps, account: Account) -> None:
    """Stay here after all; raises NotNowError once the personal group has moved."""

    async def action(session: AsyncSession) -> None:
        await stop(session, deps, await _leaving(session, account))

    await deps.store.write(action)


async def _leaving(session: AsyncSession, account: Account) -> Departure:
    departure = await load_departure(session, account.id)
    if departure is None:
        raise SwitchRule.NOT_LEAVING.error()
    return departure


async def _groups(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    memberships: list[Membership],
    late: dict[RecordId, Lag],
    key: str,
) -> tuple[LeavingGroup, ...]:
    names = await load_lines(session, [membership.group_id for membership in memberships])
    found = []
    for membership in memberships:
        line = names.get(membership.group_id)
        seat, black_listed = await _seat_of(session, deps, membership, key) if line else ("", False)
        name, personal = line.name if line else "", membership.group_id == account.personal_group
        found.append(
            LeavingGroup(membership.group_id, name, personal, seat, black_listed, late.get(membership.group_id))
        )
    return tuple(found)


async def _seat_of(session: AsyncSession, deps: Deps, membership: Membership, key: str) -> tuple[Seat, bool]:
    """Whether the account keeps the group, and whether its weight is below nothing."""
    state = (await load_view(session, deps, membership.group_id)).state
    member = state.members.get(membership.number) if membership.number is not None else None
    if member is None:
        return "", False
    kept = any(seat.member == member.number for seat in state.seats)
    taken = any(seat.key == key and seat.member != member.number for seat in state.seats)
    seat: Seat = ("taken" if taken else "several" if len(state.seats) > 1 else "alone") if kept else ""
    return seat, member.weight < 0
