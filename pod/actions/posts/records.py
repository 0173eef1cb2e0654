"""What an account says becomes a signed record and goes through the one door, then to the group's pods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.proposed_operations import list_proposed
from models.people.accounts import (
    Account,
    Membership,
    load_membership,
    save_membership,
    take_counter,
    take_recovery_key,
)
from models.people.wanted_claims import want_claim
from pod.actions.access import open_group
from pod.actions.chain.door import append
from pod.actions.chain.hopeless_operations import why_void
from pod.actions.chain.views import load_view
from pod.actions.drafted_kinds import DRAFTED
from pod.actions.groups.claimable import check_identity
from pod.actions.notifications import note_decided
from pod.actions.private_groups import check_spoken_for, unknown_group
from pod.actions.signer import (
    STEPPED_UP,
    WITHDRAW,
    Arrived,
    Person,
    PodItself,
    Signer,
    Staying,
    load_signing_membership,
    load_staying,
    member_key,
    proved_within,
    signed,
    signing_seed,
)
from pod.actions.sync.push import push, push_inside
from pod.actions.sync.told_reposts import list_pods_told
from pod.deps import Deps
from pod.rules.chains import ChainRule
from pod.rules.groups import GroupRule
from pod.rules.posts import PostRule
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.limits import MAX_VOTE
from protocol.records.content import UNSIGNED, Header, Post, PostTarget, Vote
from protocol.records.drafts import Draft, by_signing_key, draft, draft_join
from protocol.records.envelope import Record, open_record
from protocol.records.operation import Event, Join, Leave, Operation
from protocol.records.parts import Invitation
from protocol.rules.operations import OperationRule
from protocol.state import GroupState

Write = Callable[[AsyncSession, Deps, Person, RecordId, Draft], Awaitable[Record]]


async def write_record(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft, *cosigners: PrivateKey
) -> Record:
    """Sign the draft as the account's record in `group`, take it through the one door and push it."""
    if said.type in ("GroupRoot", "Invitation") or said.members.get("do") == "join":
        raise PostRule.OWN_ROUTES.error()
    kind = DRAFTED.of(said.type)
    if kind and kind.complete:
        said = Draft(said.type, await kind.complete(session, deps, signer.account, group, said.members))
    record = await signed_record(session, deps, signer, group, said, *cosigners)
    now = deps.clock()
    if isinstance(record.content, Operation):
        await check_operation(session, deps, record)
    await append(session, deps, record, origin="", now=now)
    if isinstance(record.content, Post) and record.content.imported:
        await push_inside(session, deps, record, now=now)
    else:
        await push(session, deps, record, now=now, also=await list_pods_told(session, deps, record))
    return record


async def write_untold(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """As `write_record` for what is no news: the group's own pods get it, readers find it when they pull."""
    record = await signed_record(session, deps, signer, group, said)
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push_inside(session, deps, record, now=now)
    return record


async def write_for(
    session: AsyncSession,
    deps: Deps,
    account: Account,
    group: RecordId,
    said: Draft,
    signer: PodItself | Arrived = PodItself(),  # noqa: B008  (it holds nothing)
) -> Record:
    """Sign a draft that the pod writes for an account, take it through the one door and push it."""
    record = await signed_for(session, deps, signer, account, group, said)
    now = deps.clock()
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)
    return record


async def check_operation(session: AsyncSession, deps: Deps, record: Record) -> None:
    """Refuse an operation that others must sign, too, and one that would void its author's own proposal."""
    operation = record.content
    assert isinstance(operation, Operation)
    state = (await load_view(session, deps, record.group)).state
    refused = why_void(state, record, at=max(deps.clock(), state.at))
    if refused is not None:
        raise refused.rule.error(**refused.facts)
    if isinstance(operation.wish, Leave) or is_withdrawal(operation):
        return
    if any(one.author == operation.author for one in await list_proposed(session, record.group)):
        raise GroupRule.PROPOSAL_OPEN.error()


def is_withdrawal(operation: Operation) -> bool:
    """Whether an operation only overtakes its author's proposals (ADR 0043)."""
    return isinstance(operation.wish, Event) and operation.wish.name == WITHDRAW


async def signed_record(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft, *cosigners: PrivateKey
) -> Record:
    """The draft signed as the account's record in `group`, with its next counter; nothing is stored yet."""
    return await signed_for(session, deps, signer, signer.account, group, said, *cosigners)


async def signed_for(
    session: AsyncSession,
    deps: Deps,
    signer: Signer,
    account: Account,
    group: RecordId,
    said: Draft,
    *cosigners: PrivateKey,
) -> Record:
    """As `signed_record`, for an account that may not be the one who asks."""
    holder = await load_staying(session, deps, account, said.type)
    return await _signed_by(session, deps, signer, holder, group, lambda _, __: said, *cosigners)


async def signed_when_numbered(
    session: AsyncSession,
    deps: Deps,
    signer: Signer,
    account: Account,
    group: RecordId,
    make: Callable[[Header, bytes], Draft],
    *cosigners: PrivateKey,
) -> Record:
    """As `signed_for`, for a draft made from the record's header and the seed of the key that signs it."""
    holder = await load_staying(session, deps, account)
    return await _signed_by(session, deps, signer, holder, group, make, *cosigners)


async def _signed_by(
    session: AsyncSession,
    deps: Deps,
    signer: Signer,
    holder: Staying,
    group: RecordId,
    make: Callable[[Header, bytes], Draft],
    *cosigners: PrivateKey,
) -> Record:
    account, now = holder.account, deps.clock()
    membership, number = await load_signing_membership(session, deps, account, group)
    counter = await take_counter(session, account.id, group)
    header: Header = {"author": number, "key": membership.key_index, "counter": counter, "at": now}
    seed, policy = signing_seed(deps, holder, membership), (await load_view(session, deps, group)).state.policy
    said = make(header, seed)
    body = by_signing_key(said, group, header)
    key, within = PrivateKey.from_seed(seed), proved_within(policy)
    record = open_record(signed(signer, body, key, *cosigners, now=now, proved_within=within))
    if said.type in STEPPED_UP:
        await note_decided(session, account, record, now=now)
    return record


async def write_post(session: AsyncSession, deps: Deps, signer: Person, group: RecordId, said: Draft) -> Record:
    """Write a post and its author's vote for it, because posting is voting."""
    record = await write_record(session, deps, signer, group, said)
    vote = draft(Vote(target=PostTarget(record.id), value=MAX_VOTE, **UNSIGNED))
    await write_record(session, deps, signer, group, vote)
    return record


async def submit(deps: Deps, write: Write, signer: Person, group: RecordId, said: Draft) -> Record:
    """Run `write` in its own transaction; returns the record once it is on disk."""

    async def action(session: AsyncSession) -> Record:
        return await write(session, deps, signer, group, said)

    return await deps.store.write(action)


async def check_keeper(deps: Deps, account: Account, group: RecordId) -> None:
    """Raise NotKeeperError unless the account is a keeper of the group."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, account, group)).state
        membership = await load_membership(session, account.id, group)
    if membership is None or membership.number not in {seat.member for seat in state.seats}:
        raise ChainRule.KEEPER_HANDS_OVER.error()


async def invite(deps: Deps, signer: Person, group: RecordId, offer: Draft) -> JsonObject:
    """A signed invitation for the holder of the link's key; it becomes part of their join."""

    async def action(session: AsyncSession) -> JsonObject:
        return await sign_invitation(session, deps, signer, group, offer)

    return await deps.store.write(action)


async def sign_invitation(
    session: AsyncSession, deps: Deps, signer: Person, group: RecordId, offer: Draft
) -> JsonObject:
    """Sign an invitation inside an action; raises NotMemberError, or VoidOperationError above one's own weight.

    Other owners may have to sign it before anybody can use it.
    """
    record = await signed_record(session, deps, signer, group, offer)
    assert isinstance(record.content, Invitation)
    member = (await load_view(session, deps, group)).state.members.get(record.content.author)
    if member is None or member.weight < record.content.weight:
        raise OperationRule.INVITATION_TOO_HEAVY.error()
    return record.body


async def join(
    deps: Deps,
    signer: Person,
    group: RecordId,
    invitation: JsonObject | None,
    link: PrivateKey | None,
    *,
    identity: RecordId | None = None,
) -> Record:
    """Ask to join a group that this pod holds; the member's number comes when the join is settled.

    `identity`: the account's personal group, in which it then claims the membership; None to join without it.
    """

    async def action(session: AsyncSession) -> Record:
        record = await _ask_to_join(session, deps, signer, group, invitation, link, identity=identity)
        if identity is not None:
            await want_claim(session, signer.account.id, group)
        return record

    return await deps.store.write(action)


async def _ask_to_join(
    session: AsyncSession,
    deps: Deps,
    signer: Person,
    group: RecordId,
    invitation: JsonObject | None,
    link: PrivateKey | None,
    *,
    identity: RecordId | None,
) -> Record:
    account = signer.account
    state = (await load_view(session, deps, group)).state
    former = await load_membership(session, account.id, group)
    _check_may_come(state, former, invited=invitation is not None)
    context, key = _fresh_key(deps, await load_staying(session, deps, account), state, former)
    taken = await take_recovery_key(session, account.id, group)
    if taken is None:
        raise ChainRule.NO_RECOVERY_KEY.error()
    index, recovery = taken
    now = deps.clock()
    if identity is not None:
        check_identity(account, identity, state.visibility)
    wish = draft_join(Join(deps.identity.home, key.did, recovery, identity), invitation)
    body = by_signing_key(wish, group, {"author": 0, "key": 0, "counter": 1, "at": now})
    record = open_record(signed(signer, body, key, *([link] if link else []), now=now))
    check_spoken_for(state, record, "")
    await save_membership(session, Membership(account.id, group, None, key.did, context, 0, index, 1, state="asked"))
    await append(session, deps, record, origin="", now=now)
    await push(session, deps, record, now=now)
    return record


def _check_may_come(state: GroupState, former: Membership | None, *, invited: bool) -> None:
    """Raise MayNotJoinError if the rules or the group would refuse the join.

    A member, or somebody whose join waits, would become a second person. A former member may come back, but not from a
    weight below 0; the new key hides that from other pods, so this pod must check it. Strangers don't learn that a
    private group is here.
    """
    if state.visibility == "private" and former is None and not invited:
        raise unknown_group()
    if state.kind == "person":
        raise OperationRule.PERSON_ALONE.error()
    if state.succeeded_by is not None:
        raise GroupRule.CLOSED.error()
    if former is not None and former.state != "moved":
        member = state.members.get(former.number) if former.number is not None else None
        if member is None or not member.left:
            raise GroupRule.MEMBER_ALREADY.error()
        if member.weight < 0:
            raise GroupRule.KEPT_OUT.error()
    if not invited and (state.others_weight < 0 or state.visibility == "private"):
        raise GroupRule.TAKES_THE_INVITED.error()


def _fresh_key(deps: Deps, holder: Staying, state: GroupState, former: Membership | None) -> tuple[str, PrivateKey]:
    """The context and key of a new membership: the account's first key that the group never saw.

    A former member comes back with the key of the next index, in a context of its own.
    """
    context, index = str(state.group), former.key_index if former else 0
    while (key := member_key(deps, holder, context)).did in state.keys:
        index += 1
        context = f"{state.group}/{index}"
    return context, key
