"""Followers from other servers: who asks is answered, and told once of each post that the followed group shows."""

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
from pod.actions.fediverse.post_documents import told
from pod.actions.fediverse.readers import drop_reader, keep_reading, take_reader, tell_of_term
from pod.actions.reading.post.untold import list_untold_posts
from pod.deps import Deps
from pod.errors import NotFoundError
from pod.rules.groups import GroupRule
from protocol.canonical import bytes_of_checked
from protocol.ids import RecordId, parse_id
from protocol.state import GroupState

MOST_FOLLOWERS = 10_000  # of one actor; each post is a delivery to each of their servers


async def take_follow(deps: Deps, follow: Follow, *, now: int) -> None:
    """Answer a Follow of somebody here, by the inbox that the asker's own document names.

    Raises NotFoundError or UnknownGroupError where nobody is asked. A group that isn't public, a personal group
    asked in the person's stead, the pod, and whoever has followers enough refuse.
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
    """Forget a follower, by whom or by which Follow it followed."""
    path = path_of(deps, undo.object)

    async def action(session: AsyncSession) -> None:
        await delete_follower(session, undo.actor, path=path, follow=undo.follow)
        if undo.object:
            await drop_reader(session, deps, undo.actor, undo.object)

    await deps.store.write(action)


async def forget(deps: Deps, gone: Gone) -> None:
    """Forget whatever an actor that is gone followed here."""

    async def action(session: AsyncSession) -> None:
        await delete_followers(session, gone.actor)
        await drop_reader(session, deps, gone.actor, None)

    await deps.store.write(action)


async def tell_followers(deps: Deps, group: RecordId, *, now: int) -> None:
    """Queue what followers weren't told yet of the posts that a public group shows; they are noted in the same commit.

    It is an action of its own, because nothing that goes wrong here may keep the group from being sealed. The same for
    what this pod has to say as a reader: the keepers may have changed.
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
    if state.visibility != "public":
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
        with suppress(NotFoundError):  # its own group doesn't show what this one reposts, or not yet
            body = bytes_of_checked(await told(session, deps, state, post))
            await enqueue(session, f"{deps.identity.base_url}/{path}", group, body, inboxes, now=now)
            said.append(post)
    await insert_announced(session, group, said, now=now)
    after_commit(session, deps.signals.deliver)


def path_of(deps: Deps, actor: str) -> str | None:
    """The path of an actor of this pod; None for an id of somebody else."""
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
    return state.visibility == "public" and await speaker_of(session, state) == path
