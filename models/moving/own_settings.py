"""What an account chose of its pod, in one value: language, mails, and whether it is frozen; how often it changed."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.statements import Prepared
from models.groups.groups_and_items import GROUPS
from models.people.accounts import ACCOUNTS, MEMBERSHIPS
from models.people.digests import DIGESTS
from models.people.own_calls import CALL_MAILS


class OwnSettings(msgspec.Struct, frozen=True):
    """`digest_hour`: in UTC; None: it never chose. `digest`, `calls`: whether it wants these mails."""

    language: str
    frozen_at: int | None
    digest_hour: int | None
    digest: bool
    calls: bool


class OwnChanges(msgspec.Struct, frozen=True):
    """`rows`: how often a row of the account's own was written; `groups`: how often the views of its groups changed."""

    rows: int
    groups: int


async def load_own_changes(session: AsyncSession, account: int) -> OwnChanges:
    """What stays the same as long as nothing changes that a copy of the account has in rows."""
    return OwnChanges(*(await _CHANGES.run(session, account=account))[0])


_CHANGES: Final = Prepared(
    lambda _: select(
        ACCOUNTS.c.changes,
        select(func.coalesce(func.sum(GROUPS.c.revision), 0))
        .where(MEMBERSHIPS.c.account_id == ACCOUNTS.c.id, MEMBERSHIPS.c.group_id == GROUPS.c.id)
        .correlate(ACCOUNTS)
        .scalar_subquery(),
    ).where(ACCOUNTS.c.id == bindparam("account"))
)


async def load_own_settings(session: AsyncSession, account: int) -> OwnSettings:
    """The account's settings."""
    row = (await _SETTINGS.run(session, account=account))[0]
    return OwnSettings(row[0], row[1], row[2], row[2] is None or bool(row[3]), not row[4])


_OF_ACCOUNT: Final = ACCOUNTS.outerjoin(DIGESTS, DIGESTS.c.account_id == ACCOUNTS.c.id).outerjoin(
    CALL_MAILS, CALL_MAILS.c.account_id == ACCOUNTS.c.id
)
_SETTINGS: Final = Prepared(
    lambda _: (
        select(
            ACCOUNTS.c.language,
            ACCOUNTS.c.frozen_at,
            DIGESTS.c.hour,
            DIGESTS.c.due_at.is_not(None),
            func.coalesce(CALL_MAILS.c.stopped, False),
        )
        .select_from(_OF_ACCOUNT)
        .where(ACCOUNTS.c.id == bindparam("account"))
    )
)
