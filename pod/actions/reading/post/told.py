"""Records for strangers: what other software gets, which has no lenses and can't unfold anything.

They get what the group's own lens and this pod's floor show. A post or edit that isn't shown, a profile that was
replaced since, what the floor hides of polls and of delegates, and whatever belongs to a private group are refused in
one way, as if they weren't there.
"""

from __future__ import annotations

from typing import cast

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_whereabouts
from models.fediverse.followers import load_changed_at
from models.groups.groups_and_items import load_item
from models.groups.records import StoredRecord, load_record
from moderation.lens import Lens
from pod.actions.access import ReadableGroup, open_group, open_those
from pod.actions.reading.decisions.poll_notes import PollNote, load_poll_note
from pod.actions.reading.group.profiles import load_visible_profiles
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.post.text import VisiblePost, load_reading
from pod.deps import Deps
from pod.errors import UnknownGroupError
from pod.rules.posts import PostRule
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import (
    Address,
    Delegate,
    Paragraph,
    Patch,
    Poll,
    Post,
    PostTarget,
    Prediction,
    Profile,
    Proposal,
)
from protocol.records.content.shapes import Style
from protocol.records.envelope import Record, reopen_record
from protocol.state import GroupState


class ToldPost(msgspec.Struct, frozen=True):
    """A post as a stranger sees it in its own group. `replied_to`: what it answers, if strangers may know of that."""

    seen: VisiblePost
    replied_to: RecordId | None
    changed_at: int | None

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs that are shown."""
        shown = (found for found in self.seen.paragraphs if found.shown)
        return tuple(Paragraph(cast("Style", found.style), found.text) for found in shown if found.text is not None)

    def tells(self, record: RecordId) -> bool:
        """Whether every word of one of the post's records is shown."""
        if self.seen.nameless and record == self.seen.card.id:
            return False
        shown = {found.address for found in self.seen.paragraphs if found.shown}
        sheet = self.seen.text.sheets.get(record)
        return sheet is not None and all(Address(record, index) in shown for index in range(len(sheet.paragraphs)))


class ToldRecord(msgspec.Struct, frozen=True):
    """A record that strangers may know of. `record`: None if erased; `post`: the post that it is or edits.

    `note`: what it asks, if it is a poll.
    """

    id: RecordId
    type: str
    state: GroupState
    record: Record | None
    post: ToldPost | None = None
    note: PollNote | None = None

    @property
    def whole(self) -> bool:
        """Whether strangers may get the signed record, because every word of it is shown."""
        return self.post is None or self.post.tells(self.id)


async def load_told(session: AsyncSession, deps: Deps, record: RecordId) -> ToldRecord:
    """A record or chain item for strangers; raises NotFoundError if strangers may not know of it."""
    stored = await load_record(session, record) or await load_item(session, record)
    try:
        opened = await open_group(session, deps, None, stored.group_id) if stored else None
    except UnknownGroupError:
        opened = None
    if stored is None or opened is None:
        raise _not_told()
    if isinstance(stored, StoredRecord) and stored.erased:
        return ToldRecord(record, stored.type, opened.state, None)
    whole = reopen_record(stored.wire)
    if isinstance(whole.content, Poll):
        note = await load_poll_note(session, deps, opened, record)
        return ToldRecord(record, stored.type, opened.state, whole, note=note)
    return ToldRecord(record, stored.type, opened.state, whole, await _load_post(session, deps, opened, whole))


async def _load_post(session: AsyncSession, deps: Deps, opened: ReadableGroup, record: Record) -> ToldPost | None:
    """The post that a record is or edits; None for a record of another kind, if all of its words may be told."""
    match record.content:
        case Post():
            return await _told_post(session, deps, opened.state, record.id)
        case Patch(post=post):
            told = await _told_post(session, deps, opened.state, post)
            if not told.tells(record.id):
                raise _not_told()
            return told
        case Profile(author=author):
            current = (await load_visible_profiles(session, deps, opened, [author])).get(author)
            if current is None or current.record != record.id:
                raise _not_told()
        case Proposal(poll=poll) | Prediction(poll=poll):
            await _check_hosted(session, deps, record.id, poll)
        case Delegate():
            await _check_hosted(session, deps, record.id)
        case _:
            pass
    return None


async def _check_hosted(session: AsyncSession, deps: Deps, *records: RecordId) -> None:
    """Refuse what the floor hides, itself or with the poll in which it was said."""
    if await list_unhosted(session, deps, [PostTarget(record).token for record in records]):
        raise _not_told()


async def _told_post(session: AsyncSession, deps: Deps, state: GroupState, post: RecordId) -> ToldPost:
    seen = await load_reading(session, deps, None, state.group, post, Lens((state.group,)))
    if seen.card.erased or not seen.verdict.shown:
        raise _not_told()
    return ToldPost(
        seen,
        await _replied_to(session, deps, seen.card.reply_record),
        await load_changed_at(session, state.group, post),
    )


async def _replied_to(session: AsyncSession, deps: Deps, record: RecordId | None) -> RecordId | None:
    """The record that a post answers, unless strangers may not read its group."""
    where = await load_whereabouts(session, [record]) if record else {}
    return record if await open_those(session, deps, None, {found.group for found in where.values()}) else None


def _not_told() -> RefusedError:
    return PostRule.NO_SUCH_RECORD.error()
