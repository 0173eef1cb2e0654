"""A proven activity becomes a record at the one door; a second copy, or a kind without record, is a no-op."""

from __future__ import annotations

from federation.activities import RecordActivity
from federation.receive import VerifiedActivity
from pod.actions.append import enter
from pod.actions.chains import load_view
from pod.actions.recovery_branches import may_recover
from pod.deps import Deps
from protocol.errors import BelowAnchorError, UnknownParentError
from protocol.records.envelope import Record, open_record


async def arrive(deps: Deps, verified: VerifiedActivity, *, now: int) -> None:
    """Take the record of an activity; raises the refusal of the rule that refuses it."""
    activity = verified.activity
    if not isinstance(activity, RecordActivity):
        return
    record = open_record(activity.record)
    try:
        await enter(deps, record, origin=activity.actor, now=now)
    except (UnknownParentError, BelowAnchorError) as refusal:
        if isinstance(refusal, BelowAnchorError) and not await _may_recover(deps, record):
            raise
        deps.behind(record.group, activity.actor.split("/groups/", maxsplit=1)[0])


async def _may_recover(deps: Deps, record: Record) -> bool:
    async with deps.database.read() as session:
        return may_recover(await load_view(session, deps, record.group), [record])
