"""Operations that need several signatures: an owner proposes one, others sign it, its author may take it back.

A proposal goes to the pods of the group's members by the one door, like every operation; each signature makes a fuller
form of the same record. The last one that was lacking sends it to be sealed (ADR 0043).
"""

from __future__ import annotations

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.proposed_operations import ProposedOperation, list_proposed, load_proposed
from pod.actions.chain.door import append
from pod.actions.chain.hopeless_operations import why_void
from pod.actions.chain.proposed_operations import LASTS_MS
from pod.actions.chain.views import load_view
from pod.actions.posts.records import signed_record, write_record
from pod.actions.signer import WITHDRAW, Person, cosigned, load_signing_membership, load_staying, signing_key
from pod.actions.sync.push import push, push_inside
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.ids import RecordId
from protocol.needed_signatures import LACKING, needed_signatures
from protocol.records.drafts import Draft, draft_wish
from protocol.records.envelope import Record, open_record, reopen_record
from protocol.records.operation import Event, Operation


class AskedOperation(msgspec.Struct, frozen=True):
    """A signed wish; `open`: it still waits for signatures of others."""

    record: RecordId
    open: bool


async def ask_for(deps: Deps, signer: Person, group: RecordId, wish: Draft) -> AskedOperation:
    """Sign a wish to change the group; if the rules need more signatures, it becomes a proposal.

    Raises the refusal of any rule that more signatures can't satisfy.
    """

    async def action(session: AsyncSession) -> AskedOperation:
        state = (await load_view(session, deps, group)).state
        _, number = await load_signing_membership(session, deps, signer.account, group)
        if any(one.author == number for one in await list_proposed(session, group)):
            raise GroupRule.PROPOSAL_OPEN.error()
        record = await signed_record(session, deps, signer, group, wish)
        refused = why_void(state, record, at=max(deps.clock(), state.at))
        if refused is not None and refused.rule not in LACKING:
            raise refused.rule.error(**refused.facts)
        return AskedOperation(record.id, await _enter(session, deps, record))

    return await deps.store.write(action)


async def _enter(session: AsyncSession, deps: Deps, record: Record) -> bool:
    """Take an operation and send it on; returns whether it still lacks signatures."""
    now = deps.clock()
    taken = await append(session, deps, record, origin="", now=now)
    await (push_inside if taken.waits else push)(session, deps, record, now=now)
    return taken.waits


async def sign_proposal(deps: Deps, signer: Person, group: RecordId, operation: RecordId) -> AskedOperation:
    """Add the account's signature to a proposal; raises NotFoundError, MayNotWriteError."""

    async def action(session: AsyncSession) -> AskedOperation:
        membership, number = await load_signing_membership(session, deps, signer.account, group)
        proposed = await _load(session, deps, group, operation)
        held = reopen_record(proposed.wire)
        state = (await load_view(session, deps, group)).state
        assert isinstance(held.content, Operation)
        needed = needed_signatures(state, held.content)
        if needed is None or number not in needed.of:
            raise GroupRule.NOT_ASKED_TO_SIGN.error()
        key = signing_key(deps, await load_staying(session, deps, signer.account), membership)
        body = cosigned(signer, held.body, key, now=deps.clock())
        return AskedOperation(operation, await _enter(session, deps, open_record(body)))

    return await deps.store.write(action)


async def withdraw_proposal(deps: Deps, signer: Person, group: RecordId, operation: RecordId) -> RecordId:
    """Withdraw the account's own proposal for good; returns the operation that overtakes it."""
    wish = draft_wish(Event(WITHDRAW, {"operation": operation}))

    async def action(session: AsyncSession) -> RecordId:
        _, number = await load_signing_membership(session, deps, signer.account, group)
        if (await _load(session, deps, group, operation)).author != number:
            raise GroupRule.NOT_YOUR_PROPOSAL.error()
        return (await write_record(session, deps, signer, group, wish)).id

    return await deps.store.write(action)


async def _load(session: AsyncSession, deps: Deps, group: RecordId, operation: RecordId) -> ProposedOperation:
    """The proposal if it is still open; raises NotFoundError."""
    proposed = (await load_proposed(session, [operation])).get(operation)
    if proposed is None or proposed.group_id != group or proposed.at <= deps.clock() - LASTS_MS:
        raise GroupRule.NO_SUCH_PROPOSAL.error()
    return proposed
