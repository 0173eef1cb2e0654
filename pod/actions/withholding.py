"""A steward that leaves a record out is shown: what waited ten minutes while the log grew, and since when."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from models.keeping import Withheld, insert_withheld
from models.records import list_overtaken
from pod.actions.chains import load_view
from pod.deps import Deps
from protocol.ids import RecordId

PATIENCE_MS = 10 * 60 * 1000
MOST_SHOWN = 100


async def note_withheld(deps: Deps, group: RecordId) -> None:
    """Note the group's records that the steward passed over; they are forgotten when the log gets them."""
    since = deps.clock() - PATIENCE_MS
    async with deps.database.read() as session:
        overtaken = await list_overtaken(session, group, accepted_before=since, limit=MOST_SHOWN)
    if not overtaken:
        return

    async def action(session: AsyncSession) -> None:
        steward = (await load_view(session, deps, group)).state.steward.key
        await insert_withheld(session, [Withheld(record, group, steward, at) for record, at in overtaken])

    await deps.write(action)
