"""What somebody who moves leaves behind: what no settled item holds yet, and invitations that a rehome ends."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import PENDING, RECORDS, StoredRecord
from models.groups.seats_and_acks import INVITATIONS
from protocol.ids import RecordId


async def count_unsettled(session: AsyncSession, group: RecordId, author: int, settled_size: int) -> int:
    """How many of the member's records that count stand nowhere in the log, or not below `settled_size`."""
    above = or_(RECORDS.c.state == PENDING, RECORDS.c.log_index >= settled_size)
    wanted = select(func.count()).where(RECORDS.c.group_id == group, RECORDS.c.author == author, above)
    return int(await session.scalar(wanted) or 0)


async def count_open_invitations(session: AsyncSession, account: int, *, now: int) -> int:
    """How many invitations of the account may still be used, as far as their end says."""
    of = (INVITATIONS.c.account_id == account) & (INVITATIONS.c.expires_at > now)
    return int(await session.scalar(select(func.count()).select_from(INVITATIONS).where(of)) or 0)


async def list_unlogged(
    session: AsyncSession,
    group: RecordId,
    signed: tuple[int, int],
    types: Collection[str],
    *,
    end: int,
    after: int,
    limit: int,
) -> list[StoredRecord]:
    """Whole records by this author and key that the first `end` log entries lack, by counter, above `after`."""
    author, key = signed
    wanted = (
        select(*(RECORDS.c[name] for name in StoredRecord.__struct_fields__))
        .where(RECORDS.c.group_id == group, RECORDS.c.author == author, RECORDS.c.key == key)
        .where(RECORDS.c.counter > after, RECORDS.c.type.in_(types), RECORDS.c.erased.is_(False))
        .where(RECORDS.c.log_index.is_(None) | (RECORDS.c.log_index >= end))
        .order_by(RECORDS.c.counter)
        .limit(limit)
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]
