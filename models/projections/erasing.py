"""Erasing: texts and files go, from projections and from the record itself; what order and log need stays.

What stays of a record's wire form is {id, type, author, key, counter} and the `afters` of its paragraphs (protocol §4),
with the post a patch belongs to: JSON that nobody takes for a record, because it has no proof.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content import POSTS, PROFILES, SHEETS
from models.records import StoredRecord, erase_records, load_records
from models.upserts import upsert
from protocol.canonical import canonical_bytes
from protocol.content import Sheet, erased, member_writer, patch_sheet, post_sheet
from protocol.ids import RecordId
from protocol.records.content import Address, Patch, Post
from protocol.records.envelope import reopen_record

_ERASABLE = frozenset({"Post", "Patch", "Profile"})
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


async def erase(session: AsyncSession, wishes: Mapping[RecordId, AbstractSet[tuple[RecordId, int]]]) -> None:
    """Empty the records named, each only if (group, author) of a wish are its own."""
    stored = await load_records(session, wishes.keys())
    named = [
        record
        for record in stored.values()
        if not record.erased
        and record.type in _ERASABLE
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
                .values(nickname="", text="", avatar=None, at=0)
            )
    await erase_records(session, [(record.id, _shape(record, sheets.get(record.id))) for record in named])


def erased_sheet(stored: StoredRecord) -> tuple[Sheet, Mapping[str, Any]]:
    """The sheet of which an erased record kept the places, and the columns of an erased post."""
    shape = msgspec.json.decode(stored.wire)
    afters = tuple(Address(after["record"], after["index"]) if after else None for after in shape["afters"])
    sheet = Sheet(
        id=stored.id,
        post=shape["post"],
        writer=member_writer(stored.group_id, stored.author or 0),
        key=stored.key or 0,
        counter=stored.counter or 0,
        paragraphs=(None,) * len(afters),
        afters=afters,
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
    shape: dict[str, Any] = {
        "id": record.id,
        "type": record.type,
        "group": record.group_id,
        "author": record.author,
        "key": record.key,
        "counter": record.counter,
        "erased": True,
    }
    if sheet is not None:
        shape["post"] = sheet.post
        shape["afters"] = [{"record": after.record, "index": after.index} if after else {} for after in sheet.afters]
    return canonical_bytes(shape)
