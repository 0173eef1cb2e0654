"""What the old pod of somebody who moves does for the new one: freeze, stop, and a rehome in each group.

A group in which the person keeps no seat gets a plain rehome: signed here, appended and pushed. Where they keep one it
rides in a handover (`switch_handover`): after a plain one the group would look for the seat at a pod that lacks its
key. Only when the other keepers refused three times, and the person says so, it goes plainly; the others then name the
seat anew, because a seat whose key isn't its member's home's counts as something that waits.

Spec: portability.md section 3, steps 2 and 4.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from federation.readers import VerifiedPod
from models.moving.departures import FREEZE_MS, Departure, count_refusals, list_unwaited, set_departure
from models.moving.grants import list_grants
from models.people.accounts import Account, Membership, list_memberships, load_membership
from pod.actions.access import open_those
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actors import person_path
from pod.actions.groups.founding import NAME
from pod.actions.moving.departing_members import (
    DepartingMember,
    check_own_key,
    open_departing,
    open_departure,
    signed_rehome,
)
from pod.actions.moving.grants import MOST_GRANTS
from pod.actions.moving.switch_freeze import Lag, freeze, lags, stop
from pod.actions.moving.switch_handover import WishedKey
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.switches import SwitchRule
from protocol.ids import RecordId
from protocol.records.envelope import open_record

REFUSALS_BEFORE_PLAIN: Final = 3


class DepartingGroup(msgspec.Struct, frozen=True):
    """A group of somebody who moves: their number, how many signing keys they had, and whether they keep it here.

    `name`: the group's, once the move is committed; a private one's only if private groups were ticked in the grant.
    `unwaited`: its person doesn't wait for what isn't settled there.
    """

    group: RecordId
    number: int
    keys: int
    recovery_index: int
    keeps: bool
    name: str = ""
    unwaited: bool = False


class FreezeWish(msgspec.Struct, frozen=True):
    """What the account will be called at the new pod."""

    name: str


class FrozenAccount(msgspec.Struct, frozen=True):
    """A frozen account: its actor, until when, in which groups something isn't settled yet, and its groups."""

    actor: str
    until: int
    lags: tuple[Lag, ...]
    groups: tuple[DepartingGroup, ...]


class AskedRehome(msgspec.Struct, frozen=True):
    """Whether the group's head holds the rehome; else it waits for a seal.

    `keepers`: the pods of the group's keepers. A private group tells the old pod no more once the rehome is sealed.
    """

    sealed: bool
    keepers: tuple[str, ...] = ()


async def freeze_for(deps: Deps, asker: VerifiedPod, person: RecordId, name: str) -> FrozenAccount:
    """Freeze the account, unless it is, and say what it waits for; NotFoundError unless it moves to the asker.

    Raises OTHER_KEY where it was recovered elsewhere, however many groups lag.

    `name`: what it will be called there, which this pod tells others once the move is done.
    """
    if not NAME.fullmatch(name):
        raise AccountRule.NO_NAME.error()

    async def action(session: AsyncSession) -> FrozenAccount:
        departure, account = await open_departure(session, asker, person)
        departure = await freeze(session, deps, departure)
        if departure.item is None:
            own = await load_membership(session, account.id, person)
            if own is not None:
                check_own_key(await load_view(session, deps, person), own)
            await set_departure(session, account.id, name=name)
        assert departure.frozen_at is not None
        until, actor = departure.frozen_at + FREEZE_MS, f"{deps.identity.base_url}/{person_path(account.name)}"
        late = await lags(session, deps, departure)
        return FrozenAccount(actor, until, late, await _groups(session, deps, departure, account))

    return await deps.store.write(action)


async def stop_for(deps: Deps, asker: VerifiedPod, person: RecordId) -> None:
    """End what the account agreed to, because the new pod can't go on; raises if its move is done."""

    async def action(session: AsyncSession) -> None:
        departure, _ = await open_departure(session, asker, person)
        await stop(session, deps, departure)

    await deps.store.write(action)


async def _groups(
    session: AsyncSession, deps: Deps, departure: Departure, account: Account
) -> tuple[DepartingGroup, ...]:
    groups, memberships = [], await list_memberships(session, departure.account_id)
    names = await _names(session, deps, departure, account, memberships)
    unwaited = await list_unwaited(session, departure.account_id)
    for membership in memberships:
        if membership.number is None:
            continue
        state = (await load_view(session, deps, membership.group_id)).state
        member = state.members[membership.number]
        if not member.left:
            keeps = any(seat.member == member.number for seat in state.seats)
            told = (
                membership.number,
                len(member.keys),
                membership.recovery_index,
                keeps,
                names.get(membership.group_id, ""),
                membership.group_id in unwaited,
            )
            groups.append(DepartingGroup(membership.group_id, *told))
    return tuple(groups)


async def _names(
    session: AsyncSession, deps: Deps, departure: Departure, account: Account, memberships: list[Membership]
) -> dict[RecordId, str]:
    """What the new pod is told of names: before the move is committed nothing."""
    if departure.item is None:
        return {}
    grants = await list_grants(session, account.id, MOST_GRANTS, now=deps.clock())
    private = any(grant.private and same_origin(grant.pod, departure.pod) for grant in grants)
    opened = await open_those(session, deps, account, [membership.group_id for membership in memberships])
    return {one.id: one.name for one in opened.values() if private or one.state.visibility != "private"}


async def rehome_for(deps: Deps, asker: VerifiedPod, person: RecordId, wish: WishedKey) -> AskedRehome:
    """Sign the person's rehome in a group, append and push it, unless that is done; raises NotNowError."""

    async def action(session: AsyncSession) -> AskedRehome:
        found = await open_departing(session, deps, asker, person, wish.group)
        state = found.view.state
        keepers = tuple(sorted({state.members[seat.member].home.pod for seat in state.seats}))
        if wish.signing in state.keys:
            return AskedRehome(sealed=True, keepers=keepers)
        if found.membership.state == "moved":
            return AskedRehome(sealed=False, keepers=keepers)
        await found.check_ready(session, deps)
        await _check_seat(session, found, wish)
        record, now = open_record(await signed_rehome(session, deps, found, wish.signing)), deps.clock()
        await append(session, deps, record, origin="", now=now)
        await push(session, deps, record, now=now, also={found.departure.pod})
        return AskedRehome(sealed=False, keepers=keepers)

    return await deps.store.write(action)


async def _check_seat(session: AsyncSession, found: DepartingMember, wish: WishedKey) -> None:
    """Raise NotNowError if the rehome would leave the person's seat behind, unless the person says that it may."""
    if not any(seat.member == found.number for seat in found.view.state.seats):
        return
    refusals = await count_refusals(session, found.account.id, wish.group)
    alone = len(found.view.state.seats) == 1
    if alone or not wish.plain or refusals < REFUSALS_BEFORE_PLAIN:
        raise SwitchRule.SEAT_MOVES.error()
