"""Readers: a pod whose people follow a group says so to the group's pods, and is told like one of them (protocol §5).

So does a pod that shows the claim of a member of another group, to hear when that person takes it back. It follows with
its own actor, first at the keepers' pods, so that the next steward knows it, too. A private group has no readers: its
own pods get everything, and no other pod does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import Follow, accept, ask_to_follow, reject, take_back, wrap
from federation.activities.build import pod_of
from models.content.claims import is_claimed
from models.engine.writer import after_commit
from models.fediverse.deliveries import enqueue
from models.fediverse.readers import (
    NEVER_TOLD,
    Reading,
    delete_reader,
    delete_reading,
    is_followed_here,
    list_readings,
    list_untold,
    put_copied_readers,
    put_reader,
    save_reading,
    set_told_term,
)
from models.groups.groups_and_items import load_item
from pod.actions.chain.views import find_view, load_view
from pod.actions.fediverse.actors import POD, group_path
from pod.actions.private_groups import is_home
from pod.actions.reading.lens.floor import list_floor
from pod.deps import Deps
from protocol.canonical import JsonObject, bytes_of_checked
from protocol.ids import RecordId, parse_id
from protocol.origins import is_bare_origin
from protocol.records.envelope import reopen_record
from protocol.state import GroupState

MOST_READERS: Final = 10_000  # of one group; each record is delivered to all of them
MOST_COPIED: Final = 1000  # that a copy names: each is sent to, and none has asked
COPIED_MS: Final = 7 * 24 * 3600 * 1000
MOST_TOLD: Final = 7  # pods of a group that are told who reads it: as many as keepers at most
AGAIN_AFTER_MS: Final = 24 * 3600 * 1000  # a pod that was restored from a backup may have forgotten its readers


def _is_pod(actor: str) -> bool:
    """Whether the actor's id is that of a pod's own actor."""
    return actor == f"{pod_of(actor)}/{POD}"


async def take_reader(deps: Deps, follow: Follow, *, now: int) -> bool:
    """Answer a Follow with which a pod says that it reads a local group; False if the Follow is another one.

    The pod's inbox follows from its address, which the signature proves, so nothing is fetched. Raises
    UnknownGroupError.
    """
    group = _group_of(deps, follow.object)
    if group is None or not follow.reads or not _is_pod(follow.actor):
        return False
    pod = pod_of(follow.actor)

    async def action(session: AsyncSession) -> None:
        state = (await load_view(session, deps, group)).state
        taken = state.visibility != "private" and await put_reader(
            session, group, pod, term=state.term, most=MOST_READERS, now=now
        )
        answer = accept(follow) if taken else reject(follow)
        # The answer says how far the group is, so that the reader pulls what came between its last pull and its Follow.
        about = group if taken else None
        await enqueue(session, follow.object, about, bytes_of_checked(answer), [f"{pod}/inbox"], now=now)
        after_commit(session, deps.signals.deliver)

    await deps.store.write(action)
    return True


async def drop_reader(session: AsyncSession, deps: Deps, actor: str, followed: str | None) -> None:
    """Delete a pod that no longer reads the group, or any group if `followed` is None. Ignores other actors."""
    if not _is_pod(actor):
        return
    group = _group_of(deps, followed) if followed else None
    if group is not None or not followed:
        await delete_reader(session, pod_of(actor), group)


def _group_of(deps: Deps, actor: str) -> RecordId | None:
    prefix = f"{deps.identity.base_url}/{group_path(RecordId(''))}"
    return parse_id(actor.removeprefix(prefix)) if actor.startswith(prefix) else None


async def keep_reading(deps: Deps, group: RecordId, *, now: int) -> None:
    """Tell the group's pods that this pod reads the group, or has stopped; goes by its people and keepers now."""
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        told = await list_readings(session, group, 2 * MOST_TOLD)
        wanted = pods_to_tell(state, deps.identity.base_url)
        if wanted and not await _is_read(session, deps, state):
            wanted = []
    again = {one.pod for one in told if one.at + AGAIN_AFTER_MS > now}
    asked = [pod for pod in wanted if pod not in again]
    ended = [one for one in told if one.pod not in wanted]
    if asked or ended:
        await deps.store.write(lambda session: _say(session, deps, group, asked, ended, now=now))


async def take_copied_readers(
    session: AsyncSession, deps: Deps, group: RecordId, pods: Collection[str], *, now: int
) -> None:
    """Have the readers that a copy names told of the recovery that brought the group here: their old source is dead.

    A pod that reads learns from it where the group is, and says anew that it reads. Who doesn't within some days is
    told no more, so that no copy can have a pod send to others for ever. Call it once the group's recovery is stored.
    """
    bare = sorted({pod for pod in pods if is_bare_origin(pod) and pod != deps.identity.base_url})
    await put_copied_readers(session, group, bare[:MOST_COPIED], until=now + COPIED_MS)
    deps.signals.wake(session, group)


async def tell_of_term(deps: Deps, group: RecordId, *, now: int) -> None:
    """Send the last handover or recovery to our readers that weren't sent it: the pod that made it may not know them.

    What this pod made went to all that it knew in the commit that stored it.
    """
    state = (await find_view(deps, group)).state
    if state.visibility == "private":
        return
    async with deps.store.database.read() as session:
        untold = await list_untold(session, group, state.term, MOST_READERS)
        item = await load_item(session, state.head) if untold else None
    if item is None:
        return
    pushed = state.steward.pod == deps.identity.base_url
    inboxes = [f"{pod}/inbox" for pod, told in untold if told == NEVER_TOLD or not pushed]
    actor = f"{deps.identity.base_url}/{group_path(group)}"
    body = bytes_of_checked(wrap(reopen_record(item.wire), actor=actor))

    async def action(session: AsyncSession) -> None:
        await set_told_term(session, group, state.term)
        await enqueue(session, actor, group, body, inboxes, now=now)
        after_commit(session, deps.signals.deliver)

    await deps.store.write(action)


async def _is_read(session: AsyncSession, deps: Deps, state: GroupState) -> bool:
    floor = {one.group for one in await list_floor(session, deps.config)}
    if state.group in floor or await is_followed_here(session, state.group):
        return True
    return state.kind == "person" and await is_claimed(session, state.group)


def pods_to_tell(state: GroupState, own: str) -> list[str]:
    """The group's pods that a reader talks to, those of keepers first; empty if this pod is one of them."""
    if state.visibility == "private" or is_home(state, own):
        return []
    keepers = sorted({state.steward.pod, *(state.members[seat.member].home.pod for seat in state.seats)})
    others = sorted(state.pods - set(keepers))
    return [*keepers, *others][:MOST_TOLD]


async def _say(
    session: AsyncSession, deps: Deps, group: RecordId, asked: Sequence[str], ended: Sequence[Reading], *, now: int
) -> None:
    actor = f"{deps.identity.base_url}/{POD}"

    async def send(pod: str, activity: JsonObject) -> None:
        await enqueue(session, actor, None, bytes_of_checked(activity), [f"{pod}/inbox"], now=now)

    for pod in asked:
        follow = Follow(f"{actor}#reads/{group}/{now}", actor, f"{pod}/{group_path(group)}", reads=True)
        await save_reading(session, Reading(group, pod, follow.id, now))
        await send(pod, ask_to_follow(follow))
    for reading in ended:
        await delete_reading(session, group, reading.pod)
        await send(reading.pod, take_back(Follow(reading.follow, actor, f"{reading.pod}/{group_path(group)}")))
    after_commit(session, deps.signals.deliver)
