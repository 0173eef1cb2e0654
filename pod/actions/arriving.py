"""A proven activity becomes a record at the one door; a second copy, or a kind without record, is a no-op."""

from __future__ import annotations

from federation.activities import RecordActivity
from federation.receive import VerifiedActivity
from pod.actions.append import enter
from pod.deps import Deps
from protocol.errors import UnknownParentError
from protocol.records.envelope import open_record


async def arrive(deps: Deps, verified: VerifiedActivity, *, now: int) -> None:
    """Take the record of an activity; raises the refusal of the rule that refuses it."""
    activity = verified.activity
    try:
        if isinstance(activity, RecordActivity):
            await _take(deps, activity, now=now)
    finally:
        # Also when the record is refused: what is missing here may be why.
        deps.heard(activity.actor, verified.group_header)


async def _take(deps: Deps, activity: RecordActivity, *, now: int) -> None:
    record = open_record(activity.record)
    try:
        await enter(deps, record, origin=activity.actor, now=now)
    except UnknownParentError:
        deps.behind(record.group, activity.actor.split("/groups/", maxsplit=1)[0])
