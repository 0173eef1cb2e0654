"""An operation that lacks nothing but signatures is proposed: kept, and merged by union of proofs, until it has enough.

Each pod finds proposals by the group's rules, so pods need to agree on nothing but the operation itself (ADR 0043):

1. Its author is an owner and signed it; the rules refuse it for nothing but lacking signatures.
2. Only proofs of members who may sign it are kept. A pod that holds two lists of them merges the two.
3. It stands for 14 days by its author's time. A member has one at a time, the latest; a group has at most 16.
4. Once it has enough it waits for a seal like any other. What its author has overtaken is dropped everywhere.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.proposed_operations import ProposedOperation, delete_proposed, list_proposed, put_proposed
from models.groups.waiting_records import put_operations
from pod.actions.chain.hopeless_operations import why_void
from pod.actions.chain.views import load_view
from pod.actions.notifications import note_lapsed, note_proposed, note_void
from pod.deps import Deps
from protocol.canonical import JsonObject, bytes_of_checked
from protocol.errors import Refused
from protocol.ids import RecordId
from protocol.limits import MAX_OPERATION_BYTES, MAX_PROOFS
from protocol.needed_signatures import LACKING, NeededSignatures, needed_signatures, signed_by
from protocol.proofs import merge_proofs
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Operation
from protocol.rules.operations import OperationRule
from protocol.state import GroupState

LASTS_MS: Final = 14 * 86_400_000
AHEAD_MS: Final = 10 * 60_000  # how far an author's clock may be ahead of ours
MOST_PROPOSED: Final = 16


def united(state: GroupState, record: Record, held: bytes | None) -> Record:
    """The operation with its own proofs and those of the held copy, if it needs several; all are verified already."""
    operation = record.content
    assert isinstance(operation, Operation)
    needed = needed_signatures(state, operation)
    if needed is None or held == record.wire:
        return record
    proofs = merge_proofs(record.body["proof"], *([reopen_record(held).body["proof"]] if held else []))
    # Proofs of others would only fill the list, so that those who may sign find no room.
    keys = {state.members[number].signing for number in needed.of}
    author = state.members.get(operation.author)
    keys |= {author.signing} if author else set()
    kept = [proof for proof in proofs if proof["verificationMethod"].partition("#")[0] in keys]
    if not 0 < len(kept) <= MAX_PROOFS:
        return record
    body: JsonObject = {**record.body, "proof": kept}
    return reopen_record(bytes_of_checked(body))


async def take_proposed(
    session: AsyncSession, deps: Deps, state: GroupState, record: Record, reason: Refused, *, now: int
) -> bool | None:
    """Keep an operation that `reason` refuses for lack of signatures.

    Returns whether it is new, or None if it isn't kept.
    """
    operation = record.content
    assert isinstance(operation, Operation)
    needed = needed_signatures(state, operation)
    if needed is None or not _may_stand(state, record, operation, reason, now=now):
        return None
    others: list[ProposedOperation] = []
    own: list[ProposedOperation] = []
    for one in await list_proposed(session, state.group):
        (own if one.author == operation.author else others).append(one)
    proposed = _proposed(record, operation)
    if len(others) >= MOST_PROPOSED or any(_place(one) > _place(proposed) for one in own):
        return None
    if proposed in own:
        return False
    await delete_proposed(session, [one.id for one in own if one.id != proposed.id])
    await put_proposed(session, proposed)
    if not own:
        await _tell(session, state, record, needed, now=now)
        deps.signals.wake(session, state.group)
    return True


def _may_stand(state: GroupState, record: Record, operation: Operation, reason: Refused, *, now: int) -> bool:
    author = state.members.get(operation.author)
    by_owner = author is not None and state.is_owner(author)
    in_time = now - LASTS_MS < operation.at <= now + AHEAD_MS
    size = len(bytes_of_checked({name: value for name, value in record.body.items() if name != "proof"}))
    return reason.rule in LACKING and by_owner and in_time and size <= MAX_OPERATION_BYTES


def _proposed(record: Record, operation: Operation) -> ProposedOperation:
    return ProposedOperation(
        id=record.id,
        group_id=record.group,
        author=operation.author,
        key=operation.key or 0,
        counter=operation.counter,
        at=operation.at,
        wire=record.wire,
    )


def _place(proposed: ProposedOperation) -> tuple[int, int, RecordId]:
    return (proposed.key, proposed.counter, proposed.id)


async def _tell(
    session: AsyncSession, state: GroupState, record: Record, needed: NeededSignatures, *, now: int
) -> None:
    operation = record.content
    assert isinstance(operation, Operation)
    asked = {*needed.of} - {*signed_by(state, needed, record.signers), operation.author}
    await note_proposed(session, state.group, record.id, operation.author, asked, now=now)


async def judge_proposed(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> None:
    """If the head is settled: queue proposals that have enough signatures now, drop those that can't get them."""
    proposals = await list_proposed(session, group)
    if not proposals:
        return
    view = await load_view(session, deps, group)
    if view.head != view.anchor:
        return
    for proposed in proposals:
        record = reopen_record(proposed.wire)
        reason = why_void(view.state, record, at=max(now, view.state.at))
        lapsed = proposed.at <= now - LASTS_MS
        if reason is not None and reason.rule in LACKING and not lapsed:
            continue
        await delete_proposed(session, [proposed.id])
        if reason is None:
            await put_operations(session, [(record.id, group, record.wire)], now=now)
            deps.signals.wake(session, group)
        elif reason.rule in LACKING:
            await note_lapsed(session, group, record.id, proposed.author, now=now)
        elif reason.rule is not OperationRule.OVERTAKEN:
            await note_void(session, group, record.id, author=proposed.author, now=now)
