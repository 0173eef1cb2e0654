"""Posts and records as documents and activities for other software, with only what strangers may know.

The signed record rides along only while every word of it is shown; pods get records by pushes and pulls of their own.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import announce, update, wrap
from federation.contexts import PUBLIC
from federation.objects import ShownPost, post_object, record_object, tombstone
from pod.actions.fediverse.actors import speaker_of
from pod.actions.reading.decisions.poll_notes import PollNote
from pod.actions.reading.post.told import ToldPost, ToldRecord, load_told
from pod.deps import Deps
from pod.letters.poll_notes import note_words
from pod.rules.posts import PostRule
from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.state import GroupState


class ShownDocument(msgspec.Struct, frozen=True):
    """A document for other software. `gone`: it is the Tombstone of an erased record. `page`: its page for browsers."""

    document: JsonObject
    page: str
    gone: bool = False


async def show_record(deps: Deps, record: RecordId) -> ShownDocument:
    """The object at /records/{id}; raises NotFoundError."""
    base = deps.identity.base_url
    async with deps.store.database.read() as session:
        told = await load_told(session, deps, record)
        own_id, page = f"{base}/records/{record}", f"{base}{page_of(told)}"
        if told.record is None:
            # The erasure also removed whether the post was a note or an article.
            return ShownDocument(tombstone(own_id, "Note" if told.type == "Post" else "Object"), page, gone=True)
        body = told.record.body if told.whole else None
        shown = await _shown(session, deps, told)
        if shown is not None and told.type in {"Post", "Poll"}:
            return ShownDocument(post_object(shown, body), page)
        return ShownDocument(
            record_object(own_id, f"{base}/groups/{told.state.group}", told.record.body, page=page), page
        )


async def show_activity(deps: Deps, record: RecordId) -> ShownDocument:
    """The activity at /activities/{id}, around the Note or Article if there is one; raises NotFoundError."""
    base = deps.identity.base_url
    async with deps.store.database.read() as session:
        told = await load_told(session, deps, record)
        page = f"{base}{page_of(told)}"
        if told.record is None:
            return ShownDocument(tombstone(f"{base}/activities/{record}", "Create"), page, gone=True)
        return ShownDocument(await _activity_of(session, deps, told), page)


def page_of(told: ToldRecord) -> str:
    """The path of a record's page: the post itself, or the chain, or its line in the log."""
    own = f"/g/{told.state.group}"
    if told.type in {"Post", "Poll"}:
        return f"{own}/{told.type.lower()}s/{told.id}"
    return f"{own}/chain" if told.type in {"GroupRoot", "Seal", "Handover"} else f"{own}/log?thing={told.id}"


async def _activity_of(session: AsyncSession, deps: Deps, told: ToldRecord) -> JsonObject:
    """A record's activity for other software."""
    assert told.record is not None
    actor = f"{deps.identity.base_url}/{await speaker_of(session, told.state)}"
    shown = await _shown(session, deps, told)
    if shown is None:
        return wrap(told.record, actor=actor)
    bare = {name: value for name, value in post_object(shown).items() if name != "@context"}
    activity = wrap(told.record, actor=actor, to=[PUBLIC], cc=[f"{actor}/followers"], shown=bare)
    return activity if told.whole else {name: value for name, value in activity.items() if name != "record"}


async def told(session: AsyncSession, deps: Deps, state: GroupState, post: RecordId) -> JsonObject:
    """What followers get of a post: the person's Create, or the group's Announce (FEP-1b12), also for reposts.

    Raises NotFoundError if the post's own group doesn't show it.
    """
    found = await load_told(session, deps, post)
    if found.record is None:
        raise PostRule.NO_SUCH_POST.error()
    activity = await _activity_of(session, deps, found)
    own_group = f"{deps.identity.base_url}/groups/{state.group}"
    reposted = found.state.group != state.group
    return announce(activity, group=own_group) if reposted or activity["actor"] == own_group else activity


async def told_again(session: AsyncSession, deps: Deps, state: GroupState, poll: RecordId) -> tuple[str, JsonObject]:
    """What a poll states now, and what followers who know the poll get for it: an Update, from a group announced.

    Raises NotFoundError if this pod's floor hides the poll.
    """
    found = await load_told(session, deps, poll)
    assert found.note is not None
    actor, stated = f"{deps.identity.base_url}/{await speaker_of(session, state)}", found.note.stated
    shown = post_object(await _shown_poll(session, deps, state, found.note))
    bare = {name: value for name, value in shown.items() if name != "@context"}
    changed = update(bare, actor=actor, mark=sha256(stated.encode()).hexdigest()[:16])
    own_group = f"{deps.identity.base_url}/groups/{state.group}"
    return stated, announce(changed, group=own_group) if actor == own_group else changed


async def _shown(session: AsyncSession, deps: Deps, told: ToldRecord) -> ShownPost | None:
    """What other software shows of a record: a post, the post that an edit changes, or a poll."""
    if told.note is not None:
        return await _shown_poll(session, deps, told.state, told.note)
    return None if told.post is None else await _shown_post(session, deps, told.state, told.post)


async def _shown_poll(session: AsyncSession, deps: Deps, state: GroupState, note: PollNote) -> ShownPost:
    base, poll, (paragraphs, ending) = deps.identity.base_url, note.poll, note_words(note)
    return ShownPost(
        id=f"{base}/records/{poll.id}",
        page=f"{base}/g/{state.group}/polls/{poll.id}",
        actor=f"{base}/{await speaker_of(session, state)}",
        group=f"{base}/groups/{state.group}",
        kind="note",
        title=poll.title,
        language=poll.language,
        paragraphs=tuple(paragraphs),
        in_reply_to="",  # what answers something isn't shown to followers by much other software
        at=note.at,
        changed_at=note.changed_at,
        ending=ending,
    )


async def _shown_post(session: AsyncSession, deps: Deps, state: GroupState, post: ToldPost) -> ShownPost:
    base, card = deps.identity.base_url, post.seen.card
    return ShownPost(
        id=f"{base}/records/{card.id}",
        page=f"{base}/g/{state.group}/posts/{card.id}",
        actor=f"{base}/{await speaker_of(session, state)}",
        group=f"{base}/groups/{state.group}",
        kind=cast("Literal['article', 'note']", card.kind),
        title=card.title,
        language=card.language,
        paragraphs=post.paragraphs,
        in_reply_to=f"{base}/records/{post.replied_to}" if post.replied_to else "",
        at=card.at,
        changed_at=post.changed_at,
    )
