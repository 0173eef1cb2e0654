"""What other software is shown of posts and records: as the group's own lens shows them, or not at all.

A post that its group doesn't show, and whatever belongs to a private group, is answered as if it weren't there: other
software has no lenses, so what a group's votes took away must not come back through it.
"""

from __future__ import annotations

from typing import Literal, cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities import announce, wrap
from federation.contexts import PUBLIC
from federation.objects import ShownPost, post_object, record_object, tombstone
from models.content.posts_and_votes import NO_VOTES, PostCard, load_post, load_sheets, load_tallies
from models.fediverse.followers import load_changed_at
from models.groups.groups_and_items import load_group, load_item
from models.groups.records import StoredRecord, load_record
from pod.actions.fediverse.actors import load_open_state, speaker_of
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.canonical import JsonObject
from protocol.content import assemble
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import Paragraph, ParagraphTarget, Patch, Post
from protocol.records.envelope import Record, reopen_record
from protocol.state import GroupState
from protocol.visibility import see

MOST_SHEETS = 10_000


class Sighting(msgspec.Struct, frozen=True):
    """A document for other software; `gone` where it is the Tombstone of what was erased. `page`: for a browser."""

    document: JsonObject
    page: str
    gone: bool = False


async def show_record(deps: Deps, record: RecordId) -> Sighting:
    """The object at /records/{id}; raises NotFoundError."""
    async with deps.store.database.read() as session:
        stored, state = await _load(session, deps, record)
        base = deps.identity.base_url
        own_id, page = f"{base}/records/{record}", f"{base}{page_of(stored, state)}"
        if isinstance(stored, StoredRecord):
            return Sighting(tombstone(own_id, _former_type(stored)), page, gone=True)
        if isinstance(stored.content, Post):
            shown = await load_shown(session, deps, state, record)
            return Sighting(post_object(shown, stored.body), page)
        return Sighting(record_object(own_id, f"{base}/groups/{state.group}", stored.body, page=page), page)


async def show_activity(deps: Deps, record: RecordId) -> Sighting:
    """The activity at /activities/{id}, with the Note or Article where there is one; raises NotFoundError."""
    async with deps.store.database.read() as session:
        stored, state = await _load(session, deps, record)
        base = deps.identity.base_url
        page = f"{base}{page_of(stored, state)}"
        if isinstance(stored, StoredRecord):
            return Sighting(tombstone(f"{base}/activities/{record}", "Create"), page, gone=True)
        return Sighting(await activity_of(session, deps, state, stored), page)


def page_of(stored: Record | StoredRecord, state: GroupState) -> str:
    """The path of the page on which people look at a record: a post's own, the chain, else its line in the log."""
    own = f"/g/{state.group}"
    if stored.type == "Post":
        return f"{own}/posts/{stored.id}"
    return f"{own}/chain" if stored.type in {"GroupRoot", "Seal", "Handover"} else f"{own}/log?thing={stored.id}"


async def activity_of(session: AsyncSession, deps: Deps, state: GroupState, record: Record) -> JsonObject:
    """A record's activity for other software; raises NotFoundError where its post isn't shown."""
    actor = f"{deps.identity.base_url}/{await speaker_of(session, state)}"
    match record.content:
        case Post():
            shown = post_object(await load_shown(session, deps, state, record.id))
        case Patch(post=post):
            shown = post_object(await load_shown(session, deps, state, post))
        case _:
            return wrap(record, actor=actor)
    bare = {name: value for name, value in shown.items() if name != "@context"}
    return wrap(record, actor=actor, to=[PUBLIC], cc=[f"{actor}/followers"], shown=bare)


async def told(session: AsyncSession, deps: Deps, state: GroupState, post: RecordId) -> JsonObject:
    """What followers are told of a post: a person's Create, or what a group announces (FEP-1b12), reposts too.

    Raises NotFoundError where the post's own group doesn't show it.
    """
    stored = await load_record(session, post)
    if stored is None or stored.erased:
        raise PostRule.NO_SUCH_POST.error()
    reposted = stored.group_id != state.group
    origin = await load_open_state(session, deps, stored.group_id) if reposted else state
    activity = await activity_of(session, deps, origin, reopen_record(stored.wire))
    own_group = f"{deps.identity.base_url}/groups/{state.group}"
    return announce(activity, group=own_group) if reposted or activity["actor"] == own_group else activity


async def load_shown(session: AsyncSession, deps: Deps, state: GroupState, post: RecordId) -> ShownPost:
    """A post as the group's own lens shows it now; raises NotFoundError where it doesn't."""
    group = state.group
    card = await load_post(session, group, post)
    if card is None or card.group_id != group or card.erased or state.default_score + card.tally.sum_micro <= 0:
        raise PostRule.NO_SUCH_POST.error()
    base = deps.identity.base_url
    return ShownPost(
        id=f"{base}/records/{post}",
        page=f"{base}/g/{group}/posts/{post}",
        actor=f"{base}/{await speaker_of(session, state)}",
        group=f"{base}/groups/{group}",
        kind=cast("Literal['article', 'note']", card.kind),
        title=card.title,
        language=card.language,
        paragraphs=await _paragraphs(session, group, post),
        in_reply_to=await _replied_to(session, base, card),
        at=card.at,
        changed_at=await load_changed_at(session, group, post),
    )


async def _paragraphs(session: AsyncSession, group: RecordId, post: RecordId) -> tuple[Paragraph, ...]:
    own, *patches = await load_sheets(session, group, post, MOST_SHEETS)
    text = assemble(own, patches)
    tokens = {address: ParagraphTarget(address).token for address in text.order}
    tallies = await load_tallies(session, group, list(tokens.values()))
    standings = {address: tallies.get(token, NO_VOTES).sum_micro for address, token in tokens.items()}
    shown = (text.paragraph(sight.address) for sight in see(text, [standings]) if sight.shown)
    return tuple(paragraph for paragraph in shown if paragraph is not None)


async def _replied_to(session: AsyncSession, base: str, card: PostCard) -> str:
    if card.reply_record is None:
        return ""
    replied = await load_post(session, card.group_id, card.reply_record)
    stored = await load_group(session, replied.group_id) if replied else None
    if stored is None or stored.visibility == "private":
        return ""
    return f"{base}/records/{card.reply_record}"


async def _load(session: AsyncSession, deps: Deps, record: RecordId) -> tuple[Record | StoredRecord, GroupState]:
    """A record or item and the state of its group; an erased one as it is stored."""
    stored = await load_record(session, record) or await load_item(session, record)
    try:
        state = await load_open_state(session, deps, stored.group_id) if stored else None
    except RefusedError:
        state = None
    # One answer for what isn't here and for what isn't told.
    if stored is None or state is None:
        raise PostRule.NO_SUCH_RECORD.error()
    if isinstance(stored, StoredRecord) and stored.erased:
        return stored, state
    return reopen_record(stored.wire), state


def _former_type(stored: StoredRecord) -> str:
    # Whether it was a note or an article was erased, too.
    return "Note" if stored.type == "Post" else "Object"
