"""Followers from other servers: their requests are answered, and they get each post that the group shows, once."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import Follow, Gone, Unfollow, accept, reject
from federation.actors import read_actor
from models.engine.writer import after_commit
from models.fediverse.deliveries import enqueue
from models.fediverse.followers import (
    Follower,
    delete_follower,
    delete_followers,
    insert_announced,
    list_follower_inboxes,
    load_followed_since,
    load_last_seq,
    put_follower,
)
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actor_documents import load_followed
from pod.actions.fediverse.actors import POD, fetch_document, speaker_of
from pod.actions.fediverse.moved import has_moved
from pod.actions.fediverse.post_documents import told
from pod.actions.fediverse.readers import drop_reader, keep_reading, take_reader, tell_of_term
from pod.actions.reading.post.untold import list_untold_posts
from pod.deps import Deps
from pod.errors import NotFoundError
from pod.rules.groups import GroupRule
from protocol.canonical import bytes_of_checked
from protocol.ids import RecordId, parse_id
from protocol.state import GroupState

MOST_FOLLOWERS = 10_000  # of one actor; each post is delivered to all their servers


async def take_follow(deps: Deps, follow: Follow, *, now: int) -> None:
    """Answer a Follow of a local actor, at the inbox that the follower's own document names.

    Raises NotFoundError or UnknownGroupError if the actor doesn't exist. The answer is Reject for the pod's actor, for
    a group that isn't public, for a personal group instead of its person, for who moved away, and at MOST_FOLLOWERS.
    """
    path = path_of(deps, follow.object)
    if path is None or await take_reader(deps, follow, now=now):
        return
    async with deps.store.database.read() as session:
        willing = await _is_willing(session, deps, path)
    asker = read_actor(await fetch_document(deps, follow.actor))

    async def action(session: AsyncSession) -> None:
        follower = Follower(path, follow.actor, asker.inbox, follow.id, await load_last_seq(session), now)
        taken = willing and await put_follower(session, follower, most=MOST_FOLLOWERS)
        answer = accept(follow) if taken else reject(follow)
        await enqueue(session, follow.object, None, bytes_of_checked(answer), [asker.inbox], now=now)
        after_commit(session, deps.signals.deliver)

    await deps.store.write(action)


async def take_unfollow(deps: Deps, undo: Unfollow) -> None:
    """Delete the followers that the Undo means: by actor, or by the id of the Follow."""
    path = path_of(deps, undo.object)

    async def action(session: AsyncSession) -> None:
        await delete_follower(session, undo.actor, path=path, follow=undo.follow)
        if undo.object:
            await drop_reader(session, deps, undo.actor, undo.object)

    await deps.store.write(action)


async def forget(deps: Deps, gone: Gone) -> None:
    """Delete all that a deleted actor followed here."""

    async def action(session: AsyncSession) -> None:
        await delete_followers(session, gone.actor)
        await drop_reader(session, deps, gone.actor, None)

    await deps.store.write(action)


async def tell_followers(deps: Deps, group: RecordId, *, now: int) -> None:
    """Queue the posts of a public group for followers who haven't got them, and note them as told, in one commit.

    It is a separate action, so that an error here can't keep the group from being sealed. It also tells the group's
    pods whether this pod still reads the group, because the keepers may have changed.
    """
    await keep_reading(deps, group, now=now)
    await tell_of_term(deps, group, now=now)
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        if await load_followed_since(session, await speaker_of(session, state)) is None:
            return

    async def action(session: AsyncSession) -> None:
        await _tell(session, deps, group, now=now)

    await deps.store.write(action)


async def _tell(session: AsyncSession, deps: Deps, group: RecordId, *, now: int) -> None:
    state = (await load_view(session, deps, group)).state
    if state.visibility != "public" or await has_moved(session, state):
        return
    path = await speaker_of(session, state)
    since = await load_followed_since(session, path)
    if since is None:
        return
    untold = await list_untold_posts(session, deps, state, since)
    if not untold:
        return
    inboxes = await list_follower_inboxes(session, path, MOST_FOLLOWERS)
    said = []
    for post in untold:
        with suppress(NotFoundError):  # the own group of a reposted post may hide it, or not show it yet
            body = bytes_of_checked(await told(session, deps, state, post))
            await enqueue(session, f"{deps.identity.base_url}/{path}", group, body, inboxes, now=now)
            said.append(post)
    await insert_announced(session, group, said, now=now)
    after_commit(session, deps.signals.deliver)


def path_of(deps: Deps, actor: str) -> str | None:
    """The path of a local actor; None for any other id."""
    prefix = f"{deps.identity.base_url}/"
    return actor.removeprefix(prefix) if actor.startswith(prefix) else None


async def _is_willing(session: AsyncSession, deps: Deps, path: str) -> bool:
    if path == POD:
        return False
    kind, slash, name = path.partition("/")
    if not slash or kind not in {"u", "groups"}:
        raise GroupRule.NO_ACTOR.error()
    if kind == "groups":
        parse_id(name)
    state: GroupState = await load_followed(session, deps, path)
    if await has_moved(session, state):
        return False
    return state.visibility == "public" and await speaker_of(session, state) == path
