"""Pods whose people follow a group without a member there: readers of our groups, and the pods that we told."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Integer, bindparam, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import upsert
from models.people.subscriptions import FOLLOWINGS
from protocol.ids import RecordId


class ReaderRow(Base):
    """A pod that gets a group's records as the group's own pods do."""

    __tablename__ = "readers"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]


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


async def put_reader(session: AsyncSession, group: RecordId, pod: str, *, most: int, now: int) -> bool:
    """Store that a pod reads a group; False if it is new and there are `most` readers already."""
    others = select(func.count()).where(READERS.c.group_id == group, READERS.c.pod != pod)
    if int(await session.scalar(others) or 0) >= most:
        return False
    await upsert(session, READERS, [{"group_id": group, "pod": pod, "at": now}])
    return True


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
