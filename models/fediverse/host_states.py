"""Hosts as an operator looks at them: whether they answer, and what waits in their lanes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.fediverse.deliveries import ACTIVITIES, DELIVERIES, HOST_COLUMNS, HOSTS, Host

HOSTS_AT_ONCE: Final = 1000


class HostState(msgspec.Struct, frozen=True):
    """A host, with what waits in its lane."""

    host: Host
    leased_until: int
    waiting: int
    oldest_at: int | None


class QueueCount(msgspec.Struct, frozen=True):
    """What waits in all lanes together."""

    deliveries: int
    activities: int
    oldest_at: int | None


def _host_states() -> Select[Any]:
    waiting = func.count(DELIVERIES.c.id).label("waiting"), func.min(DELIVERIES.c.queued_at).label("oldest_at")
    lanes = HOSTS.outerjoin(DELIVERIES, DELIVERIES.c.host == HOSTS.c.host)
    return select(*HOST_COLUMNS, HOSTS.c.leased_until, *waiting).select_from(lanes).group_by(HOSTS.c.host)


def _host_state(row: Any) -> HostState:
    *host, leased_until, waiting, oldest_at = row
    return HostState(Host(*host), leased_until, waiting, oldest_at)


async def walk_hosts(session: AsyncSession, *, waiting: bool = False) -> AsyncIterator[HostState]:
    """All hosts by name, page by page; with `waiting`, only those for which something waits."""
    after = ""
    while True:
        wanted = _host_states().where(HOSTS.c.host > after).order_by(HOSTS.c.host).limit(HOSTS_AT_ONCE)
        if waiting:
            wanted = wanted.where(HOSTS.c.next_at.is_not(None)).having(func.count(DELIVERIES.c.id) > 0)
        found = [_host_state(row) for row in await session.execute(wanted)]
        for state in found:
            yield state
        if len(found) < HOSTS_AT_ONCE:
            return
        after = found[-1].host.host


class HostPlace(msgspec.Struct, frozen=True):
    """A host's place in the list that begins with failing hosts."""

    attempts: int
    waiting: int
    host: str


async def list_hosts(session: AsyncSession, limit: int, *, after: HostPlace | None = None) -> list[HostState]:
    """A page of hosts: most failures in a row first, then most waiting deliveries, then by name."""
    found = _host_states().subquery()
    attempts, waiting, host = found.c.attempts, found.c.waiting, found.c.host
    wanted = select(found).order_by(attempts.desc(), waiting.desc(), host).limit(limit)
    if after is not None:
        less = and_(attempts == after.attempts, waiting < after.waiting)
        behind = and_(attempts == after.attempts, waiting == after.waiting, host > after.host)
        wanted = wanted.where(or_(attempts < after.attempts, less, behind))
    return [_host_state(row) for row in await session.execute(wanted)]


async def list_heard_hosts(session: AsyncSession, limit: int) -> list[str]:
    """The hosts that took a delivery last, the latest first."""
    heard = select(HOSTS.c.host).where(HOSTS.c.last_succeeded_at.is_not(None))
    return list(await session.scalars(heard.order_by(HOSTS.c.last_succeeded_at.desc(), HOSTS.c.host).limit(limit)))


async def load_host(session: AsyncSession, host: str) -> HostState | None:
    """One host; None if nothing was ever queued for it."""
    row = (await session.execute(_host_states().where(HOSTS.c.host == host))).one_or_none()
    return _host_state(row) if row else None


async def count_queue(session: AsyncSession) -> QueueCount:
    """How many deliveries and activities wait, and since when."""
    deliveries = select(func.count(DELIVERIES.c.id), func.min(DELIVERIES.c.queued_at))
    count, oldest_at = (await session.execute(deliveries)).one()
    activities = await session.scalar(select(func.count(ACTIVITIES.c.id)))
    return QueueCount(count, activities or 0, oldest_at)
