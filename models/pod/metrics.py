"""How much there is of what an operator watches, as numbers without names."""

from __future__ import annotations

import msgspec
from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import DELIVERIES, HOSTS
from models.groups.groups_and_items import GROUPS
from models.people.accounts import ACCOUNTS


class Measured(msgspec.Struct, frozen=True):
    """Local people, groups by kind, and hosts and waiting deliveries by how the host answers (well, new, failing).

    `oldest_at`: since when the oldest delivery waits, in ms. `database_bytes`: None if the size of the files tells it.
    """

    people: int
    groups: dict[str, int]
    hosts: dict[str, int]
    queue: dict[str, int]
    oldest_at: int | None
    database_bytes: int | None


_STATE = case((HOSTS.c.attempts > 0, "failing"), (HOSTS.c.last_succeeded_at.is_not(None), "well"), else_="new")
STATES = ("well", "new", "failing")


async def measure(session: AsyncSession) -> Measured:
    """Count everything, as of one moment."""
    people = await session.scalar(select(func.count(ACCOUNTS.c.id)).where(ACCOUNTS.c.disabled.is_(False)))
    groups = await session.execute(select(GROUPS.c.kind, func.count(GROUPS.c.id)).group_by(GROUPS.c.kind))
    hosts = await session.execute(select(_STATE, func.count(HOSTS.c.host)).group_by(_STATE))
    lanes = DELIVERIES.outerjoin(HOSTS, DELIVERIES.c.host == HOSTS.c.host)
    queue = await session.execute(select(_STATE, func.count(DELIVERIES.c.id)).select_from(lanes).group_by(_STATE))
    return Measured(
        people or 0,
        dict(iter(groups)),
        dict.fromkeys(STATES, 0) | dict(iter(hosts)),
        dict.fromkeys(STATES, 0) | dict(iter(queue)),
        await session.scalar(select(func.min(DELIVERIES.c.queued_at))),
        await _database_bytes(session),
    )


async def _database_bytes(session: AsyncSession) -> int | None:
    if session.get_bind().dialect.name == "sqlite":
        return None
    size: int | None = await session.scalar(text("SELECT pg_database_size(current_database())"))
    return size
