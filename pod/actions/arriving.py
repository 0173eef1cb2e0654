"""A proven activity becomes a record at the one door; a second copy, or a kind without record, is a no-op."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import RecordActivity
from federation.receive import VerifiedActivity
from models.outgoing import note_seen
from pod.actions.append import append
from pod.actions.chains import load_view
from pod.actions.recovery_branches import may_recover
from pod.deps import Deps
from protocol.errors import BelowAnchorError, UnknownParentError
from protocol.records.envelope import open_record


async def arrive(deps: Deps, verified: VerifiedActivity, *, now: int) -> None:
    """Take the record of an activity; raises the refusal of the rule that refuses it."""
    activity = verified.activity
    if not isinstance(activity, RecordActivity):
        return

    async def action(session: AsyncSession) -> None:
        await _take(session, deps, activity, now=now)

    await deps.write(action)


async def _take(session: AsyncSession, deps: Deps, activity: RecordActivity, *, now: int) -> None:
    record = open_record(activity.record)
    try:
        await append(session, deps, record, origin=activity.actor, now=now)
    except (UnknownParentError, BelowAnchorError) as refusal:
        view = await load_view(session, deps, record.group)
        if isinstance(refusal, BelowAnchorError) and not may_recover(view, [record]):
            raise
        deps.behind(record.group, activity.actor.split("/groups/", maxsplit=1)[0])
        return
    await note_seen(session, activity.id, now=now)
