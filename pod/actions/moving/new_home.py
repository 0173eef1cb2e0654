"""The account and memberships here of somebody who moves here: made as soon as their group's head names this pod."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.groups_and_items import load_group
from models.moving.former_actors import put_former_actor
from models.moving.newcomers import Newcomer, NewcomerGroup, load_newcomer, set_arrived
from models.people.accounts import (
    Account,
    Membership,
    insert_account,
    insert_recovery_keys,
    load_account,
    load_account_named,
    load_membership,
    save_membership,
    set_personal_group,
    set_recovery_group,
)
from pod.actions.chain.door import append
from pod.actions.chain.sealing import confirm_head
from pod.actions.chain.views import load_view
from pod.actions.moving.way_back import account_left, take_back
from pod.actions.signer import coming_key
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.switches import SwitchRule
from protocol.keys import DidKey
from protocol.records.envelope import Record
from protocol.state import Member

Also = Callable[[AsyncSession, Account], Awaitable[None]]


def new_key(deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> DidKey:
    """The public key here of the membership that moves; the same whenever it is asked for."""
    return coming_key(deps.identity.keyring, newcomer.name, newcomer.seed_sealed, told.group_id, told.keys)


async def account_at(session: AsyncSession, newcomer: Newcomer) -> Account | None:
    """The person's account here, once it is open."""
    return await load_account(session, newcomer.account_id) if newcomer.account_id is not None else None


async def open_account_of(
    session: AsyncSession,
    deps: Deps,
    newcomer: Newcomer,
    told: NewcomerGroup,
    item: Record,
    also: Also | None = None,
) -> None:
    """Append and confirm the handover of the personal group, open the account, and do `also`, in one action."""
    again = await load_newcomer(session, newcomer.personal_group)
    if again is None or again.account_id is not None:
        return
    now, left = deps.clock(), await account_left(session, newcomer.personal_group)
    if left is None and await load_account_named(session, newcomer.name) is not None:
        raise AccountRule.NAME_TAKEN.error(name=newcomer.name)
    await append(session, deps, item, origin=newcomer.pod, now=now)
    if await _member(session, deps, newcomer, told) is None:
        raise SwitchRule.OTHER_ANSWER.error()
    if left is not None:
        number = left.id
        await take_back(session, deps, left)
    else:
        number = await insert_account(session, name=newcomer.name, seed_sealed=newcomer.seed_sealed, now=now)
        await set_personal_group(session, number, newcomer.personal_group)
    # A lone keeper's handover has two proofs: this pod's, and that of the pod to which one can move back.
    old = next((key for key in sorted(item.signers) if key != deps.identity.home.key), None)
    await set_arrived(session, newcomer.personal_group, number, old, now=now)
    if again.actor is not None:
        # In the same commit, so that the new actor never stands without the old one's name.
        await put_former_actor(session, number, again.actor, now=now)
    account = await load_account(session, number)
    assert account is not None
    if also is not None:
        await also(session, account)
    await _settle_in(session, deps, account, newcomer, told)


async def expect(session: AsyncSession, deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> None:
    """Store the membership as moving here, unless it is stored."""
    account = await account_at(session, newcomer)
    if account is None:
        raise SwitchRule.NOT_COMMITTED.error()
    held = await load_membership(session, account.id, told.group_id)
    if held is None or held.state == "moved":
        await save_membership(session, _membership(deps, account, newcomer, told, None))


async def arrive(
    session: AsyncSession, deps: Deps, newcomer: Newcomer, told: NewcomerGroup, item: Record | None
) -> None:
    """Take the item that moved a seat here, confirm it, and number the membership if the head names this pod."""
    account = await account_at(session, newcomer)
    if account is None or await load_group(session, told.group_id) is None:
        return
    if item is not None:
        await append(session, deps, item, origin=newcomer.pod, now=deps.clock())
    await _settle_in(session, deps, account, newcomer, told)


async def _settle_in(
    session: AsyncSession, deps: Deps, account: Account, newcomer: Newcomer, told: NewcomerGroup
) -> None:
    group, now = told.group_id, deps.clock()
    member = await _member(session, deps, newcomer, told)
    if member is None:
        return
    await save_membership(session, _membership(deps, account, newcomer, told, member))
    await insert_recovery_keys(session, account.id, told.recovery_index, [member.recovery[-1]])
    await set_recovery_group(session, account.id, told.recovery_index, group)
    for ack in await confirm_head(session, deps, group, now=now):
        # The old pod isn't the group's any more, but it tells its person that the move is settled.
        await push(session, deps, ack, now=now, also={newcomer.pod})
    deps.signals.wake(session, group)


async def _member(session: AsyncSession, deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> Member | None:
    """The person's entry in the group's head, if its key is the one that this pod holds."""
    state = (await load_view(session, deps, told.group_id)).state
    number = state.keys.get(new_key(deps, newcomer, told))
    member = state.members[number] if number is not None else None
    return member if member is not None and member.signing == new_key(deps, newcomer, told) else None


def _membership(
    deps: Deps, account: Account, newcomer: Newcomer, told: NewcomerGroup, member: Member | None
) -> Membership:
    """The membership as it is stored: moving, or numbered once the head names this pod."""
    signing, context = new_key(deps, newcomer, told), str(told.group_id)
    number, index = (member.number, len(member.keys) - 1) if member else (None, told.keys)
    state = "member" if member else "moving"
    group, recovery = told.group_id, told.recovery_index
    return Membership(account.id, group, number, signing, context, index, recovery, 0, state=state)
