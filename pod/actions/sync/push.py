"""What a pod accepted goes to the group's other pods: queued in the same commit, delivered by a job."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import wrap
from federation.contexts import PUBLIC
from models.engine.writer import after_commit
from models.fediverse.deliveries import enqueue, host_of_inbox, list_silent
from models.fediverse.readers import list_readers
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actors import POD, sender_of
from pod.actions.fediverse.readers import MOST_READERS
from pod.deps import Deps
from protocol.canonical import bytes_of_checked
from protocol.records.envelope import Record
from protocol.state import GroupState


def pods_of(state: GroupState) -> list[str]:
    """The pods that are home to a member with weight >= 0 who hasn't left, sorted."""
    return sorted(state.pods)


def sources_of(state: GroupState) -> set[str]:
    """The pods from which this pod pulls without being asked: the group's pods, and the steward's."""
    return state.pods | {state.steward.pod}


async def push(
    session: AsyncSession,
    deps: Deps,
    record: Record,
    *,
    now: int,
    also: Collection[str] = frozenset(),
    only: str | None = None,
) -> None:
    """Queue `record` for the group's other pods, its readers and those in `also`; or for `only` one of these.

    A private group's records are sent in the name of the pod's own actor, and only to the group's pods.
    """
    state = (await load_view(session, deps, record.group)).state
    told = state.pods
    if state.visibility != "private":
        told |= {*also, *await list_readers(session, record.group, MOST_READERS)}
    await _queue(session, deps, state, record, [pod for pod in told if only in (None, pod)], now=now)


async def push_inside(session: AsyncSession, deps: Deps, record: Record, *, now: int) -> None:
    """Queue `record` for the pods that are home to the group's members, and for no others."""
    state = (await load_view(session, deps, record.group)).state
    await _queue(session, deps, state, record, pods_of(state), now=now)


async def _queue(
    session: AsyncSession, deps: Deps, state: GroupState, record: Record, told: Collection[str], *, now: int
) -> None:
    actor = sender_of(deps, state)
    pods = [pod for pod in sorted(told) if pod != deps.identity.base_url]
    # An address that never took a delivery may not be a pod, and its queue would grow for days. If it is a pod, it
    # pulls.
    silent = await list_silent(session, {host_of_inbox(f"{pod}/inbox") for pod in pods})
    pods = [pod for pod in pods if host_of_inbox(f"{pod}/inbox") not in silent]
    inboxes = [f"{pod}/inbox" for pod in pods]
    if not inboxes:
        return
    to = [f"{pod}/{POD}" for pod in pods] if state.visibility == "private" else [PUBLIC]
    body = bytes_of_checked(wrap(record, actor=actor, to=to))
    await enqueue(session, actor, record.group, body, inboxes, now=now)
    after_commit(session, deps.signals.deliver)
