"""The old pod hands a seat of somebody who moves to the new pod: one handover that holds the rehome.

1. `draft_handover` makes it: the person's rehome to the home that they agreed to, their seat named by that home's key,
   and that home as steward where this pod was it. Nobody has signed it yet but for the rehome in it.
2. The new pod signs it first. `sign_handover_of` checks it anew: freeze, what isn't settled, the head, this seat. Where
   the person keeps the group alone, this pod signs last, appends and confirms in the same transaction: a handover that
   it signed and didn't send would jam the group, for a seat confirms no term below one that it signed.
3. Among several keepers the others are asked, too. If too few sign, that is counted.
4. Both can be asked again: what is done already is answered as it was.

Spec: portability.md section 3, steps 3 and 4.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.readers import VerifiedPod
from models.groups.groups_and_items import list_chain
from models.groups.proposals import load_tries, save_tries
from models.groups.seats_and_acks import load_keeper, save_keeper
from models.moving.departures import Departure, add_refusal, set_departure
from models.people.accounts import revoke_all_tokens
from models.people.sessions import delete_sessions
from pod.actions.chain.door import append
from pod.actions.chain.sealing import acks_to_show, confirm_head
from pod.actions.chain.seat_memory import memory_of, stored_keeper
from pod.actions.chain.views import load_view
from pod.actions.handover.propose import gather_signatures, known_term, parent_of_proposal
from pod.actions.moving.departing_members import DepartingMember, open_departing, signed_rehome
from pod.actions.moving.left_mails import FOLLOWERS_MS
from pod.actions.signer import PodItself, cosigned
from pod.actions.sync.push import push
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.chain import follow
from protocol.errors import BrokenItemError
from protocol.ids import RecordId
from protocol.keeping import check_sign, next_term
from protocol.keys import DidKey
from protocol.records.chain import Handover, Seat
from protocol.records.drafts import handover_members
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Operation, Rehome
from protocol.records.parts import Home
from protocol.state import GroupState

Body = dict[str, Any]


class WishedKey(msgspec.Struct, frozen=True):
    """The key at the new pod to which a membership is to move. `head`: the group's head there, if it has the group."""

    group: RecordId
    signing: DidKey
    head: RecordId | None = None
    plain: bool = False


class DraftedHandover(msgspec.Struct, frozen=True):
    """A handover: `done` if it stands in the chain; else a draft, to be signed by the new pod."""

    handover: Body
    done: bool


async def draft_handover(deps: Deps, asker: VerifiedPod, person: RecordId, wish: WishedKey) -> DraftedHandover:
    """Draft the handover that moves a seat of this person, or return it if it is done."""

    async def action(session: AsyncSession) -> DraftedHandover:
        found = await open_departing(session, deps, asker, person, wish.group)
        done = await _done(session, found, wish.signing)
        if done is not None:
            return done
        await found.check_ready(session, deps)
        if wish.head not in (None, found.view.head):
            raise SwitchRule.OTHER_HEAD.error()
        drafted = await _drafted(session, deps, found, wish.signing)
        if found.departure.item is None:
            await set_departure(session, found.account.id, handed_out=True)
        return drafted

    return await deps.store.write(action)


async def _done(session: AsyncSession, found: DepartingMember, signing: DidKey) -> DraftedHandover | None:
    """The handover that moved the membership to this key; None if nothing did."""
    number = found.view.state.keys.get(signing)
    if number is None:
        return None
    keys = found.view.state.members[number].keys
    height = next((key.height for key in keys if key.did == signing), 0)
    (item,) = await list_chain(session, found.view.state.group, height, 1)
    return DraftedHandover(reopen_record(item.wire).body, done=True)


async def _drafted(session: AsyncSession, deps: Deps, found: DepartingMember, signing: DidKey) -> DraftedHandover:
    now, view, home = deps.clock(), found.view, found.home
    memory = memory_of(await load_keeper(session, view.state.group, deps.identity.keyring.pod_key.did))
    state, _ = await parent_of_proposal(session, view, memory, now=now)
    seats = _seats(deps, found, state)
    tries = await load_tries(session, state.group, view.anchor)
    body = handover_members(
        state,
        _steward(deps, state, home),
        seats,
        term=next_term(known_term(tries, view, memory, state), state),
        at=max(now, state.at),
        operations=[await signed_rehome(session, deps, found, signing)],
        acks=await acks_to_show(session, state),
    )
    return DraftedHandover(body, done=False)


def _steward(deps: Deps, state: GroupState, home: Home) -> Home:
    """The steward stays, but where it is this pod: its one seat in the group is the person's."""
    return home if state.steward.key == deps.identity.keyring.pod_key.did else state.steward


def _seats(deps: Deps, found: DepartingMember, state: GroupState) -> list[Seat]:
    """The keepers, with the person's seat at the new pod; raises NotNowError."""
    own_key, home = deps.identity.keyring.pod_key.did, found.home
    if Seat(found.number, own_key) not in state.seats:
        raise SwitchRule.NO_SEAT.error()
    if any(seat.key == home.key for seat in state.seats):
        raise SwitchRule.SEAT_TAKEN.error()
    return [Seat(seat.member, home.key) if seat.member == found.number else seat for seat in state.seats]


async def sign_handover_of(deps: Deps, asker: VerifiedPod, person: RecordId, record: Record) -> DraftedHandover:
    """Sign a drafted handover that the new pod signed, and put it onto the chain; raises NotNowError."""

    async def begin(session: AsyncSession) -> tuple[DraftedHandover | None, GroupState, Body]:
        found = await open_departing(session, deps, asker, person, record.group)
        if record.id in found.view.nodes:
            node = found.view.nodes[record.id]
            assert node.record is not None
            return DraftedHandover(node.record.body, done=True), node.state, {}
        await found.check_ready(session, deps)
        state, body = await _sign(session, deps, found, record)
        if len(state.seats) > 1:
            return None, state, body
        return await _publish(session, deps, found.departure, open_record(body)), state, body

    done, state, body = await deps.store.write(begin)
    if done is not None:
        return done
    whole = open_record(await gather_signatures(deps, state, body))

    async def end(session: AsyncSession) -> DraftedHandover | None:
        found = await open_departing(session, deps, asker, person, record.group)
        try:
            follow(state, whole)
        except BrokenItemError:
            return None
        return await _publish(session, deps, found.departure, whole)

    signed_by_all = await deps.store.write(end)
    if signed_by_all is None:
        raise SwitchRule.SEAT_REFUSED.error(times=await _refused(deps, asker, person, record.group))
    return signed_by_all


async def _refused(deps: Deps, asker: VerifiedPod, person: RecordId, group: RecordId) -> int:
    async def action(session: AsyncSession) -> int:
        found = await open_departing(session, deps, asker, person, group)
        return await add_refusal(session, found.account.id, group)

    return await deps.store.write(action)


async def _sign(session: AsyncSession, deps: Deps, found: DepartingMember, record: Record) -> tuple[GroupState, Body]:
    """Add this seat's proof, which is remembered first, to the handover if it is as drafted here."""
    now, view, group = deps.clock(), found.view, record.group
    handover = record.content
    key = deps.identity.keyring.pod_key
    memory = memory_of(await load_keeper(session, group, key.did, lock=True))
    state, findings = await parent_of_proposal(session, view, memory, now=now)
    if not isinstance(handover, Handover) or not _is_as_drafted(deps, found, state, handover, record):
        raise SwitchRule.OTHER_HANDOVER.error()
    if handover.parent != state.head or handover.log != state.log:
        raise SwitchRule.OTHER_HEAD.error()
    memory = check_sign(memory, view, state.head, handover.term, findings, at=handover.at, now=now)
    await save_keeper(session, stored_keeper(group, memory))
    return state, dict(cosigned(PodItself(), record.body, key, now=now))


def _is_as_drafted(deps: Deps, found: DepartingMember, state: GroupState, handover: Handover, record: Record) -> bool:
    home = found.home
    if list(handover.keepers) != _seats(deps, found, state) or handover.steward != _steward(deps, state, home):
        return False
    if len(handover.operations) != 1 or home.key not in record.signers:
        return False
    (operation,) = handover.operations
    return (
        isinstance(operation, Operation)
        and isinstance(operation.wish, Rehome)
        and (operation.author, operation.wish.home) == (found.number, home)
        and found.membership.signing in operation.signers
    )


async def _publish(session: AsyncSession, deps: Deps, departure: Departure, record: Record) -> DraftedHandover:
    """Append the handover, confirm it, and remember that it is done; the pods of before and after are told.

    With the personal group's, sessions and tokens here end: one signs in anew to undo the move or to close the account.
    """
    now, group = deps.clock(), record.group
    before = (await load_view(session, deps, group)).state
    if follow(before, record).void:
        raise SwitchRule.OTHER_HANDOVER.error()
    await append(session, deps, record, origin="", now=now)
    for made in (record, *await confirm_head(session, deps, group, now=now)):
        await push(session, deps, made, now=now, also=before.pods)
    tries = await load_tries(session, group, record.id)
    await save_tries(session, msgspec.structs.replace(tries, failed=0, highest_term=0))
    if group == departure.personal_group:
        telling_at = None if departure.soft else now
        told = {"moved_at": now, "telling_at": telling_at, "mail_at": now + FOLLOWERS_MS}
        await set_departure(session, departure.account_id, item=record.id, **told)
        await delete_sessions(session, departure.account_id)
        await revoke_all_tokens(session, departure.account_id, now)
    return DraftedHandover(record.body, done=True)
