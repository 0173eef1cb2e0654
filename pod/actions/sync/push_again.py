"""What was refused or lost on its way to the steward is sent once more while it waits: a push alone is no promise.

Only where nothing else waits for the steward's host, so a host that is away gets each thing once.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import has_deliveries, host_of_inbox
from models.groups.records import list_pending
from models.groups.waiting_records import list_operations
from pod.actions.chain.views import load_view
from pod.actions.sync.push import push
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.envelope import reopen_record

AFTER_MS: Final = 30_000
AT_ONCE: Final = 64


async def push_again(deps: Deps, group: RecordId) -> None:
    """Send the steward what has waited for a while: operations, and records that were written here."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        steward = (await load_view(session, deps, group)).state.steward.pod
        if steward == deps.identity.base_url or await has_deliveries(session, host_of_inbox(f"{steward}/inbox")):
            return
        operations = await list_operations(session, group, AT_ONCE)
        records = [one for one in await list_pending(session, group, 0, AT_ONCE) if not one.origin]
        waiting = [(one.arrived_at, one.wire) for one in operations]
        waiting += [(one.accepted_at, one.wire) for one in records]
        for since, wire in waiting:
            if since <= now - AFTER_MS:
                await push(session, deps, reopen_record(wire), now=now, only=steward)

    async with deps.store.database.read() as session:
        waits = await list_operations(session, group, 1) or await list_pending(session, group, 0, 1)
    if waits:
        await deps.store.write(action)
