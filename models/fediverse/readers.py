"""Pods whose people follow a group without a member there: readers of our groups, and the pods that we told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Integer, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new, upsert
from models.people.subscriptions import FOLLOWINGS
from protocol.ids import RecordId


class ReaderRow(Base):
    """A pod that gets a group's records as the group's own pods do.

    `told_term`: of the last handover or recovery that it was sent; -1: none yet. `until`: a copy named it, and it is
    told until then; None: it said itself that it reads.
    """

    __tablename__ = "readers"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]
    told_term: Mapped[int] = mapped_column(server_default="0")
    until: Mapped[int | None] = mapped_column(index=True)


class ReadingRow(Base):
    """A group's pod that was told, with the Follow of this id, that this pod reads the group."""

    __tablename__ = "readings"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    follow: Mapped[str]
    at: Mapped[int]


class Reading(msgspec.Struct, frozen=True):
    """A pod that was told that this pod reads a group."""

    group_id: RecordId
    pod: str
    follow: str
    at: int


READERS = table_of(ReaderRow)
READINGS = table_of(ReadingRow)
NEVER_TOLD: Final = -1


async def put_reader(session: AsyncSession, group: RecordId, pod: str, *, term: int, most: int, now: int) -> bool:
    """Store that a pod reads a group, which is at this term; False if it is new and there are `most` readers already.

    One that a copy named gives way to a pod that asks itself.
    """
    others = select(func.count()).where(READERS.c.group_id == group, READERS.c.pod != pod, READERS.c.until.is_(None))
    if int(await session.scalar(others) or 0) >= most:
        return False
    row = {"group_id": group, "pod": pod, "at": now, "told_term": term, "until": None}
    await upsert(session, READERS, [row])
    return True


async def put_copied_readers(session: AsyncSession, group: RecordId, pods: Sequence[str], *, until: int) -> None:
    """Store pods that a copy names as readers, to be told of the group until then; those that ask themselves stay."""
    rows = [{"group_id": group, "pod": pod, "at": 0, "told_term": NEVER_TOLD, "until": until} for pod in pods]
    await insert_new(session, READERS, rows)


async def prune_readers(session: AsyncSession, now: int) -> None:
    """Delete those that a copy named and that didn't ask themselves."""
    await session.execute(delete(READERS).where(READERS.c.until <= now))


async def list_untold(session: AsyncSession, group: RecordId, term: int, limit: int) -> list[tuple[str, int]]:
    """Readers that weren't sent the handover or recovery of this term, by pod, each with the term it was told."""
    return [(pod, told) for pod, told in await _UNTOLD.run(session, group=group, term=term, most=limit)]


async def set_told_term(session: AsyncSession, group: RecordId, term: int) -> None:
    """Store that all readers were sent what began this term."""
    lacking = READERS.c.group_id == group, READERS.c.told_term < term
    await session.execute(update(READERS).where(*lacking).values(told_term=term))


async def delete_reader(session: AsyncSession, pod: str, group: RecordId | None = None) -> None:
    """Delete a pod as reader of a group; None: of all groups."""
    wanted = delete(READERS).where(READERS.c.pod == pod)
    await session.execute(wanted if group is None else wanted.where(READERS.c.group_id == group))


async def list_readers(session: AsyncSession, group: RecordId, limit: int) -> list[str]:
    """The pods that read a group, sorted."""
    return [pod for (pod,) in await _READERS.run(session, group=group, most=limit)]


_READERS: Final = Prepared(
    lambda _: (
        select(READERS.c.pod)
        .where(READERS.c.group_id == bindparam("group"))
        .order_by(READERS.c.pod)
        .limit(bindparam("most", type_=Integer))
    )
)
_UNTOLD: Final = Prepared(
    lambda _: (
        select(READERS.c.pod, READERS.c.told_term)
        .where(READERS.c.group_id == bindparam("group"), READERS.c.told_term < bindparam("term"))
        .order_by(READERS.c.pod)
        .limit(bindparam("most", type_=Integer))
    )
)


async def is_followed_here(session: AsyncSession, group: RecordId) -> bool:
    """Whether a local account follows the group, or has it moderate."""
    return bool(await session.scalar(select(exists().where(FOLLOWINGS.c.group_id == group))))


async def list_readings(session: AsyncSession, group: RecordId, limit: int) -> list[Reading]:
    """The pods that were told that this pod reads a group, sorted."""
    columns = [READINGS.c[name] for name in Reading.__struct_fields__]
    wanted = select(*columns).where(READINGS.c.group_id == group).order_by(READINGS.c.pod).limit(limit)
    return [Reading(*row) for row in await session.execute(wanted)]


async def save_reading(session: AsyncSession, reading: Reading) -> None:
    await upsert(session, READINGS, [msgspec.structs.asdict(reading)])


async def delete_reading(session: AsyncSession, group: RecordId, pod: str) -> None:
    await session.execute(delete(READINGS).where(READINGS.c.group_id == group, READINGS.c.pod == pod))
