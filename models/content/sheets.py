"""The sheets of one post: without their words, for its order, and with them, for a page of it."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ScalarSelect, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.posts_and_votes import SHEETS
from models.engine.statements import AllKeys, Prepared
from models.groups.groups_and_items import GROUPS
from models.groups.records import LOGGED, PENDING, RECORDS, REFUSED
from protocol.content import Sheet
from protocol.ids import RecordId
from protocol.records.content import Paragraph

PAGE: Final = 200  # sheets in memory at the same time with their words
_BLANK: Final = Paragraph("text", "")
_SHEET: Final = msgspec.json.Decoder(Sheet)


async def load_text_stamp(session: AsyncSession, group: RecordId) -> tuple[int, int]:
    """Two numbers, at least one of which changes whenever something is written in the group."""
    rows = await _STAMP.run(session, group=group)
    return (rows[0][0], max(seq or 0 for seq in rows[0][1:])) if rows else (0, 0)


def _last_in(state: str) -> ScalarSelect[int]:
    last = select(func.max(RECORDS.c.seq)).where(RECORDS.c.group_id == bindparam("group"), RECORDS.c.state == state)
    return last.scalar_subquery()


_STAMP: Final = Prepared(
    lambda _: select(GROUPS.c.revision, *map(_last_in, (PENDING, LOGGED, REFUSED))).where(
        GROUPS.c.id == bindparam("group")
    )
)


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
        found += [blank(_SHEET.decode(sheet)) for _, _, sheet in rows]
        page = wanted.where(place > (rows[-1].place, rows[-1].record_id))
    return found[:limit]


def blank(sheet: Sheet) -> Sheet:
    """The sheet without its words; it still says which paragraphs were erased."""
    paragraphs = tuple(_BLANK if paragraph else None for paragraph in sheet.paragraphs)
    return msgspec.structs.replace(sheet, paragraphs=paragraphs)


async def load_sheets_named(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, Sheet]:
    """These sheets, with their words."""
    return {record: _SHEET.decode(sheet) for record, sheet in await _NAMED.run(session, records)}


_NAMED: Final = AllKeys(lambda keys: select(SHEETS.c.record_id, SHEETS.c.sheet).where(SHEETS.c.record_id.in_(keys)))
