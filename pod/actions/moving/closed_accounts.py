"""An account that moved away is closed: what it still had here goes, and its name never becomes another's.

1. It can be closed a day after the move, once each group's rehome is settled as this pod sees it, or is let go here.
2. In one action its private rows go (`erase_private`): factors and sessions, so that nobody signs in any more, and its
   seed. The departure stays and refuses every write in its name for ever.
3. `carry_on_closings` then goes through the private groups that it was in, one an action, and deletes those that nobody
   here is in, follows or sits in. A crash leaves the rest for the next round.
4. After 30 days, in which the old actor still forwards, its keys go with the list of its followers. If its person
   wished so, a Delete asks the followers' servers first to forget the actor; how each took it is shown to who keeps the
   secret that the closing gave (`find_receipt`). For seven days the keys wait for servers that are silent.

Open groups stay as they are: their chains and logs are for late readers, and one without the other is pulled again.

Spec: portability.md section 3, step 8.
"""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import forget_actor
from federation.delivery import OLDEST_MS
from models.engine.writer import after_commit
from models.fediverse.deliveries import enqueue
from models.fediverse.followers import list_follower_inboxes
from models.groups.groups_and_items import load_group, load_revision
from models.moving.closings import (
    drop_actor,
    drop_group,
    drop_told,
    erase_private,
    leave_private,
    list_closing,
    list_private_left,
)
from models.moving.departures import (
    Departure,
    let_group_go,
    list_let_go_here,
    load_departure,
    load_departure_by_receipt,
    set_departure,
)
from models.moving.move_deliveries import ToldHost, insert_move_deliveries, list_told_hosts
from models.people.accounts import Account, Membership, list_memberships, load_account
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actors import person_path
from pod.actions.fediverse.followers import MOST_FOLLOWERS
from pod.actions.groups.founding import token_hash
from pod.actions.moving.way_back import check_typed
from pod.clock import random_bytes, random_token
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.canonical import bytes_of_checked
from protocol.errors import RefusedError
from protocol.ids import RecordId

OPENS_MS: Final = 86_400_000
KEYS_KEPT_MS: Final = 30 * 86_400_000
AT_ONCE: Final = 20
MOST_HOSTS: Final = 1_000
Standing = Literal["settled", "asked", "here", "let go"]


class LeftGroup(msgspec.Struct, frozen=True):
    """A group of somebody who moved away, as this pod sees it. `name` is empty if it isn't known here any more.

    `height`: of the item that moved them; `acks`: the members whose seats confirmed the settled item.
    """

    group: RecordId
    name: str
    standing: Standing
    height: int = 0
    acks: tuple[int, ...] = ()


class ClosingReceipt(msgspec.Struct, frozen=True):
    """A closed account whose followers' servers are asked to forget it: from `due` on, or since `asked_at` (ms)."""

    pod: str
    closed_at: int
    asked_at: int | None
    due: int
    hosts: tuple[ToldHost, ...]


async def list_left_groups(deps: Deps, account: Account) -> list[LeftGroup]:
    """How each group of an account that moved away stands, by group."""
    async with deps.store.database.read() as session:
        return await _left_groups(session, deps, account)


async def _left_groups(session: AsyncSession, deps: Deps, account: Account) -> list[LeftGroup]:
    gone = await list_let_go_here(session, account.id)
    found = [await _left_group(session, deps, one, gone) for one in await list_memberships(session, account.id)]
    return [group for group in found if group is not None]


async def _left_group(
    session: AsyncSession, deps: Deps, membership: Membership, gone: set[RecordId]
) -> LeftGroup | None:
    group = membership.group_id
    if await load_revision(session, group) is None:
        return None  # nothing of it is here any more
    view = await load_view(session, deps, group)
    number = view.state.keys.get(membership.signing)
    if number is None or view.state.members[number].left:
        return None  # a join that never came about, or somebody who left
    stored = await load_group(session, group)
    member, name = view.state.members[number], stored.name if stored is not None else ""
    if member.signing == membership.signing:
        standing: Standing = "asked" if membership.state == "moved" else "here"
        return LeftGroup(group, name, "let go" if group in gone else standing)
    keys = [key.did for key in member.keys]
    height = member.keys[keys.index(membership.signing) + 1].height
    if height > view.settled.height:
        return LeftGroup(group, name, "let go" if group in gone else "asked", height)
    acks = tuple(sorted({ack.keeper for ack in view.acks.get(view.anchor, ())}))
    return LeftGroup(group, name, "settled", height, acks)


async def let_go_here(deps: Deps, account: Account, group: RecordId) -> None:
    """Don't wait for a group's rehome any more; only the words can fetch it later."""

    async def action(session: AsyncSession) -> None:
        await _departed(session, account)
        if group == account.personal_group:
            raise SwitchRule.PERSONAL_STAYS.error()
        await let_group_go(session, account.id, group)

    await deps.store.write(action)


async def close_account(deps: Deps, account: Account, typed: str, *, asks: bool = False) -> str:
    """Close an account that moved away; raises NotNowError, or MalformedError unless its name was typed.

    `asks`: followers' servers are asked later to forget it; the secret by which its person sees what they answered, or
    "".
    """
    secret = random_token() if asks else ""
    seed = deps.identity.keyring.seal(random_bytes(32), f"seed/{account.name}")

    async def action(session: AsyncSession) -> None:
        departure, now = await _departed(session, account), deps.clock()
        check_typed(account, typed)
        opens = (departure.moved_at or 0) + OPENS_MS
        if now < opens:
            raise SwitchRule.CLOSES_LATER.error(moment=opens)
        waiting = [one for one in await _left_groups(session, deps, account) if one.standing in ("asked", "here")]
        if waiting:
            raise SwitchRule.GROUPS_WAIT.error(groups=len(waiting))
        await erase_private(session, account, seed_sealed=seed)
        receipt = receipt_hash(secret) if secret else None
        await set_departure(session, account.id, closed_at=now, receipt=receipt, mail_at=None)

    await deps.store.write(action)
    return secret


def receipt_hash(secret: str) -> bytes:
    """What the database keeps of the secret of a closing."""
    return token_hash(f"closed/{secret}")


async def find_receipt(deps: Deps, secret: str) -> ClosingReceipt:
    """How the Delete of a closed account stands, for who keeps its secret; raises NotFoundError."""
    async with deps.store.database.read() as session:
        departure = await load_departure_by_receipt(session, receipt_hash(secret))
        if departure is None or departure.closed_at is None:
            raise SwitchRule.NO_RECEIPT.error()
        asked = departure.asked_at is not None
        hosts = await list_told_hosts(session, departure.account_id, MOST_HOSTS) if asked else []
    due = departure.closed_at + KEYS_KEPT_MS
    return ClosingReceipt(departure.pod, departure.closed_at, departure.asked_at, due, tuple(hosts))


async def _departed(session: AsyncSession, account: Account) -> Departure:
    departure = await load_departure(session, account.id)
    if departure is None or departure.item is None:
        raise SwitchRule.NOT_MOVED.error()
    if departure.closed_at is not None:
        raise SwitchRule.CLOSED_HERE.error()
    return departure


async def carry_on_closings(deps: Deps) -> None:
    """Delete a little more of what closed accounts left here; a step that was done is never done again."""
    async with deps.store.database.read() as session:
        closing = await list_closing(session, AT_ONCE, keys_due=deps.clock() - KEYS_KEPT_MS)
    for departure in closing:
        async with deps.store.database.read() as session:
            groups = await list_private_left(session, departure, AT_ONCE)
        for group in groups:
            await deps.store.write(partial(_leave, deps=deps, departure=departure, group=group))
        assert departure.closed_at is not None
        if not groups and deps.clock() >= departure.closed_at + KEYS_KEPT_MS:
            await _end_actor(deps, departure)


async def _leave(session: AsyncSession, deps: Deps, departure: Departure, group: RecordId) -> None:
    unused = await leave_private(session, departure, group)
    if unused and not await _sits(session, deps, group):
        await drop_group(session, group)
        deps.store.views.forget({group})


async def _sits(session: AsyncSession, deps: Deps, group: RecordId) -> bool:
    """Whether a seat of the group is this pod's."""
    try:
        view = await load_view(session, deps, group)
    except RefusedError:
        return False
    own = deps.identity.keyring.pod_key.did
    return any(seat.key == own for state in (view.state, view.settled) for seat in state.asked_seats)


async def _end_actor(deps: Deps, departure: Departure) -> None:
    """Ask servers to forget the actor, if that is wished; then delete its keys."""
    if departure.receipt is None:
        await _drop_keys(deps, departure)
    elif departure.asked_at is None:
        await deps.store.write(partial(_ask, deps=deps, departure=departure))
    else:
        async with deps.store.database.read() as session:
            hosts = await list_told_hosts(session, departure.account_id, MOST_HOSTS)
        if deps.clock() >= departure.asked_at + OLDEST_MS or not any(host.pending for host in hosts):
            await _drop_keys(deps, departure)


async def _ask(session: AsyncSession, deps: Deps, departure: Departure) -> None:
    account, now = await load_account(session, departure.account_id), deps.clock()
    assert account is not None
    path = person_path(account.name)
    actor = f"{deps.identity.base_url}/{path}"
    inboxes = await list_follower_inboxes(session, path, MOST_FOLLOWERS)
    await drop_told(session, account.id)
    number = await enqueue(session, actor, None, bytes_of_checked(forget_actor(actor)), inboxes, now=now)
    if number is not None:
        await insert_move_deliveries(session, account.id, number)
    await set_departure(session, account.id, asked_at=now)
    after_commit(session, deps.signals.deliver)


async def _drop_keys(deps: Deps, departure: Departure) -> None:
    async def action(session: AsyncSession) -> str:
        account = await load_account(session, departure.account_id)
        assert account is not None
        path = person_path(account.name)
        await drop_actor(session, departure, path, now=deps.clock())
        return path

    path = await deps.store.write(action)
    deps.identity.signing_keys.pop(f"{deps.identity.base_url}/{path}", None)
