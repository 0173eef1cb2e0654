"""A pod restored from a backup signs nothing by its former key, which may have signed what the backup doesn't know.

1. `pod renew-key` draws a new pod key. Seats under the former one neither seal, confirm nor sign handovers, as no code
   asks for that key but rule 3.
2. Members at home here move to the new key, each by a rehome with a new signing key: counters after the backup are
   lost, and no record may have the key and counter of another. Keepers then name the pod anew by a handover.
3. A group whose only keeper is here has nobody to do that. Once every other pod of the group was heard, so that what
   they hold of its last items is here again, the former key signs one handover to the new one, and
   confirms it.

Spec: protocol.md section 3, "What an honest keeper's pod does".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.groups.seats_and_acks import load_keeper, retire_keepers
from models.people.accounts import Membership, list_local, list_signing, load_account, set_membership
from pod.actions.chain.door import append
from pod.actions.chain.seat_memory import memory_of
from pod.actions.chain.views import load_view
from pod.actions.signer import PodItself, Staying, load_staying, member_key, signed, signing_key
from pod.actions.sync.pull import pull
from pod.actions.sync.push import pods_of, push
from pod.deps import Deps
from pod.errors import MovingError
from protocol.branches import View
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keeping import next_term
from protocol.keys import PrivateKey
from protocol.limits import MAX_OPERATIONS_PER_SEAL
from protocol.records.chain import Seat
from protocol.records.content import Header
from protocol.records.drafts import ack_members, by_signing_key, draft_wish, handover_members
from protocol.records.envelope import open_record
from protocol.records.operation import Rehome
from protocol.state import GroupState, Member

Body = dict[str, Any]

AT_ONCE = 256


async def retire_seats(deps: Deps) -> None:
    """Mark every seat that signed here as retired, so that it signs no more even if its former key comes back."""
    await deps.store.write(retire_keepers)


async def renew_home(deps: Deps, group: RecordId) -> None:
    """Make this pod's new key known in the group, unless that is done or asked already."""
    if not deps.identity.keyring.former:
        return
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
    former = _lone_seat(deps, state)
    if former is None:
        await _move_all(deps, group)
    elif await _heard_all(deps, state):

        async def action(session: AsyncSession) -> None:
            view = await load_view(session, deps, group)
            if _lone_seat(deps, view.state) == former:
                await _hand_on(session, deps, view, former)

        await deps.store.write(action)


async def _move_all(deps: Deps, group: RecordId) -> None:
    """Ask for the move of every local member, some in each commit."""
    after: int | None = 0

    async def action(session: AsyncSession) -> int | None:
        state = (await load_view(session, deps, group)).state
        some = await list_local(session, group, after or 0, AT_ONCE)
        for wish in await _moves(session, deps, state, some):
            record = open_record(wish)
            await append(session, deps, record, origin="", now=deps.clock())
            await push(session, deps, record, now=deps.clock())
        return some[-1].account_id if some else None

    while after is not None:
        after = await deps.store.write(action)


def awaits_renewal(deps: Deps, state: GroupState) -> bool:
    """Whether the group still knows this pod by a former key."""
    formers = {key.did for key in deps.identity.keyring.former}
    if not formers:
        return False
    homes = {member.home.key for member in state.members.values() if not member.left}
    return not formers.isdisjoint(homes | {seat.key for seat in state.seats})


def _lone_seat(deps: Deps, state: GroupState) -> PrivateKey | None:
    """The former key that holds the group's only seat; None if none does."""
    if len(state.seats) != 1:
        return None
    return next((key for key in deps.identity.keyring.former if key.did == state.seats[0].key), None)


async def _heard_all(deps: Deps, state: GroupState) -> bool:
    for pod in pods_of(state):
        if pod != deps.identity.base_url:
            try:
                await pull(deps, pod, state.group)
            except (RemoteError, RefusedError):
                return False
    return True


async def _hand_on(session: AsyncSession, deps: Deps, view: View, former: PrivateKey) -> None:
    state, now = view.state, deps.clock()
    stored = await load_group(session, state.group)
    if stored is None or stored.log_size != state.log.size:
        return
    memory = memory_of(await load_keeper(session, state.group, former.did))
    term = next_term(memory.highest_term, state)
    seat = Seat(state.seats[0].member, deps.identity.home.key)
    moves = await _first_moves(session, deps, state)
    body = handover_members(state, deps.identity.home, [seat], term=term, at=max(now, state.at), operations=moves)
    pod_key = deps.identity.keyring.pod_key
    record = open_record(signed(PodItself(), body, former, pod_key, now=now, as_list=True))
    # The seat that is replaced must confirm its own replacement, or nothing after it would settle.
    ack = ack_members(state.group, seat.member, term=term, height=state.height + 1, item=record.id)
    for made in (record, open_record(signed(PodItself(), ack, former, now=now))):
        await append(session, deps, made, origin="", now=now)
        await push(session, deps, made, now=now)


async def _first_moves(session: AsyncSession, deps: Deps, state: GroupState) -> list[Body]:
    """The moves that fit into the handover, the keeper's first; the others ask the new steward."""
    (seat,) = state.seats
    keeper = await list_signing(session, state.group, {state.members[seat.member].signing})
    wishes = await _moves(session, deps, state, keeper)
    after = 0
    while some := await list_local(session, state.group, after, MAX_OPERATIONS_PER_SEAL - len(wishes)):
        wishes += await _moves(session, deps, state, some)
        after = some[-1].account_id
    return wishes


async def _moves(session: AsyncSession, deps: Deps, state: GroupState, memberships: Sequence[Membership]) -> list[Body]:
    """A signed rehome for each of these memberships that the group knows by a former key; marks them as moving."""
    formers = {key.did for key in deps.identity.keyring.former}
    wishes = []
    for membership in memberships:
        number = state.keys.get(membership.signing)
        member = state.members[number] if number is not None else None
        account = await load_account(session, membership.account_id)
        if member is None or account is None or member.signing != membership.signing or member.left:
            continue
        if member.home.pod == deps.identity.base_url and member.home.key in formers:
            with suppress(MovingError):  # it moves to the new key once its move to another pod has stopped
                holder = await load_staying(session, deps, account)
                wishes.append(await _move(session, deps, holder, membership, member))
    return wishes


async def _move(session: AsyncSession, deps: Deps, holder: Staying, membership: Membership, member: Member) -> Body:
    index = len(member.keys)
    key = member_key(deps, holder, membership.context, index)
    header: Header = {
        "author": member.number,
        "key": index - 1,
        "counter": max(membership.counter, member.counter[1]) + 1,
        "at": deps.clock(),
    }
    body = by_signing_key(draft_wish(Rehome(deps.identity.home, key.did)), membership.group_id, header)
    wish = signed(PodItself(), body, signing_key(deps, holder, membership), now=deps.clock())
    await set_membership(
        session,
        holder.account.id,
        membership.group_id,
        number=None,
        signing=key.did,
        key_index=index,
        counter=0,
        state="moving",
    )
    return wish
