"""A proven activity finds its door: a record the one door, a Follow its answer; a second copy changes nothing."""

from __future__ import annotations

from typing import assert_never

from federation.activities import Activity, Follow, Gone, Ignored, Moved, RecordActivity, Unfollow
from federation.activities.build import pod_of
from federation.errors import ReplayedSignatureError
from federation.receive import VerifiedActivity
from pod.actions.chain.door import enter
from pod.actions.chain.lone_recovery import is_by_recovery_key, may_recover
from pod.actions.chain.receipts import promise
from pod.actions.chain.views import find_view
from pod.actions.fediverse.followers import forget, take_follow, take_unfollow
from pod.actions.fediverse.heard_moves import hear_of_move
from pod.actions.private_groups import check_spoken_for, is_home, unknown_group
from pod.actions.sync.push import sources_of
from pod.actions.sync.told_reposts import take_told
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.seen_signatures import FirstUse
from protocol.canonical import JsonObject
from protocol.errors import BelowAnchorError, RefusedError, UnknownParentError
from protocol.ids import parse_id
from protocol.records.envelope import CHAIN_TYPES, Record, open_record
from protocol.state import GroupState


async def arrive(deps: Deps, verified: VerifiedActivity, use: FirstUse, *, now: int) -> JsonObject | None:
    """Do what an activity asks for; raises the refusal of the rule that refuses it.

    The answer is a receipt if the activity brings a record that waits for this pod's own seal.
    """
    repeated = False
    try:
        taken = await _settled(deps, verified.activity, use, now=now)
    except ReplayedSignatureError:
        repeated = True  # anybody who saw the request can repeat it, so it isn't news of the actor
        raise
    finally:
        if not repeated:
            # Also when a record is refused, because a record that is missing here may be the cause.
            deps.signals.heard(verified.activity.actor, verified.group_header)
    if taken is None or verified.group_header is None:
        return None
    return await promise(deps, taken.group, taken.id, now=now)


async def _settled(deps: Deps, activity: Activity, use: FirstUse, *, now: int) -> Record | None:
    """Call `_do`; whether it succeeds or not, the signature is used up."""
    try:
        return await _do(deps, activity, use, now=now)
    finally:
        await use.settle()


async def _do(deps: Deps, activity: Activity, use: FirstUse, *, now: int) -> Record | None:
    """Do what the activity asks; returns the record if it is content that is new here.

    The commit that stores a record also stores the mark of the signature that brought it.
    """
    if isinstance(activity, RecordActivity):
        return await _take_record(deps, activity, use, now=now)
    await use.settle()
    match activity:
        case Follow() as follow:
            await take_follow(deps, follow, now=now)
        case Unfollow() as undo:
            await take_unfollow(deps, undo)
        case Gone() as gone:
            await forget(deps, gone)
        case Moved() as moved:
            await hear_of_move(deps, moved, now=now)
        case Ignored():
            pass
        case other:
            assert_never(other)
    return None


async def _open(deps: Deps, activity: RecordActivity) -> tuple[Record, GroupState]:
    """The verified record and its group's state. Asks first whether the group is here, because that is cheaper.

    Senders who don't belong to a private group get the same answer for a broken record as for an unknown group.
    """
    if "group" not in activity.record:
        root = open_record(activity.record)
        return root, (await find_view(deps, root.group)).state
    state = (await find_view(deps, parse_id(activity.record["group"]))).state
    await let_others()
    try:
        return open_record(activity.record), state
    except RefusedError:
        if state.visibility == "private" and not is_home(state, activity.actor):
            raise unknown_group() from None
        raise


async def _take_record(deps: Deps, activity: RecordActivity, use: FirstUse, *, now: int) -> Record | None:
    try:
        record, state = await _open(deps, activity)
    except UnknownGroupError:
        await use.settle()
        if await take_told(deps, activity, now=now):
            return None
        raise
    check_spoken_for(state, record, activity.actor)
    try:
        taken = await enter(deps, record, origin=activity.actor, now=now, mark=use.hand_over())
    except (UnknownParentError, BelowAnchorError) as refusal:
        view, pod = await find_view(deps, record.group), pod_of(activity.actor)
        if isinstance(refusal, UnknownParentError) and pod in sources_of(view.state):
            deps.signals.behind(record.group, pod)
        elif may_recover(view, [record]):
            # Where no recovery key proves it, other pods are asked for it, but not often.
            if not is_by_recovery_key(view, record):
                await deps.store.limits.take("recovery of a group", record.group, now=now)
            deps.signals.behind(record.group, pod)
        else:
            raise
        return None
    return record if taken.new and record.type not in CHAIN_TYPES else None
