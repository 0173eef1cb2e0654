"""Recovery handovers: keepers prove by recovery keys that their pods are gone, and a new steward goes on.

1. A recovery builds on the highest item that any keeper confirmed and whose log is held here.
2. Its term begins the next epoch, so that no key of a lost pod outranks it.
3. It is signed by recovery keys of a quorum of keepers, one for a lone keeper. Until it is, it is a draft, passed on by
   people: each gives the phrase at a pod of their own, which signs what an honest person would.
4. A person signs one recovery an epoch, or another on a higher item, which no keeper promised the first; that is
   remembered on disk before a signature leaves.
5. Once signed, the living keepers promise it its term; only then it is published (ADR 0021). A lone keeper has nobody
   to ask.

Spec: protocol.md section 3.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.groups.groups_and_items import load_group
from models.groups.seats_and_acks import StoredKeeper, load_keeper, save_keeper
from models.moving.departures import delete_departure
from models.people.accounts import (
    Account,
    Membership,
    load_account_by_recovery,
    load_membership,
    save_membership,
    take_recovery_key,
)
from pod.actions.chain.door import append
from pod.actions.chain.views import load_view
from pod.actions.private_groups import unknown_group
from pod.actions.recovery.keeper_promises import gather_promises
from pod.actions.recovery.phrase import RecoveryKeys
from pod.actions.signer import PhraseHolder, cosigned, load_staying, member_key, signed
from pod.actions.sync.pull import pull
from pod.actions.sync.push import pods_of, push
from pod.actions.sync.remote_lists import Pass
from pod.deps import Deps
from pod.rules.accounts import AccountRule
from pod.rules.chains import ChainRule
from protocol.branches import View
from protocol.chain import next_epoch, signed_seats
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import DidKey, PrivateKey
from protocol.limits import MAX_CLOCK_LEAD_MS
from protocol.records.chain import Handover, Seat
from protocol.records.content import Header
from protocol.records.drafts import by_recovery_key, draft_wish, handover_members
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Operation, Rehome
from protocol.state import GroupState, Member, quorum


class Recovery(msgspec.Struct, frozen=True):
    """A recovery handover and the number of keepers who signed it; `item` once it is on the chain."""

    handover: dict[str, Any]
    signed: int
    needed: int
    item: RecordId | None = None


async def recover_group(
    deps: Deps, account: Account, group: RecordId, keys: RecoveryKeys, keepers: Sequence[int] | None
) -> Recovery:
    """Begin the recovery of a group whose quorum of keepers is gone, with this pod as steward."""
    await _pull_everywhere(deps, account, group, keys)

    async def action(session: AsyncSession) -> Recovery:
        await check_own(session, account, keys)
        return await begin_recovery(session, deps, account, group, keys, keepers)

    return await _finished(deps, await deps.store.write(action))


async def sign_recovery(deps: Deps, account: Account, group: RecordId, keys: RecoveryKeys, draft: Record) -> Recovery:
    """Sign a draft with the person's recovery key; a draft that a quorum signed goes onto the chain."""
    await _pull_everywhere(deps, account, group, keys)

    async def action(session: AsyncSession) -> Recovery:
        await check_own(session, account, keys)
        return await _join_draft(session, deps, group, keys, draft)

    return await _finished(deps, await deps.store.write(action))


async def _finished(deps: Deps, drafted: Recovery) -> Recovery:
    """Put a fully signed draft onto the chain once the living keepers promised its term; return others as they are."""
    if drafted.item is not None or drafted.signed < drafted.needed:
        return drafted
    record = open_record(drafted.handover)
    async with deps.store.database.read() as session:
        state = _state_below(await load_view(session, deps, record.group), record)
    await gather_promises(deps, state, record)

    async def action(session: AsyncSession) -> None:
        view = await load_view(session, deps, record.group)
        if record.id not in view.nodes:
            await _check_highest(session, view, record)
            await _publish(session, deps, state, record)

    await deps.store.write(action)
    return msgspec.structs.replace(drafted, item=record.id)


async def _pull_everywhere(deps: Deps, account: Account, group: RecordId, keys: RecoveryKeys) -> None:
    """Pull from all living pods first, because a recovery must not pass over an item that a keeper confirmed.

    The pods of a private group don't know this pod yet; they answer the recovery key.
    """
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        if state.visibility == "private" and await load_membership(session, account.id, group) is None:
            raise unknown_group()
    shown = _pass_of(state, keys)
    for pod in pods_of(state):
        if pod != deps.identity.base_url:
            with suppress(RemoteError, RefusedError):
                await pull(deps, pod, group, shown)


def _pass_of(state: GroupState, keys: RecoveryKeys) -> Pass | None:
    number = keys.member_in(state)
    if state.visibility != "private" or number is None:
        return None
    signer = keys.signer(state.members[number].recovery[-1])
    return Pass(signer) if signer is not None else None


async def check_own(session: AsyncSession, account: Account, keys: RecoveryKeys) -> None:
    """Raise PhraseError unless the account's recovery keys come from this phrase."""
    owner = await load_account_by_recovery(session, tuple(keys.numbers))
    if owner is None or owner.id != account.id:
        raise AccountRule.NOT_THIS_ACCOUNTS_PHRASE.error()


async def begin_recovery(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    group: RecordId,
    keys: RecoveryKeys,
    keepers: Sequence[int] | None = None,
    *,
    also: Collection[str] = frozenset(),
) -> Recovery:
    """Draft a recovery that moves the person to this pod; with a single keeper it is complete at once.

    `also`: pods that hold copies and get the recovery, too, though the group doesn't name them.
    """
    view = await load_view(session, deps, group)
    state = await _parent(session, view)
    member = _keeper_of(state, keys)
    signer = _signer(keys, member)
    operations = []
    if member.home != deps.identity.home or await _moves(session, account, member, group):
        taken = await take_recovery_key(session, account.id, group)
        if taken is None:
            raise ChainRule.NO_RECOVERY_KEY.error()
        signing = await expect_rehome(session, deps, account, group, member, recovery_index=taken[0])
        operations.append(rehome(deps, group, member, signer, signing, taken[1]))
    numbers = [seat.member for seat in state.seats] if keepers is None else list(keepers)
    body = _body(deps, state, member, operations, numbers)
    pod_key = deps.identity.keyring.pod_key
    draft = open_record(signed(PhraseHolder(), body, signer, pod_key, now=deps.clock(), as_list=True))
    return await _add(session, deps, state, draft, signer, also=also)


async def _join_draft(
    session: AsyncSession, deps: Deps, group: RecordId, keys: RecoveryKeys, draft: Record
) -> Recovery:
    handover = draft.content
    if not isinstance(handover, Handover) or draft.group != group:
        raise ChainRule.NO_HANDOVER_DRAFT.error()
    view = await load_view(session, deps, group)
    state = await _check_highest(session, view, draft)
    if handover.term != next_epoch(state.term) or handover.log != state.log:
        raise ChainRule.RECOVERY_SHAPE.error()
    if handover.at > deps.clock() + MAX_CLOCK_LEAD_MS:
        raise ChainRule.DRAFT_AHEAD.error()
    if any(not isinstance(one, Operation) or not isinstance(one.wish, Rehome) for one in handover.operations):
        raise ChainRule.DRAFT_OPERATIONS.error()
    signer = _signer(keys, _keeper_of(state, keys))
    joined = open_record(cosigned(PhraseHolder(), draft.body, signer, now=deps.clock()))
    return await _add(session, deps, state, joined, signer)


async def _check_highest(session: AsyncSession, view: View, draft: Record) -> GroupState:
    """The state of the draft's parent; raises if a keeper confirmed a higher item."""
    highest = await _parent(session, view)
    state = _state_below(view, draft)
    if not view.holds(state.head) or state.height < highest.height:
        raise ChainRule.DRAFT_PARENT_LOW.error()
    return state


def _state_below(view: View, record: Record) -> GroupState:
    assert isinstance(record.content, Handover)
    node = view.nodes.get(record.content.parent)
    if node is None:
        raise ChainRule.DRAFT_PARENT_UNKNOWN.error()
    return node.state


async def _add(
    session: AsyncSession,
    deps: Deps,
    state: GroupState,
    record: Record,
    signer: PrivateKey,
    *,
    also: Collection[str] = frozenset(),
) -> Recovery:
    """Store that this key signed, before anybody sees the signature; publish the recovery of a single keeper."""
    handover = record.content
    assert isinstance(handover, Handover)
    said = await load_keeper(session, state.group, signer.did, lock=True)
    anew = said.highest_term == handover.term and said.last_height < handover.height
    if said.highest_term >= handover.term and said.last_item != record.id and not anew:
        raise ChainRule.OTHER_RECOVERY_SIGNED.error()
    await save_keeper(
        session, StoredKeeper(state.group, signer.did, record.id, handover.term, handover.height, handover.term)
    )
    sets = (state.seats, *(replaced.seats for replaced in state.earlier))
    counts = [(signed_seats(state, seats, record.signers, recovery=True), quorum(len(seats))) for seats in sets]
    signed, needed = min(counts, key=lambda count: count[0] - count[1])
    if signed < needed or any(len(seats) > 1 for seats in sets):
        return Recovery(record.body, signed, needed)
    await _publish(session, deps, state, record, also=also)
    return Recovery(record.body, signed, needed, record.id)


async def _publish(
    session: AsyncSession, deps: Deps, state: GroupState, record: Record, *, also: Collection[str] = frozenset()
) -> None:
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    # The lost pod gets it, too, so that it gives way if it comes back.
    await push(session, deps, record, now=now, also={*state.pods, *also})


async def _parent(session: AsyncSession, view: View) -> GroupState:
    """The state after the highest item that a keeper confirmed and whose log this pod holds."""
    stored = await load_group(session, view.state.group)
    held = stored.log_size if stored else 0
    for height in sorted(view.branch, reverse=True):
        item = view.branch[height]
        state = view.nodes[item].state
        seats = state.asked_seats
        confirmed = any(Seat(ack.keeper, ack.key) in seats for ack in view.acks.get(item, ()))
        if (confirmed or item == view.anchor) and state.log.size <= held:
            return state
    raise ChainRule.LOG_LACKING.error()


def _keeper_of(state: GroupState, keys: RecoveryKeys) -> Member:
    number = keys.member_in(state)
    if number is None or number not in {seat.member for seat in state.seats}:
        raise ChainRule.KEEPERS_PHRASE.error()
    return state.members[number]


def _signer(keys: RecoveryKeys, member: Member) -> PrivateKey:
    signer = keys.signer(member.recovery[-1])
    if signer is None:
        raise ChainRule.PHRASE_REPLACED.error()
    return signer


async def _moves(session: AsyncSession, account: Account, member: Member, group: RecordId) -> bool:
    membership = await load_membership(session, account.id, group)
    return membership is None or membership.signing != member.signing


async def expect_rehome(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId, member: Member, *, recovery_index: int
) -> DidKey:
    """Return the member's new signing key here, and store the membership as moving until the rehome is sealed."""
    # The words outrank what an account agreed to: whoever gives them here isn't moving away any more.
    await delete_departure(session, account.id)
    index = len(member.keys)
    signing = member_key(deps, await load_staying(session, deps, account), group, index).did
    await save_membership(
        session, Membership(account.id, group, None, signing, group, index, recovery_index, 0, state="moving")
    )
    return signing


def rehome(
    deps: Deps, group: RecordId, member: Member, signer: PrivateKey, signing: DidKey, recovery: DidKey | None = None
) -> dict[str, Any]:
    """The member's move to this pod, signed by the recovery key; only a recovery gives a new recovery key, too."""
    index = len(member.recovery) - 1
    last = member.recovery_counter
    header: Header = {
        "author": member.number,
        "key": index,
        "counter": last[1] + 1 if last[0] == index else 1,
        "at": deps.clock(),
    }
    body = by_recovery_key(draft_wish(Rehome(deps.identity.home, signing, recovery)), group, header)
    return signed(PhraseHolder(), body, signer, now=deps.clock())


def _body(
    deps: Deps, state: GroupState, member: Member, operations: list[dict[str, Any]], numbers: Sequence[int]
) -> dict[str, Any]:
    if not all(number in state.members for number in numbers):
        raise ChainRule.KEEPER_IS_MEMBER.error()
    homes = {number: state.members[number].home.key for number in numbers} | {member.number: deps.identity.home.key}
    seats = [Seat(number, homes[number]) for number in numbers]
    term, at = next_epoch(state.term), max(deps.clock(), state.at)
    return handover_members(state, deps.identity.home, seats, term=term, at=at, operations=operations)
