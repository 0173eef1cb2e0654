"""What a member wrote that no settled item of the group holds yet."""

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import PENDING, RECORDS
from protocol.ids import RecordId


async def count_unsettled(session: AsyncSession, group: RecordId, author: int, settled_size: int) -> int:
    """How many of the member's records that count stand nowhere in the log, or not below `settled_size`."""
    above = or_(RECORDS.c.state == PENDING, RECORDS.c.log_index >= settled_size)
    wanted = select(func.count()).where(RECORDS.c.group_id == group, RECORDS.c.author == author, above)
    return int(await session.scalar(wanted) or 0)
