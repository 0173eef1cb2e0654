"""Operations that can't be sealed any more stop waiting, on every pod, and their local authors are notified.

An unsettled head decides nothing, because another branch may allow an operation again. A later change may, too; then
the operation is taken as if it came for the first time.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.waiting_records import list_operations, set_void
from models.people.accounts import list_signing
from pod.actions.chain.closed_groups import why_closed
from pod.actions.chain.views import load_view
from pod.actions.chain.void_operations import dump_void
from pod.actions.notifications import note_void
from pod.deps import Deps
from protocol.errors import Refused, VoidOperationError
from protocol.ids import RecordId
from protocol.operations import applied
from protocol.records.envelope import Record, reopen_record
from protocol.records.operation import Join, Operation
from protocol.state import GroupState

AT_ONCE: Final = 64


async def let_void_go(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> None:
    """If the head is settled, judge by it the operations that have waited longest."""
    waiting = await list_operations(session, group, AT_ONCE)
    if not waiting:
        return
    view = await load_view(session, deps, group)
    if view.head != view.anchor:
        return
    for operation in waiting:
        record = reopen_record(operation.wire)
        reason = why_void(view.state, record, at=max(now, view.state.at))
        if reason is not None:
            await give_up(session, view.state, record, reason, now=now)


async def give_up(session: AsyncSession, state: GroupState, record: Record, reason: Refused, *, now: int) -> None:
    """Store that an operation is void, and notify its author if they are local."""
    await set_void(session, record.id, dump_void([(0, reason)]))
    operation = record.content
    assert isinstance(operation, Operation)
    if isinstance(operation.wish, Join):
        accounts = [one.account_id for one in await list_signing(session, state.group, {operation.wish.signing})]
        await note_void(session, state.group, record.id, accounts=accounts, now=now)
    else:
        await note_void(session, state.group, record.id, author=operation.author, now=now)


def why_void(state: GroupState, record: Record, *, at: int) -> Refused | None:
    """The reason why an operation can't be sealed after `state`, by the group's rules or ours; None if it can."""
    operation = record.content
    assert isinstance(operation, Operation)
    try:
        applied(state, operation, height=state.height + 1, at=at, log_size=state.log.size, recovery=False)
    except VoidOperationError as refusal:
        return refusal.refused
    return why_closed(state, operation)
