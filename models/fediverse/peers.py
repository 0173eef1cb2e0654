"""The pods with which this one shares groups, and when each is to be asked next which of these differ there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.content.posts_and_votes import MEMBERS
from models.engine.columns import Base, table_of
from models.engine.upserts import chunks, insert_new
from models.fediverse.deliveries import HOSTS, host_of_inbox
from models.groups.groups_and_items import GROUPS
from models.groups.pull_cursors import CursorRow
from models.groups.records import PENDING, RECORDS
from models.groups.waiting_records import OPERATIONS
from protocol.ids import RecordId


class PeerRow(Base):
    """Another pod; `failures`: since its last answer."""

    __tablename__ = "peers"

    pod: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[int] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(server_default="0")


class DuePeer(msgspec.Struct, frozen=True):
    """A pod that is to be asked, and how often it failed to answer."""

    pod: str
    failures: int


class GroupStanding(msgspec.Struct, frozen=True):
    """How far this pod is in a group: the head, the log's length, and the cursor in a pod's pending records."""

    group: RecordId
    head: RecordId
    size: int
    pending: int


PEERS = table_of(PeerRow)
_CURSORS = table_of(CursorRow)
_COUNTS = MEMBERS.c.weight >= 0, MEMBERS.c.left.is_(False)


async def put_peers(session: AsyncSession, pods: Collection[str], *, at: int) -> None:
    """Add pods that aren't known, to be asked at `at` for the first time."""
    await insert_new(session, PEERS, [{"pod": pod, "due_at": at} for pod in sorted(pods)])


async def list_unknown_peers(session: AsyncSession, pods: Collection[str]) -> set[str]:
    """Those of the pods that `put_peers` would add."""
    known: set[str] = set()
    for some in chunks(pods):
        known.update(await session.scalars(select(PEERS.c.pod).where(PEERS.c.pod.in_(some))))
    return set(pods) - known


async def list_due_peers(session: AsyncSession, *, now: int, limit: int) -> list[str]:
    """Pods that are due."""
    due = select(PEERS.c.pod).where(PEERS.c.due_at <= now).order_by(PEERS.c.due_at, PEERS.c.pod)
    return list(await session.scalars(due.limit(limit)))


async def first_peer_at(session: AsyncSession) -> int | None:
    """The earliest time at which a pod is due; None if there is no other pod."""
    first: int | None = await session.scalar(select(func.min(PEERS.c.due_at)))
    return first


async def claim_peers(session: AsyncSession, pods: Collection[str], *, now: int, until: int) -> list[DuePeer]:
    """Claim those of the pods that are still due, until `until`."""
    taken: list[DuePeer] = []
    for some in chunks(pods):
        due = update(PEERS).where(PEERS.c.pod.in_(some), PEERS.c.due_at <= now).values(due_at=until)
        rows = await session.execute(due.returning(PEERS.c.pod, PEERS.c.failures))
        taken += [DuePeer(row.pod, row.failures) for row in rows]
    return taken


async def settle_peer(session: AsyncSession, pod: str, *, failures: int, next_at: int) -> None:
    """Set when a pod is due again."""
    await session.execute(update(PEERS).where(PEERS.c.pod == pod).values(due_at=next_at, failures=failures))


async def forget_peer(session: AsyncSession, pod: str) -> None:
    """Delete a pod with which no group is shared any more."""
    await session.execute(delete(PEERS).where(PEERS.c.pod == pod))


async def hasten_peers(session: AsyncSession, pods: Collection[str] | None, *, now: int) -> None:
    """Make these pods (None: all) due now, because something may have been missed."""
    for some in chunks(pods) if pods is not None else [None]:
        later = update(PEERS).where(PEERS.c.due_at > now).values(due_at=now)
        await session.execute(later if some is None else later.where(PEERS.c.pod.in_(some)))


async def has_brought(session: AsyncSession, pod: str, group: RecordId) -> bool:
    """Whether anything of the group was ever pulled from this pod."""
    cursor = select(_CURSORS.c.position).where(_CURSORS.c.group_id == group, _CURSORS.c.pod == pod).limit(1)
    return await session.scalar(cursor) is not None


async def has_taken(session: AsyncSession, pod: str) -> bool:
    """Whether this pod ever took a delivery."""
    taken = select(HOSTS.c.last_succeeded_at).where(HOSTS.c.host == host_of_inbox(pod))
    return await session.scalar(taken) is not None


async def list_standings(session: AsyncSession, pod: str, limit: int, *, after: RecordId | None) -> list[GroupStanding]:
    """How far this pod is in the groups that have members who count at `pod`, by group."""
    groups = GROUPS.outerjoin(
        _CURSORS,
        (_CURSORS.c.group_id == GROUPS.c.id) & (_CURSORS.c.pod == pod) & (_CURSORS.c.list == "pending"),
    )
    shared = exists().where(MEMBERS.c.group_id == GROUPS.c.id, MEMBERS.c.home_pod == pod, *_COUNTS)
    wanted = select(GROUPS.c.id, GROUPS.c.head_id, GROUPS.c.log_size, _CURSORS.c.position).select_from(groups)
    wanted = wanted.where(shared)
    if after is not None:
        wanted = wanted.where(GROUPS.c.id > after)
    rows = await session.execute(wanted.order_by(GROUPS.c.id).limit(limit))
    return [GroupStanding(row.id, row.head_id, row.log_size, row.position or 0) for row in rows]


async def list_differing(session: AsyncSession, theirs: Sequence[GroupStanding], origin: str) -> list[RecordId]:
    """Groups in which this pod has something else; private ones only if `origin` is home to a member."""
    told = {one.group: one for one in theirs}
    differing: list[RecordId] = []
    for some in chunks(told):
        newest = (
            select(RECORDS.c.seq)
            .where(RECORDS.c.group_id == GROUPS.c.id, RECORDS.c.state == PENDING)
            .order_by(RECORDS.c.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
        waits = exists().where(
            OPERATIONS.c.group_id == GROUPS.c.id, OPERATIONS.c.sealed_in.is_(None), OPERATIONS.c.void.is_(None)
        )
        home = exists().where(MEMBERS.c.group_id == GROUPS.c.id, MEMBERS.c.home_pod == origin, *_COUNTS)
        wanted = select(GROUPS.c.id, GROUPS.c.head_id, GROUPS.c.log_size, newest.label("newest"), waits.label("waits"))
        open_to = (GROUPS.c.visibility != "private") | home
        for row in await session.execute(wanted.where(GROUPS.c.id.in_(some), open_to)):
            their = told[row.id]
            same = (their.head, their.size) == (row.head_id, row.log_size)
            if not same or row.waits or (row.newest or 0) > their.pending:
                differing.append(row.id)
    return sorted(differing)
