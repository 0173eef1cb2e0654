"""Erasing: texts and files go, from projections and from the record itself; what order and log need stays.

What stays of a record's wire form is {id, type, author, key, counter} and the `afters` of its paragraphs (protocol §4),
with the post a patch belongs to: JSON that nobody takes for a record, because it has no proof.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import ERASURES, POSTS, PROFILES, SHEETS
from models.content.search import forget_searched
from models.engine.upserts import chunks, upsert
from models.groups.records import StoredRecord, erase_records, load_records
from protocol.content import Sheet, erased, member_writer, patch_sheet, post_sheet
from protocol.ids import RecordId
from protocol.records.content import Patch, Post
from protocol.records.envelope import reopen_record
from protocol.records.erased import ERASABLE, ErasedRecord, parse_erased, wire_of_erased

# What an erased post's row says instead of what it said.
_NO_WORDS: dict[str, Any] = {
    "kind": "note",
    "title": "",
    "language": "",
    "reply_record": None,
    "reply_index": None,
    "subject": None,
    "attachments": b"[]",
    "at": 0,
}


async def load_wishes(session: AsyncSession, records: Collection[RecordId]) -> list[tuple[RecordId, RecordId, int]]:
    """(record, group, author) of the erasures that name one of these records, whoever asked for them."""
    found: list[tuple[RecordId, RecordId, int]] = []
    for some in chunks(records):
        wanted = select(ERASURES.c.record_id, ERASURES.c.group_id, ERASURES.c.author).where(
            ERASURES.c.record_id.in_(some)
        )
        found += [(record, group, author) for record, group, author in await session.execute(wanted)]
    return found


async def erase(session: AsyncSession, wishes: Mapping[RecordId, AbstractSet[tuple[RecordId, int]]]) -> None:
    """Empty the records named, each only if (group, author) of a wish are its own."""
    stored = await load_records(session, wishes.keys())
    named = [
        record
        for record in stored.values()
        if not record.erased
        and record.type in ERASABLE
        and record.author is not None
        and (record.group_id, record.author) in wishes[record.id]
    ]
    sheets = {record.id: sheet for record in named if (sheet := _sheet(record)) is not None}
    await upsert(session, SHEETS, [_sheet_row(record, sheets[record.id]) for record in named if record.id in sheets])
    for record in named:
        if record.type == "Post":
            await session.execute(update(POSTS).where(POSTS.c.id == record.id).values(**_NO_WORDS, erased=True))
        elif record.type == "Profile":
            await session.execute(
                update(PROFILES)
                .where(PROFILES.c.record_id == record.id)
                .values(nickname="", text="", avatar=None, at=0, indexable=True)
            )
    await forget_searched(session, [record.id for record in named])
    await erase_records(session, [(record.id, _shape(record, sheets.get(record.id))) for record in named])


def erased_sheet(stored: StoredRecord) -> tuple[Sheet, Mapping[str, Any]]:
    """The sheet of which an erased record kept the places, and the columns of an erased post."""
    shape = parse_erased(msgspec.json.decode(stored.wire))
    sheet = Sheet(
        id=stored.id,
        post=shape.post or stored.id,
        writer=member_writer(stored.group_id, stored.author or 0),
        key=stored.key or 0,
        counter=stored.counter or 0,
        paragraphs=(None,) * len(shape.afters),
        afters=shape.afters,
        erased=True,
    )
    return sheet, _NO_WORDS


def _sheet(record: StoredRecord) -> Sheet | None:
    content = reopen_record(record.wire).content
    match content:
        case Post():
            return erased(post_sheet(record.id, record.group_id, content))
        case Patch():
            return erased(patch_sheet(record.id, record.group_id, content))
        case _:
            return None


def _sheet_row(record: StoredRecord, sheet: Sheet) -> dict[str, Any]:
    return {
        "record_id": record.id,
        "post_id": sheet.post,
        "group_id": record.group_id,
        "author": record.author,
        "seq": record.seq,
        "sheet": msgspec.json.encode(sheet),
    }


def _shape(record: StoredRecord, sheet: Sheet | None) -> bytes:
    shape = ErasedRecord(
        record.id,
        record.type,
        record.group_id,
        record.author or 0,
        record.key or 0,
        record.counter or 0,
        sheet.post if sheet else None,
        sheet.afters if sheet else (),
    )
    return wire_of_erased(shape)
