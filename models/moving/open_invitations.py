"""The invitations that a move ends, because the key that signed them is replaced."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.seats_and_acks import INVITATIONS
from protocol.ids import RecordId


async def count_open_invitations(session: AsyncSession, account: int, groups: Sequence[RecordId], *, now: int) -> int:
    """How many invitations of an account to these groups still work."""
    table = INVITATIONS
    mine = table.c.group_id.in_(groups) & (table.c.account_id == account) & (table.c.expires_at > now)
    return int(await session.scalar(select(func.count()).select_from(table).where(mine)) or 0)
