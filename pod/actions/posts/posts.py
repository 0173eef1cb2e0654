"""Posts, answers and edits as people write them: a form's words become one record, with the vote that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.edits_elsewhere import list_edits_elsewhere
from models.people.accounts import Account
from pod.actions.access import open_group
from pod.actions.posts.records import write_post, write_record
from pod.actions.reading.group.page_facts import load_number
from pod.actions.reading.post.text import MOST_EDITS_ELSEWHERE, load_text, writer_of
from pod.actions.signer import Person
from pod.deps import Deps
from pod.rules.posts import PostRule
from protocol.content import Sheet, Text, Writer, member_writer
from protocol.ids import RecordId
from protocol.limits import MAX_NAME_LENGTH, MAX_PARAGRAPHS
from protocol.records.content import (
    UNSIGNED,
    Add,
    Address,
    Erase,
    Mark,
    Paragraph,
    Patch,
    PatchAddress,
    Post,
    ReplyTo,
)
from protocol.records.drafts import draft

LONGEST_LANGUAGE = 35
DELETED = "-"


class WrittenPost(msgspec.Struct, frozen=True):
    """A post to publish. `about`: the record that it answers, or one paragraph of it."""

    kind: Literal["article", "note"]
    paragraphs: Sequence[Paragraph]
    title: str = ""
    language: str = ""
    about: RecordId | None = None
    index: int | None = None
    subject: str = ""


async def publish(deps: Deps, signer: Person, group: RecordId, written: WrittenPost) -> RecordId:
    """Write the post and its author's vote; raises MalformedError if it has no text."""
    check_paragraphs(written.paragraphs)
    if len(written.title) > MAX_NAME_LENGTH or len(written.language) > LONGEST_LANGUAGE:
        raise PostRule.TITLE_LENGTH.error(most=MAX_NAME_LENGTH, language=LONGEST_LANGUAGE)
    post = Post(
        kind=written.kind,
        paragraphs=tuple(written.paragraphs),
        title=written.title,
        language=written.language,
        reply_to=_reply_to(written),
        **UNSIGNED,
    )

    async def action(session: AsyncSession) -> RecordId:
        return (await write_post(session, deps, signer, group, draft(post))).id

    return await deps.store.write(action)


def _reply_to(written: WrittenPost) -> ReplyTo | None:
    if written.about is not None:
        return ReplyTo(record=written.about, index=written.index)
    return ReplyTo(subject=written.subject) if written.subject else None


async def replace_paragraph(
    deps: Deps,
    signer: Person,
    group: RecordId,
    post: RecordId,
    address: Address,
    paragraph: Paragraph,
    *,
    seen: str,
    into: RecordId | None = None,
) -> RecordId:
    """Write another version of a paragraph; a mark on the old version leads to the new one.

    `into`: the group in which the edit is written, if that is another one, in which the post appears.

    A writer who replaced the paragraph before replaces that version, because only the latest of their marks counts.
    `seen`: the versions that the writer knew (`versions_of`); raises StaleEditError if there are others now, or one was
    deleted.
    """
    check_paragraphs([paragraph])
    own = into or group

    async def action(session: AsyncSession) -> RecordId:
        text = await _load_edited(session, deps, signer.account, group, post, own)
        old = paragraph_at(text, address)
        _check_seen(text, address, seen)
        if old == paragraph:
            raise PostRule.NOTHING_CHANGED.error()
        state = (await open_group(session, deps, signer.account, own)).state
        writer = member_writer(own, await load_number(session, signer.account, state) or 0)
        base = end_of(text, writer, address)
        replaced = PatchAddress(base.index, base.record)
        add = Add(paragraph.style, paragraph.text, after=replaced)
        patch = Patch(post=post, adds=(add,), marks=(Mark(replaced, replaced_by=PatchAddress(0)),), **UNSIGNED)
        return (await write_record(session, deps, signer, own, draft(patch))).id

    return await deps.store.write(action)


async def add_paragraphs(
    deps: Deps,
    signer: Person,
    group: RecordId,
    post: RecordId,
    after: Address,
    paragraphs: Sequence[Paragraph],
    *,
    into: RecordId | None = None,
) -> RecordId:
    """Write paragraphs that follow one of the post, each after the one before; `into` as for `replace_paragraph`."""
    check_paragraphs(paragraphs)
    own = into or group

    async def action(session: AsyncSession) -> RecordId:
        paragraph_at(await _load_edited(session, deps, signer.account, group, post, own), after)
        afters = [PatchAddress(after.index, after.record), *map(PatchAddress, range(len(paragraphs) - 1))]
        adds = [Add(found.style, found.text, hung) for found, hung in zip(paragraphs, afters, strict=True)]
        patch = Patch(post=post, adds=tuple(adds), **UNSIGNED)
        return (await write_record(session, deps, signer, own, draft(patch))).id

    return await deps.store.write(action)


async def describe_versions(
    deps: Deps, account: Account, group: RecordId, post: RecordId, address: Address, into: RecordId
) -> str:
    """The versions of a paragraph for an edit written in `into`; raises UnknownGroupError or NotFoundError."""
    async with deps.store.database.read() as session:
        return versions_of(await _load_edited(session, deps, account, group, post, into), address)


async def _load_edited(
    session: AsyncSession, deps: Deps, account: Account, group: RecordId, post: RecordId, into: RecordId
) -> Text:
    """The text with the edits of the post's own group and of the group in which the new edit is written."""
    await open_group(session, deps, account, group)
    edits: list[Sheet] = []
    if into != group:
        found = await list_edits_elsewhere(session, group, post, account.id, (into,), MOST_EDITS_ELSEWHERE)
        edits = [sheet for sheet in found if writer_of(sheet)[0] == into]
    _, text, _ = await load_text(session, group, post, edits)
    return text


async def own_records(deps: Deps, account: Account, group: RecordId, post: RecordId) -> list[RecordId]:
    """The records of a post that the account wrote and that still have words; the post itself comes first."""
    async with deps.store.database.read() as session:
        state = (await open_group(session, deps, account, group)).state
        number = await load_number(session, account, state)
        _, text, _ = await load_text(session, group, post)
    writer = member_writer(group, number or 0)
    own = [sheet.id for sheet in text.sheets.values() if sheet.writer == writer and not sheet.erased and number]
    return sorted(own, key=lambda record: (record != post, record))


async def erase(deps: Deps, signer: Person, group: RecordId, post: RecordId, records: Sequence[RecordId]) -> None:
    """Erase the words of the account's own records: here at once; other pods are asked to do the same."""
    own = await own_records(deps, signer.account, group, post)
    if not records or not set(records) <= set(own):
        raise PostRule.ERASE_ONLY_OWN.error()

    async def action(session: AsyncSession) -> None:
        wish = Erase(records=tuple(dict.fromkeys(records)), **UNSIGNED)
        await write_record(session, deps, signer, group, draft(wish))

    await deps.store.write(action)


def paragraph_at(text: Text, address: Address) -> Paragraph:
    """A paragraph of the text, not erased; raises NotFoundError."""
    sheet = text.sheets.get(address.record)
    found = sheet.paragraphs[address.index] if sheet and address.index < len(sheet.paragraphs) else None
    if found is None:
        raise PostRule.PARAGRAPH_GONE.error()
    return found


def end_of(text: Text, writer: Writer, address: Address) -> Address:
    """The last version to which a writer's own marks lead from a paragraph; the paragraph itself if there are none."""
    passed: set[Address] = set()
    while address not in passed:
        passed.add(address)
        mark = text.marks.get((writer, address))
        address = mark.replaced_by if mark and mark.replaced_by else address
    return address


def _check_seen(text: Text, address: Address, seen: str) -> None:
    now = versions_of(text, address)
    if now.replace(DELETED, "") != seen.replace(DELETED, ""):
        raise PostRule.STALE_EDIT.error()
    if now != seen:
        raise PostRule.DELETED_MEANWHILE.error()


def versions_of(text: Text, address: Address) -> str:
    """The versions of a paragraph as a form carries them, and which of them are deleted."""
    versions = text.slots.get(address, (address,))
    return " ".join(version_name(at) + (DELETED if _is_deleted(text, at) else "") for at in versions)


def _is_deleted(text: Text, address: Address) -> bool:
    """Whether the paragraph's writer, or the post's, deleted it."""
    marks = (text.marks.get((writer, address)) for writer in (text.writer, text.writer_of(address)))
    return any(mark is not None and mark.deleted for mark in marks)


def version_name(address: Address) -> str:
    """A version's name in a form."""
    return f"{address.record[-12:]}.{address.index}"


def check_paragraphs(paragraphs: Sequence[Paragraph]) -> None:
    """Refuse empty paragraphs, and more than one record can hold; raises MalformedError."""
    if not any(paragraph.text.strip() for paragraph in paragraphs):
        raise PostRule.WRITE_SOMETHING.error()
    if len(paragraphs) > MAX_PARAGRAPHS:
        raise PostRule.TOO_MANY_PARAGRAPHS.error(most=MAX_PARAGRAPHS, paragraphs=len(paragraphs))
