"""Somebody moves back to the pod that they left: a move like any other, with the roles swapped.

1. At the pod where they are now they agree to move back (`agree_to_return`): within a day without a rest.
2. At the pod that they left, `begin_return` has that account come back. The account, its name and all that this pod
   kept of it are as they were. Its seed stays, because groups that never moved are still signed with it; each
   membership that returns gets a key of the next index, which nobody has ever had.
3. When the handover of the personal group holds, the departure ends in the same action (`take_back`). What was asked of
   groups that never sealed the move away is overtaken there.

A closed account comes back, too, by a move like any other: its name is kept for this personal group.

Spec: portability.md section 3, step 7.
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.addresses import same_origin
from models.moving.departures import Departure, delete_departure, load_departure, load_departure_of
from models.moving.newcomers import Newcomer, list_newcomer_groups, load_newcomer, replace_newcomer
from models.people.accounts import Account, list_memberships, load_account, set_membership
from pod.actions.chain.views import load_view
from pod.actions.moving.cool_down import UNDO_MS, way_back
from pod.actions.moving.switch_freeze import agree, overtake_in
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.ids import RecordId


async def account_left(session: AsyncSession, person: RecordId) -> Account | None:
    """The account here that the person with this personal group left for another pod."""
    departure = await load_departure_of(session, person)
    if departure is None or departure.item is None:
        return None
    return await load_account(session, departure.account_id)


async def agree_to_return(deps: Deps, account: Account) -> Departure:
    """Agree to move back to the pod from which the account came; raises NotNowError once a day is over."""

    async def action(session: AsyncSession) -> Departure:
        back = await way_back(session, account, now=deps.clock())
        if back is None:
            raise SwitchRule.CANT_RETURN.error()
        return await agree(session, deps, account, back.home)

    return await deps.store.write(action)


def check_typed(account: Account, typed: str) -> None:
    """Raise MalformedError unless somebody typed the account's name, as it is or with an @."""
    if typed.strip().removeprefix("@").lower() != account.name:
        raise SwitchRule.NAME_NOT_TYPED.error(name=account.name)


async def begin_return(deps: Deps, account: Account) -> Newcomer:
    """Have an account that left come back from where it went; raises NotNowError once a day is over."""

    async def action(session: AsyncSession) -> Newcomer:
        departure = await load_departure(session, account.id)
        if departure is None or departure.moved_at is None or deps.clock() >= departure.moved_at + UNDO_MS:
            raise SwitchRule.CANT_RETURN.error()
        if departure.closed_at is not None:
            raise SwitchRule.CLOSED_HERE.error()
        newcomer = msgspec.structs.replace(await come_back(session, deps, account, departure.pod), returns=True)
        await replace_newcomer(session, newcomer)
        return newcomer

    return await deps.store.write(action)


async def come_back(session: AsyncSession, deps: Deps, account: Account, pod: str) -> Newcomer:
    """Remember that the person who left this account comes back to it from `pod`; the same each time."""
    assert account.personal_group is not None
    before = await load_newcomer(session, account.personal_group)
    if before is not None and before.account_id is None and same_origin(before.pod, pod):
        return before
    newcomer = Newcomer(account.personal_group, pod, account.name, account.seed_sealed, deps.clock())
    await replace_newcomer(session, newcomer)
    return newcomer


async def take_back(session: AsyncSession, deps: Deps, account: Account) -> None:
    """End the departure of an account whose personal group came back; what never moved away is a member's again."""
    departure = await load_departure(session, account.id)
    assert departure is not None
    come = {told.group_id for told in await list_newcomer_groups(session, departure.personal_group)}
    for membership in await list_memberships(session, account.id):
        if membership.state != "moved" or membership.group_id in come:
            continue
        state = (await load_view(session, deps, membership.group_id)).state
        number = state.keys.get(membership.signing)
        if number is not None and state.members[number].signing == membership.signing:
            await set_membership(session, account.id, membership.group_id, number=number, state="member")
            await overtake_in(session, deps, departure, membership.group_id)
    await delete_departure(session, account.id)
