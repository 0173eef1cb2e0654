"""What was refused or lost on its way to the steward is sent once more while it waits: a push alone is no promise.

Only where nothing else waits for the steward's host, so a host that is away gets each thing once. Some go at once; a
cursor says which are next, and after the last come the first again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import has_deliveries, host_of_inbox
from models.groups.pull_cursors import load_cursor, store_cursor
from models.groups.records import list_own_pending
from models.groups.waiting_records import list_operations
from pod.actions.chain.views import load_view
from pod.actions.sync.push import push
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.envelope import reopen_record

AFTER_MS: Final = 30_000
AT_ONCE: Final = 64
HERE: Final = ""  # the pod whose lists these are


async def push_again(deps: Deps, group: RecordId) -> None:
    """Send the steward again what has waited for a while: operations, and records that were written here."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        steward = (await load_view(session, deps, group)).state.steward.pod
        if steward == deps.identity.base_url or await has_deliveries(session, host_of_inbox(f"{steward}/inbox")):
            return
        for name, following in (("operations", _operations), ("records", _records)):
            after = await load_cursor(session, group, HERE, name)
            waiting = [one for one in await following(session, group, after) if one.since <= now - AFTER_MS]
            for one in waiting:
                await push(session, deps, reopen_record(one.wire), now=now, only=steward)
            reached = waiting[-1].seq if len(waiting) == AT_ONCE else 0
            if reached != after:
                await store_cursor(session, group, HERE, name, reached)

    async with deps.store.database.read() as session:
        waits = await list_operations(session, group, 1) or await list_own_pending(session, group, 0, 1)
    if waits:
        await deps.store.write(action)


class _Waiting(NamedTuple):
    seq: int
    since: int
    wire: bytes


async def _operations(session: AsyncSession, group: RecordId, after: int) -> list[_Waiting]:
    found = await list_operations(session, group, AT_ONCE, after_seq=after)
    return [_Waiting(one.seq, one.arrived_at, one.wire) for one in found]


async def _records(session: AsyncSession, group: RecordId, after: int) -> list[_Waiting]:
    found = await list_own_pending(session, group, after, AT_ONCE)
    return [_Waiting(one.seq, one.accepted_at, one.wire) for one in found]
