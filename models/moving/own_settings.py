"""What an account chose of its pod, in one value: language, mails, and whether it is frozen."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import ACCOUNTS
from models.people.digests import DIGESTS
from models.people.own_calls import CALL_MAILS


class OwnSettings(msgspec.Struct, frozen=True):
    """`digest_hour`: in UTC; None: it never chose. `digest`, `calls`: whether it wants these mails."""

    language: str
    frozen_at: int | None
    digest_hour: int | None
    digest: bool
    calls: bool


async def load_own_settings(session: AsyncSession, account: int) -> OwnSettings:
    """The account's settings."""
    joined = ACCOUNTS.outerjoin(DIGESTS, DIGESTS.c.account_id == ACCOUNTS.c.id)
    joined = joined.outerjoin(CALL_MAILS, CALL_MAILS.c.account_id == ACCOUNTS.c.id)
    wanted = select(
        ACCOUNTS.c.language,
        ACCOUNTS.c.frozen_at,
        DIGESTS.c.hour,
        DIGESTS.c.due_at.is_not(None),
        func.coalesce(CALL_MAILS.c.stopped, False),
    )
    row = (await session.execute(wanted.select_from(joined).where(ACCOUNTS.c.id == account))).one()
    return OwnSettings(row[0], row[1], row[2], row[2] is None or bool(row[3]), not row[4])
