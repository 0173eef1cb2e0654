"""The group's log as people leaf through it: from the newest back, a bounded stretch at a time."""

from collections.abc import Sequence

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import RECORDS, StoredRecord
from protocol.ids import RecordId

_COLUMNS = [RECORDS.c[name] for name in StoredRecord.__struct_fields__]


async def list_log_back(
    session: AsyncSession,
    group: RecordId,
    before: int,
    stretch: int,
    *,
    kind: str = "",
    author: int | None = None,
) -> Sequence[StoredRecord]:
    """Among the `stretch` entries below index `before`, those of this kind and author, the newest first."""
    wanted = (
        select(*_COLUMNS)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index < before, RECORDS.c.log_index >= before - stretch)
        .where(RECORDS.c.type == kind if kind else true())
        .where(RECORDS.c.author == author if author is not None else true())
        .order_by(RECORDS.c.log_index.desc())
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]
