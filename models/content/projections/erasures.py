"""Erasing: texts and files go, from projections and from the record itself; what order and log need stays.

What stays of a record's wire form is {id, type, author, key, counter} and the `afters` of its paragraphs (protocol §4),
with the post a patch belongs to: JSON that nobody takes for a record, because it has no proof.
"""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import stored_place
from models.content.posts_and_votes import ERASURES, SHEETS
from models.content.projections.kinds import PROJECTED
from models.content.projections.places import project_places
from models.content.projections.rows import sheet_row
from models.content.search import forget_searched
from models.engine.upserts import chunks, upsert
from models.groups.records import StoredRecord, erase_records, load_records
from protocol.content import Sheet, erased
from protocol.ids import RecordId
from protocol.records.content import is_erasable
from protocol.records.envelope import reopen_record
from protocol.records.erased import ErasedRecord, wire_of_erased


async def load_wishes(session: AsyncSession, records: Collection[RecordId]) -> list[tuple[RecordId, RecordId, int]]:
    """(record, group, author) of the erasures that name one of these records, of any author."""
    found: list[tuple[RecordId, RecordId, int]] = []
    for some in chunks(records):
        wanted = select(ERASURES.c.record_id, ERASURES.c.group_id, ERASURES.c.author).where(
            ERASURES.c.record_id.in_(some)
        )
        found += [(record, group, author) for record, group, author in await session.execute(wanted)]
    return found


async def erase(session: AsyncSession, wishes: Mapping[RecordId, AbstractSet[tuple[RecordId, int]]]) -> None:
    """Empty the named records, each only if a wish has its own group and author."""
    stored = await load_records(session, wishes.keys())
    named = [
        record
        for record in stored.values()
        if not record.erased
        and is_erasable(record.type)
        and record.author is not None
        and (record.group_id, record.author) in wishes[record.id]
    ]
    sheets = {record.id: sheet for record in named if (sheet := _sheet(record)) is not None}
    rows = [
        sheet_row(
            record.id, record.group_id, stored_place(record.log_index, None), record.author or 0, sheets[record.id]
        )
        for record in named
        if record.id in sheets
    ]
    await upsert(session, SHEETS, rows)
    for record in named:
        kind = PROJECTED.of(record.type)
        if kind is not None and kind.empty is not None:
            await session.execute(kind.empty(record.id))
    await forget_searched(session, [record.id for record in named])
    await erase_records(session, [(record.id, _shape(record, sheets.get(record.id))) for record in named])
    # The time of an erased record is erased, too, because it was the record's place while it waited for the log.
    await project_places(session, {record.id: record.type for record in named})


def _sheet(record: StoredRecord) -> Sheet | None:
    kind = PROJECTED.of(record.type)
    if kind is None or kind.sheet is None:
        return None
    return erased(kind.sheet(record.id, record.group_id, reopen_record(record.wire).content))


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
