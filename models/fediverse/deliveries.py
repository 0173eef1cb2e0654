"""What leaves: each activity once, its deliveries in one lane a host, and a lane leased to one worker at a time.

- A lane is known by the host of its inboxes (with port). Its row says when it is to be looked at next: `next_at`
  is None exactly while nothing waits in it, so a worker finds work without searching the deliveries.
- A worker leases a lane (`claim_lanes`), renews the lease while it sends, and releases the lane with the results
  (`close_lanes`). The lease of a killed worker ends by itself; what it had sent but not yet written
  down is sent again, and the receiver knows it by its id.
- An activity goes with its last delivery, in the same commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import chunks, insert_into
from protocol.ids import RecordId

LEASE_MS: Final = 10_000
# Longer than any real lease, because a worker may have read the clock some time before it could write.
WRONG_LEASE_MS: Final = 6 * LEASE_MS
MOST_PER_LANE: Final = 16  # then the lane is released, so that a long one doesn't keep its place for ever
MOST_FOR_SILENT: Final = 128
FORGOTTEN_MS: Final = 30 * 24 * 3600 * 1000
_FAR: Final = 2**62


class ActivityRow(Base):
    """The body of an outgoing activity, stored once for all its deliveries."""

    __tablename__ = "activities"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    actor: Mapped[str]
    group_id: Mapped[RecordId | None]
    body: Mapped[bytes]


class DeliveryRow(Base):
    """One activity for one inbox. Deleted when the host took it, refused it for good, or it grew too old."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "host", "id"), Index(None, "activity_id"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    host: Mapped[str]
    inbox: Mapped[str]
    queued_at: Mapped[int]


class HostRow(Base):
    """A host's lane, and how the host answered. `attempts` and `first_failed_at` count since the last success."""

    __tablename__ = "hosts"
    __table_args__ = (Index(None, "next_at"),)

    host: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    first_failed_at: Mapped[int | None]
    last_succeeded_at: Mapped[int | None]
    last_error: Mapped[str | None]
    scheme: Mapped[str | None]
    scheme_until: Mapped[int] = mapped_column(server_default="0")
    leased_by: Mapped[str | None]
    leased_until: Mapped[int] = mapped_column(server_default="0")


class Host(msgspec.Struct, frozen=True):
    """What is remembered of a host: the signature scheme that it took, and how it answered."""

    host: str
    next_at: int | None
    attempts: int = 0
    first_failed_at: int | None = None
    last_succeeded_at: int | None = None
    last_error: str | None = None
    scheme: str | None = None
    scheme_until: int = 0


class Outgoing(msgspec.Struct, frozen=True):
    """An activity to be sent."""

    id: int
    actor: str
    group: RecordId | None
    body: bytes


class Delivery(msgspec.Struct, frozen=True):
    """One activity for one inbox."""

    id: int
    inbox: str
    activity: Outgoing


class Lane(msgspec.Struct, frozen=True):
    """A host with the next of its deliveries, in order."""

    host: Host
    deliveries: tuple[Delivery, ...]


class Closing(msgspec.Struct, frozen=True):
    """The result of a lane: the deliveries that are done, and the host's new state.

    `host.next_at` counts if anything is left in the lane. `older_than`: deliveries that were queued before are given
    up. `refused`: what was said to those of `over` that the host refused, by delivery.
    """

    host: Host
    over: tuple[Delivery, ...] = ()
    refused: Mapping[int, str] = {}
    older_than: int | None = None


ACTIVITIES = table_of(ActivityRow)
DELIVERIES = table_of(DeliveryRow)
HOSTS = table_of(HostRow)
HOST_COLUMNS = [HOSTS.c[name] for name in Host.__struct_fields__]


def host_of_inbox(inbox: str) -> str:
    """The lane of an inbox: the host, with the port if the URL has one."""
    return inbox.split("/", 3)[2].lower()


async def enqueue(
    session: AsyncSession, actor: str, group: RecordId | None, body: bytes, inboxes: Sequence[str], *, now: int
) -> int | None:
    """Queue an activity for each inbox; the same commit stores what the activity tells. Returns its number, if any."""
    if not inboxes:
        return None
    # Lanes first and in one order: their rows are locked before deliveries are added, so that no worker can find
    # a lane empty and close it while this waits to be committed.
    lanes = [{"host": host, "next_at": now} for host in sorted(set(map(host_of_inbox, inboxes)))]
    opened = insert_into(session, HOSTS)
    await session.execute(
        opened.on_conflict_do_update(
            index_elements=["host"], set_={"next_at": opened.excluded.next_at}, where=HOSTS.c.next_at.is_(None)
        ),
        lanes,
    )
    values = {"actor": actor, "group_id": group, "body": body}
    activity: int = (
        await session.execute(insert_into(session, ACTIVITIES).values(values).returning(ACTIVITIES.c.id))
    ).scalar_one()
    rows = [
        {"activity_id": activity, "host": host_of_inbox(inbox), "inbox": inbox, "queued_at": now} for inbox in inboxes
    ]
    await session.execute(DELIVERIES.insert(), rows)
    return activity


async def drop_deliveries(session: AsyncSession, numbers: Collection[int]) -> None:
    """Delete deliveries that nobody wants any more; a lane that is left empty is closed by its next worker."""
    for some in chunks(numbers):
        gone = delete(DELIVERIES).where(DELIVERIES.c.id.in_(some)).returning(DELIVERIES.c.activity_id)
        await _forget_activities(session, set(await session.scalars(gone)))


async def list_silent(session: AsyncSession, hosts: Collection[str]) -> set[str]:
    """Those hosts that never took anything and already have as much waiting as is kept for such hosts."""
    found: set[str] = set()
    for some in chunks(hosts):
        waiting = select(DELIVERIES.c.id).where(DELIVERIES.c.host == HOSTS.c.host).offset(MOST_FOR_SILENT - 1).limit(1)
        silent = HOSTS.c.host.in_(some), HOSTS.c.last_succeeded_at.is_(None)
        found.update(await session.scalars(select(HOSTS.c.host).where(*silent, waiting.correlate(HOSTS).exists())))
    return found


async def has_deliveries(session: AsyncSession, host: str) -> bool:
    """Whether anything waits to be delivered to a host."""
    return bool(await _with_deliveries(session, [host]))


def _is_due(now: int) -> ColumnElement[bool]:
    """SQL condition: a lane is due and not leased. A lease that ends too far in the future comes from a wrong clock."""
    free = or_(HOSTS.c.leased_until <= now, HOSTS.c.leased_until > now + WRONG_LEASE_MS)
    return and_(HOSTS.c.next_at <= now, free)


async def list_due(session: AsyncSession, *, well: bool, now: int, limit: int) -> list[str]:
    """Hosts whose lanes are due: with `well`, those that took the last delivery; else failing and unknown ones."""
    answered = HOSTS.c.last_succeeded_at.is_not(None) & (HOSTS.c.attempts == 0)
    wanted = select(HOSTS.c.host).where(_is_due(now), answered if well else ~answered)
    return list(await session.scalars(wanted.order_by(HOSTS.c.attempts, HOSTS.c.next_at, HOSTS.c.host).limit(limit)))


async def first_lane_at(session: AsyncSession) -> int | None:
    """The earliest time at which a lane is due, leased or not; None if nothing waits."""
    first: int | None = await session.scalar(select(func.min(HOSTS.c.next_at)))
    return first


async def claim_lanes(session: AsyncSession, worker: str, hosts: Collection[str], *, now: int) -> list[Lane]:
    """Lease the lanes of `hosts` that are still due, each with its first deliveries."""
    lanes = []
    for some in chunks(hosts):
        due = select(*HOST_COLUMNS).where(HOSTS.c.host.in_(some), _is_due(now)).order_by(HOSTS.c.host)
        taken = [Host(*row) for row in await session.execute(due.with_for_update(skip_locked=True))]
        names = [host.host for host in taken]
        lease = {"leased_by": worker, "leased_until": now + LEASE_MS}
        await session.execute(update(HOSTS).where(HOSTS.c.host.in_(names)).values(lease))
        waiting = await _first_deliveries(session, names)
        lanes += [Lane(host, waiting.get(host.host, ())) for host in taken]
    return lanes


async def _first_deliveries(session: AsyncSession, hosts: Sequence[str]) -> dict[str, tuple[Delivery, ...]]:
    # First the place of the last delivery to take from each lane, so that only a long lane's beginning is read.
    nth = (
        select(DELIVERIES.c.id)
        .where(DELIVERIES.c.host == HOSTS.c.host)
        .order_by(DELIVERIES.c.id)
        .offset(MOST_PER_LANE - 1)
        .limit(1)
        .correlate(HOSTS)
        .scalar_subquery()
    )
    lanes = select(HOSTS.c.host, func.coalesce(nth, _FAR).label("last")).where(HOSTS.c.host.in_(hosts)).subquery()
    columns = [DELIVERIES.c[name] for name in ("host", "id", "inbox", "activity_id")]
    first = select(*columns).join(lanes, and_(DELIVERIES.c.host == lanes.c.host, DELIVERIES.c.id <= lanes.c.last))
    rows = (await session.execute(first.order_by(DELIVERIES.c.host, DELIVERIES.c.id))).all()
    bodies = await _load_activities(session, {row.activity_id for row in rows})
    return {
        host: tuple(Delivery(row.id, row.inbox, bodies[row.activity_id]) for row in lane)
        for host, lane in groupby(rows, key=lambda row: row.host)
    }


async def _load_activities(session: AsyncSession, ids: Collection[int]) -> dict[int, Outgoing]:
    found = {}
    for some in chunks(ids):
        rows = await session.execute(select(ACTIVITIES).where(ACTIVITIES.c.id.in_(some)))
        found.update({row.id: Outgoing(*row) for row in rows})
    return found


async def renew_leases(session: AsyncSession, worker: str, hosts: Collection[str], *, now: int) -> None:
    """Extend the leases of the lanes from which this worker still sends."""
    for some in chunks(hosts):
        mine = and_(HOSTS.c.host.in_(some), HOSTS.c.leased_by == worker)
        await session.execute(update(HOSTS).where(mine).values(leased_until=now + LEASE_MS))


async def close_lanes(session: AsyncSession, worker: str, closings: Sequence[Closing]) -> int:
    """Store the results of lanes and release them; returns how many deliveries grew too old."""
    over = [delivery for closing in closings for delivery in closing.over]
    hosts = [closing.host.host for closing in closings]
    for some in chunks(hosts):
        # Locked, so that a delivery added meanwhile is either seen below, or finds the lane closed and opens it.
        lock = select(HOSTS.c.host).where(HOSTS.c.host.in_(some)).order_by(HOSTS.c.host)
        await session.execute(lock.with_for_update())
    for ids in chunks(delivery.id for delivery in over):
        await session.execute(delete(DELIVERIES).where(DELIVERIES.c.id.in_(ids)))
    old = [entry for closing in closings if closing.older_than for entry in await _expire(session, closing)]
    await _forget_activities(session, {delivery.activity.id for delivery in over} | set(old))
    left = await _with_deliveries(session, hosts)
    await _give_back(session, worker, [_told(one.host, left=one.host.host in left) for one in closings])
    return len(old)


async def _give_back(session: AsyncSession, worker: str, told: list[dict[str, Any]]) -> None:
    if told:
        mine = and_(HOSTS.c.host == bindparam("of_host"), HOSTS.c.leased_by == worker)
        changes: dict[str, Any] = {name: bindparam(name) for name in told[0] if name != "of_host"}
        await (await session.connection()).execute(update(HOSTS).where(mine).values(changes), told)


def _told(host: Host, *, left: bool) -> dict[str, Any]:
    members = msgspec.structs.asdict(host)
    name = members.pop("host")
    nobody = {"leased_by": None, "leased_until": 0}
    return {**members, **nobody, "of_host": name, "next_at": host.next_at if left else None}


async def _expire(session: AsyncSession, closing: Closing) -> list[int]:
    """Delete deliveries that waited too long; returns their activities."""
    old = and_(DELIVERIES.c.host == closing.host.host, DELIVERIES.c.queued_at < closing.older_than)
    return list(await session.scalars(delete(DELIVERIES).where(old).returning(DELIVERIES.c.activity_id)))


async def _forget_activities(session: AsyncSession, ids: Iterable[int]) -> None:
    for some in chunks(sorted(ids)):
        needed = exists().where(DELIVERIES.c.activity_id == ACTIVITIES.c.id)
        await session.execute(delete(ACTIVITIES).where(ACTIVITIES.c.id.in_(some), ~needed))


async def _with_deliveries(session: AsyncSession, hosts: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(hosts):
        waiting = exists().where(DELIVERIES.c.host == HOSTS.c.host)
        found.update(await session.scalars(select(HOSTS.c.host).where(HOSTS.c.host.in_(some), waiting)))
    return found


async def list_resting(session: AsyncSession, hosts: Collection[str], *, now: int) -> list[str]:
    """Those of `hosts` whose lanes wait for a later time."""
    found: list[str] = []
    for some in chunks(hosts):
        found += await session.scalars(select(HOSTS.c.host).where(HOSTS.c.host.in_(some), HOSTS.c.next_at > now))
    return found


async def hasten(session: AsyncSession, hosts: Collection[str], *, now: int) -> None:
    """Make the lanes of these hosts due now, because the host was heard from or somebody asks for it."""
    for some in chunks(hosts):
        await session.execute(update(HOSTS).where(HOSTS.c.host.in_(some), HOSTS.c.next_at > now).values(next_at=now))


async def prune_hosts(session: AsyncSession, *, now: int) -> None:
    """Delete hosts without deliveries and without anything to remember, not heard from for a month."""
    old = now - FORGOTTEN_MS
    idle = and_(
        HOSTS.c.next_at.is_(None), HOSTS.c.leased_until <= now, ~exists().where(DELIVERIES.c.host == HOSTS.c.host)
    )
    told = (HOSTS.c.last_succeeded_at, HOSTS.c.first_failed_at, HOSTS.c.scheme_until)
    await session.execute(delete(HOSTS).where(idle, *(func.coalesce(column, 0) < old for column in told)))
