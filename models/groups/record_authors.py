"""Who wrote a record, and what else is stored of it, without its words."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.upserts import chunks
from models.groups.records import RECORDS
from protocol.ids import RecordId


class RecordAuthor(msgspec.Struct, frozen=True):
    """A record's author, group and type, without its content."""

    id: RecordId
    group_id: RecordId
    type: str
    author: int | None


async def load_record_authors(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, RecordAuthor]:
    """Those of the records that are here, by id."""
    columns = [RECORDS.c[name] for name in RecordAuthor.__struct_fields__]
    found: dict[RecordId, RecordAuthor] = {}
    for some in chunks(records):
        for row in await session.execute(select(*columns).where(RECORDS.c.id.in_(some))):
            found[row.id] = RecordAuthor(*row)
    return found
