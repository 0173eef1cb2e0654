"""People as those who run the pod see them: found by name or address, with when they were last seen."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.people.accounts import ACCOUNTS
from models.people.mail_addresses import MAIL_ADDRESSES
from models.people.sessions import SESSIONS


class StoredPersonLine(msgspec.Struct, frozen=True):
    """A local person; `seen_at` is None if there is no session."""

    name: str
    address: str
    verified: bool
    admin: bool
    disabled: bool
    created_at: int
    seen_at: int | None


async def find_people(session: AsyncSession, search: str, *, after: str, limit: int) -> list[StoredPersonLine]:
    """People by name after `after`; with `search`, those whose name or address contains it."""
    seen = select(func.max(SESSIONS.c.seen_at)).where(SESSIONS.c.account_id == ACCOUNTS.c.id).scalar_subquery()
    columns = [ACCOUNTS.c[name] for name in ("admin", "disabled", "created_at")]
    mail = (MAIL_ADDRESSES.c.address, MAIL_ADDRESSES.c.verified_at)
    wanted = (
        select(ACCOUNTS.c.name, *mail, *columns, seen)
        .select_from(ACCOUNTS.outerjoin(MAIL_ADDRESSES, MAIL_ADDRESSES.c.account_id == ACCOUNTS.c.id))
        .where(ACCOUNTS.c.name > after)
        .order_by(ACCOUNTS.c.name)
        .limit(limit)
    )
    if search:
        found = ACCOUNTS.c.name.contains(search, autoescape=True)
        wanted = wanted.where(or_(found, MAIL_ADDRESSES.c.normal.contains(search, autoescape=True)))
    rows = await session.execute(wanted)
    return [StoredPersonLine(name, address or "", bool(verified), *rest) for name, address, verified, *rest in rows]


async def count_admins(session: AsyncSession) -> int:
    """How many admins aren't disabled."""
    wanted = select(func.count()).select_from(ACCOUNTS)
    return int(await session.scalar(wanted.where(ACCOUNTS.c.admin.is_(True), ACCOUNTS.c.disabled.is_(False))) or 0)
