"""The sheets of one post: without their words, for its order, and with them, for a page of it."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import SHEETS
from models.engine.upserts import chunks
from models.groups.groups_and_items import GROUPS
from models.groups.records import LOGGED, PENDING, RECORDS, REFUSED
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Paragraph

PAGE: Final = 200  # sheets in memory at the same time with their words
_BLANK: Final = Paragraph("text", "")


async def load_text_stamp(session: AsyncSession, group: RecordId) -> tuple[int, int]:
    """Two numbers, at least one of which changes whenever something is written in the group."""
    latest = []
    for state in (PENDING, LOGGED, REFUSED):
        last = select(func.max(RECORDS.c.seq)).where(RECORDS.c.group_id == group, RECORDS.c.state == state)
        latest.append(last.scalar_subquery())
    row = (await session.execute(select(GROUPS.c.revision, *latest).where(GROUPS.c.id == group))).one_or_none()
    return (row[0], max(seq or 0 for seq in row[1:])) if row else (0, 0)


async def load_blank_sheets(session: AsyncSession, group: RecordId, post: RecordId, limit: int) -> list[Sheet]:
    """What the group's records add to a post, without words: at most `limit`, its own, then in the log's order."""
    found = [blank(sheet) for sheet in (await load_sheets_named(session, [post])).values()]
    place = tuple_(SHEETS.c.place, SHEETS.c.record_id)
    wanted = (
        select(SHEETS.c.place, SHEETS.c.record_id, SHEETS.c.sheet)
        .where(SHEETS.c.post_id == post, SHEETS.c.group_id == group, SHEETS.c.record_id != post)
        .order_by(SHEETS.c.place, SHEETS.c.record_id)
        .limit(PAGE)
    )
    page = wanted
    while len(found) < limit and (rows := (await session.execute(page)).all()):
        found += [blank(msgspec.json.decode(sheet, type=Sheet)) for _, _, sheet in rows]
        page = wanted.where(place > (rows[-1].place, rows[-1].record_id))
    return found[:limit]


def blank(sheet: Sheet) -> Sheet:
    """The sheet without its words; it still says which paragraphs were erased."""
    paragraphs = tuple(_BLANK if paragraph else None for paragraph in sheet.paragraphs)
    return msgspec.structs.replace(sheet, paragraphs=paragraphs)


async def load_sheets_named(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, Sheet]:
    """These sheets, with their words."""
    found: dict[RecordId, Sheet] = {}
    for some in chunks(records):
        wanted = select(SHEETS.c.record_id, SHEETS.c.sheet).where(SHEETS.c.record_id.in_(some))
        found.update(
            (record, msgspec.json.decode(sheet, type=Sheet)) for record, sheet in await session.execute(wanted)
        )
    return found
