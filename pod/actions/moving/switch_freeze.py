"""An account that agreed to move is frozen at its old pod, and what it wrote is waited for, before its keys are given.

1. `agree` stores the second consent: to which home, and nothing else is ever signed for a move.
2. `freeze` refuses what the account writes, and what the pod would write in its name, but for openings that are due
   (`load_staying`). It lasts ten minutes, or until a handover commits the move.
3. `lags` names the groups in which something that the account wrote isn't settled: an operation that waits or stands
   above the settled item, a record that the settled log lacks, a join or move under way. What is logged after a rehome
   counts no more. A proposal that lacks others' signatures isn't waited for: it ends with the key.
4. `thaw` ends it without a move. If a rehome was handed out by then, an operation that overtakes it is written, so that
   nobody can show it later.

Spec: portability.md section 3, step 2.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import (
    Departure,
    delete_departure,
    list_overdue,
    list_unwaited,
    load_departure,
    save_departure,
    set_departure,
)
from models.moving.newcomers import list_let_go
from models.moving.unsettled import count_unsettled
from models.people.accounts import Account, Membership, list_memberships, load_account, load_membership, take_counter
from pod.actions.chain.door import append
from pod.actions.chain.stored_chain import waiting_operations
from pod.actions.chain.views import load_view
from pod.actions.moving.cool_down import check_rested
from pod.actions.signer import WITHDRAW, leaving, signed, signing_key
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.branches import View
from protocol.ids import RecordId
from protocol.records.content import Header
from protocol.records.drafts import by_signing_key, draft_wish
from protocol.records.envelope import open_record, reopen_record
from protocol.records.operation import Event, Operation
from protocol.records.parts import Home

AT_ONCE = 100
AGREED_MS: Final = 86_400_000  # how long what somebody agreed to can begin a freeze
UNDER_WAY = ("asked", "moving")


class Lag(msgspec.Struct, frozen=True):
    """A group in which something of the account isn't settled. `under_way`: its join, or its move here."""

    group: RecordId
    operations: int = 0
    records: int = 0
    under_way: bool = False


async def agree(
    session: AsyncSession, deps: Deps, account: Account, home: Home, *, name: str | None = None, soft: bool = False
) -> Departure:
    """Store that the account agreed to move to this home, in place of any other.

    `name`: what it will be called there, as far as that is known; `soft`: no Move is sent to its followers elsewhere.
    Raises NotNowError once it has moved, and in the week after it came here, unless it goes back within a day.
    """
    before = await load_departure(session, account.id)
    if before is not None and before.item is not None:
        raise SwitchRule.COMMITTED.error()
    await check_rested(session, account, home.pod, now=deps.clock())
    if before is not None:
        await stop(session, deps, before)
    assert account.personal_group is not None
    departure = Departure(account.id, account.personal_group, home.pod, home.key, deps.clock(), name=name, soft=soft)
    await save_departure(session, departure)
    return departure


async def freeze(session: AsyncSession, deps: Deps, departure: Departure) -> Departure:
    """Refuse what the account writes from now on; changes nothing while it is frozen already.

    Raises NotFoundError if the account agreed too long ago.
    """
    now = deps.clock()
    if departure.is_frozen(now):
        return departure
    if now >= departure.agreed_at + AGREED_MS:
        raise SwitchRule.NOT_AGREED.error()
    await _overtake(session, deps, departure)
    frozen = msgspec.structs.replace(departure, frozen_at=now, handed_out=False)
    await set_departure(session, departure.account_id, frozen_at=now, handed_out=False)
    return frozen


async def thaw(session: AsyncSession, deps: Deps, departure: Departure) -> None:
    """Let the account write again; raises if its move is done. What it agreed to stays."""
    if departure.item is not None:
        raise SwitchRule.COMMITTED.error()
    await _overtake(session, deps, departure)
    await set_departure(session, departure.account_id, frozen_at=None, handed_out=False)


async def stop(session: AsyncSession, deps: Deps, departure: Departure) -> None:
    """Thaw, and forget what the account agreed to."""
    await thaw(session, deps, departure)
    await delete_departure(session, departure.account_id)


async def thaw_overdue(deps: Deps) -> None:
    """Thaw the accounts that have been frozen for too long without a handover."""

    async def action(session: AsyncSession) -> None:
        for departure in await list_overdue(session, deps.clock(), AT_ONCE):
            await thaw(session, deps, departure)

    await deps.store.write(action)


async def _overtake(session: AsyncSession, deps: Deps, departure: Departure) -> None:
    """Write an operation that voids a rehome which was handed out."""
    if departure.handed_out:
        await overtake_in(session, deps, departure, departure.personal_group)


async def overtake_in(session: AsyncSession, deps: Deps, departure: Departure, group: RecordId) -> None:
    """The same for what was signed in one group, whether or not it waits to be sealed."""
    account = await load_account(session, departure.account_id)
    membership = await load_membership(session, departure.account_id, group)
    if account is None or membership is None or membership.number is None or departure.frozen_at is None:
        return
    now = deps.clock()
    # The freeze may be over by its clock; this is what ends it.
    holder = leaving(account, departure, now=departure.frozen_at)
    counter = await take_counter(session, account.id, group)
    header: Header = {"author": membership.number, "key": membership.key_index, "counter": counter, "at": now}
    wish = draft_wish(Event(WITHDRAW, {}))
    body = by_signing_key(wish, group, header)
    record = open_record(signed(holder, body, signing_key(deps, holder, membership), now=now))
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)


async def lags(session: AsyncSession, deps: Deps, departure: Departure) -> tuple[Lag, ...]:
    """The groups for which the move waits, by id; those that the person doesn't wait for are left out."""
    return await lags_of(session, deps, departure.account_id, await _unwaited(session, departure))


async def lags_of(
    session: AsyncSession, deps: Deps, account: int, unwaited: Collection[RecordId] = ()
) -> tuple[Lag, ...]:
    """The groups in which something of the account isn't settled, by id, but for `unwaited`."""
    found = [
        await _lag(session, deps, membership)
        for membership in await list_memberships(session, account)
        if membership.state != "moved" and membership.group_id not in unwaited
    ]
    return tuple(lag for lag in found if lag is not None)


async def lag_in(session: AsyncSession, deps: Deps, departure: Departure, group: RecordId) -> Lag | None:
    """How far the account lags in one group; None if all that it wrote is settled, or isn't waited for."""
    membership = await load_membership(session, departure.account_id, group)
    if membership is None or group in await _unwaited(session, departure):
        return None
    return await _lag(session, deps, membership)


async def _unwaited(session: AsyncSession, departure: Departure) -> set[RecordId]:
    """Groups that aren't waited for: for their records, or because the account came here without them."""
    came_without = await list_let_go(session, departure.personal_group)
    return came_without | await list_unwaited(session, departure.account_id)


async def _lag(session: AsyncSession, deps: Deps, membership: Membership) -> Lag | None:
    group, number = membership.group_id, membership.number
    if membership.state in UNDER_WAY:
        return Lag(group, under_way=True)
    if number is None:
        return None
    view = await load_view(session, deps, group)
    operations = _unsettled_operations(view, number)
    async for waiting in waiting_operations(session, group):
        content = reopen_record(waiting.wire).content
        operations += isinstance(content, Operation) and content.author == number
    records = await count_unsettled(session, group, number, view.settled.log.size)
    return Lag(group, operations, records) if operations or records else None


def _unsettled_operations(view: View, number: int) -> int:
    """How many operations of the member stand in items above the settled one."""
    above = [view.nodes[view.branch[height]] for height in range(view.settled.height + 1, view.state.height + 1)]
    items = [node.record.content for node in above if node.record is not None]
    sealed = [one for item in items for one in getattr(item, "operations", ())]
    return sum(isinstance(one, Operation) and one.author == number for one in sealed)
