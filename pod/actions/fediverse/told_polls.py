"""Followers on other software are told of a public group's polls: of each once it opens, of its end, of its result.

A poll that this pod's floor hides afterwards is deleted there. Nothing here is decided by the hour: a poll that was
told is followed again only once an item ended or moved something in it, so the messages of one poll are few.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import delete
from federation.objects import tombstone
from models.decisions.deadlines import NEVER
from models.engine.writer import after_commit
from models.fediverse.deliveries import enqueue
from models.fediverse.followers import list_follower_inboxes, load_followed_since
from models.fediverse.told_polls import (
    GONE,
    LastTold,
    list_hidden_polls,
    list_moved_polls,
    list_untold_polls,
    put_told_poll,
)
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actors import speaker_of
from pod.actions.fediverse.followers import MOST_FOLLOWERS
from pod.actions.fediverse.moved import has_moved
from pod.actions.fediverse.post_documents import told, told_again
from pod.actions.reading.lens.floor import load_floor
from pod.deps import Deps
from pod.errors import NotFoundError
from protocol.canonical import JsonObject, bytes_of_checked
from protocol.ids import RecordId
from protocol.state import GroupState

MOST_AT_ONCE: Final = 50  # in one tending of a group; the rest is told in the next ones


class Telling(msgspec.Struct, frozen=True):
    """What is told of a poll, by which actor. `said`: None where nothing new is to be said."""

    poll: LastTold
    stated: str
    actor: str
    said: JsonObject | None


async def tell_of_polls(deps: Deps, group: RecordId, *, now: int) -> None:
    """Queue what followers aren't told yet of a group's polls, and of polls that it hides as a group of the floor."""
    async with deps.store.database.read() as session:
        tellings = await _of_group(session, deps, group)
        floor = await load_floor(session, deps)
        hides = {group: floor[group]} if group in floor else {}
        tellings += [await _hidden(session, deps, one) for one in await list_hidden_polls(session, hides, MOST_AT_ONCE)]
    if tellings:
        await deps.store.write(partial(_tell, deps=deps, tellings=tellings, now=now))


async def _of_group(session: AsyncSession, deps: Deps, group: RecordId) -> list[Telling]:
    state = (await load_view(session, deps, group)).state
    since = await load_followed_since(session, await speaker_of(session, state))
    if state.visibility != "public" or since is None or await has_moved(session, state):
        return []
    found = await list_untold_polls(session, group, since, MOST_AT_ONCE)
    found += await list_moved_polls(session, group, MOST_AT_ONCE)
    return [one for poll in found if (one := await _telling(session, deps, state, poll)) is not None]


async def _telling(session: AsyncSession, deps: Deps, state: GroupState, poll: LastTold) -> Telling | None:
    """What is new in a poll; None where that isn't known yet, or the floor hides it."""
    try:
        stated, again = await told_again(session, deps, state, poll.poll)
        said = again if poll.stated else await told(session, deps, state, poll.poll)
    except NotFoundError:
        return await _hidden(session, deps, poll) if poll.stated else None
    if poll.look_at == NEVER and not stated.startswith("final"):
        return None  # the keepers haven't confirmed the item yet that made it final
    actor = f"{deps.identity.base_url}/{await speaker_of(session, state)}"
    return Telling(poll, stated, actor, said if stated != poll.stated else None)


async def _hidden(session: AsyncSession, deps: Deps, poll: LastTold) -> Telling:
    state = (await load_view(session, deps, poll.group)).state
    actor = f"{deps.identity.base_url}/{await speaker_of(session, state)}"
    gone = tombstone(f"{deps.identity.base_url}/records/{poll.poll}", "Note")
    return Telling(poll, GONE, actor, delete(gone, actor=actor))


async def _tell(session: AsyncSession, deps: Deps, tellings: list[Telling], now: int) -> None:
    for one in tellings:
        if not await put_told_poll(session, one.poll, one.stated) or one.said is None:
            continue
        path = one.actor.removeprefix(f"{deps.identity.base_url}/")
        inboxes = await list_follower_inboxes(session, path, MOST_FOLLOWERS)
        await enqueue(session, one.actor, one.poll.group, bytes_of_checked(one.said), inboxes, now=now)
    after_commit(session, deps.signals.deliver)
