"""A steward that leaves a record out is shown: what waited ten minutes while the log grew, and since when.

What it promised to log is shown as soon as an item of a later time leaves it out. Its promise goes to all pods then,
and already when its time is over: where nobody else writes, the first later item may be the one that ends a poll.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import list_overtaken
from models.groups.seats_and_acks import Withheld, insert_withheld, list_withheld
from models.groups.waiting_records import Promise, list_broken_promises
from pod.actions.chain.views import load_view
from pod.actions.sync.push import push
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.envelope import reopen_record
from protocol.state import GroupState

PATIENCE_MS = 10 * 60 * 1000
TELL_MS = 2 * 60 * 1000  # so long promises whose time is over are told; at least one round falls into it
MOST_SHOWN = 100


async def note_withheld(deps: Deps, group: RecordId) -> None:
    """Store which of the group's records the steward passed over; they are deleted when the log has them."""
    now = deps.clock()
    async with deps.store.database.read() as session:
        overtaken = await list_overtaken(session, group, accepted_before=now - PATIENCE_MS, limit=MOST_SHOWN)
        state = (await load_view(session, deps, group)).state
        broken = await list_broken_promises(session, group, state.at, MOST_SHOWN)
        since = Promise(group, max(state.at, now - TELL_MS), b"")
        overdue = await list_broken_promises(session, group, now, MOST_SHOWN, after=since)
    if overtaken or broken or overdue:
        await deps.store.write(lambda session: _note(session, deps, state, overtaken, broken, overdue))


async def _note(
    session: AsyncSession,
    deps: Deps,
    state: GroupState,
    overtaken: list[tuple[RecordId, int]],
    broken: list[Promise],
    overdue: list[Promise],
) -> None:
    group, steward = state.group, state.steward.key
    noted = {entry.record_id for entry in await list_withheld(session, group, 2 * MOST_SHOWN)}
    waiting = [*overtaken, *((entry.record_id, entry.by_at) for entry in broken)]
    await insert_withheld(session, [Withheld(record, group, steward, at) for record, at in waiting])
    for entry in [*(one for one in broken if one.record_id not in noted), *overdue]:
        # With the receipt the other keepers can refuse to confirm, too.
        await push(session, deps, reopen_record(entry.wire), now=deps.clock())
