"""What an account wrote and voted for, as the JSON files of Mastodon's archive, each in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.archived import archived_actor, archived_create, collection_frame
from federation.objects import ShownPost
from models.content.liked_posts import list_liked
from models.people.accounts import Account
from pod.actions.access import ReadableGroup
from pod.actions.fediverse.actor_documents import person_actor
from pod.actions.reading.person.own_words import OwnWriting, own_writing
from pod.archive.contents import BOOKMARKS, LIKES, OUTBOX
from pod.budgets.steps import let_others
from pod.deps import Deps
from protocol.canonical import JsonObject

PAGE: Final = 1000
END: Final = b"]}"


async def archived_actor_json(deps: Deps, account: Account) -> bytes:
    """actor.json: what other servers know of the account, and the files beside it."""
    return msgspec.json.encode(archived_actor(await person_actor(deps, account.name)))


async def outbox_pieces(
    session: AsyncSession, deps: Deps, account: Account, groups: Sequence[ReadableGroup]
) -> AsyncIterator[tuple[bytes, int]]:
    """outbox.json, with how much was looked at for each piece. Edits of others' posts are no posts of one's own."""
    yield _start(OUTBOX), 0
    between, total = b"", 0
    for opened in groups:
        async for page in own_writing(session, opened):
            posts = [_create(deps, account, opened, one) for one in page if one.kind != "edit"]
            yield (between if posts else b"") + _joined(posts), len(page)
            between, total = b"," if posts else between, total + len(posts)
    yield b'],"totalItems":%d}' % total, 0


def _create(deps: Deps, account: Account, opened: ReadableGroup, one: OwnWriting) -> JsonObject:
    base = deps.identity.base_url
    shown = ShownPost(
        id=f"{base}/records/{one.record}",
        page=f"{base}/g/{opened.id}/posts/{one.record}",
        actor=f"{base}/u/{account.name}",
        group=f"{base}/groups/{opened.id}",
        kind="note",
        title=one.title,
        language=one.language,
        paragraphs=one.paragraphs,
        in_reply_to=f"{base}/records/{one.reply_to}" if one.reply_to else "",
        at=one.at,
        changed_at=None,
    )
    return archived_create(shown, f"{base}/activities/{one.record}", opened.state.visibility)


async def likes_pieces(session: AsyncSession, deps: Deps, groups: Sequence[ReadableGroup]) -> AsyncIterator[bytes]:
    """likes.json: the posts that the account voted for, in its groups."""
    yield _start(LIKES)
    between = b""
    for opened in groups:
        member = opened.membership.number if opened.membership else None
        after: bytes | None = b""
        while member is not None and after is not None:
            liked, after = await list_liked(session, opened.id, member, PAGE, after=after)
            yield (between if liked else b"") + _joined(f"{deps.identity.base_url}/records/{post}" for post in liked)
            between = b"," if liked else between
            await let_others()
    yield END


def no_bookmarks() -> bytes:
    """bookmarks.json: nothing is bookmarked on a pod, but what reads such an archive looks for the file."""
    return _start(BOOKMARKS) + END


def _start(name: str) -> bytes:
    """What stands before a collection's items."""
    return msgspec.json.encode(collection_frame(name))[:-1] + b',"orderedItems":['


def _joined(values: Iterable[object]) -> bytes:
    return b",".join(msgspec.json.encode(value) for value in values)
