"""Pods whose people follow a group they have no member in: who reads here, and where this pod said that it reads."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.people.subscriptions import FOLLOWINGS
from protocol.ids import RecordId


class ReaderRow(Base):
    """A pod that is told of a group like the group's own pods."""

    __tablename__ = "readers"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[int]


class ReadingRow(Base):
    """A pod of a group that was told, by the Follow with this id, that this pod reads the group."""

    __tablename__ = "readings"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str] = mapped_column(primary_key=True)
    follow: Mapped[str]
    at: Mapped[int]


class Reading(msgspec.Struct, frozen=True):
    """Where this pod said that it reads a group."""

    group_id: RecordId
    pod: str
    follow: str
    at: int


READERS = table_of(ReaderRow)
READINGS = table_of(ReadingRow)


async def put_reader(session: AsyncSession, group: RecordId, pod: str, *, most: int, now: int) -> bool:
    """Remember that a pod reads a group; False if it is new and `most` read it already."""
    others = select(func.count()).where(READERS.c.group_id == group, READERS.c.pod != pod)
    if int(await session.scalar(others) or 0) >= most:
        return False
    await upsert(session, READERS, [{"group_id": group, "pod": pod, "at": now}])
    return True


async def delete_reader(session: AsyncSession, pod: str, group: RecordId | None = None) -> None:
    """Forget that a pod reads a group; None: whatever it reads here."""
    wanted = delete(READERS).where(READERS.c.pod == pod)
    await session.execute(wanted if group is None else wanted.where(READERS.c.group_id == group))


async def list_readers(session: AsyncSession, group: RecordId, limit: int) -> list[str]:
    """The pods that read a group, in order."""
    wanted = select(READERS.c.pod).where(READERS.c.group_id == group).order_by(READERS.c.pod).limit(limit)
    return list(await session.scalars(wanted))


async def is_followed_here(session: AsyncSession, group: RecordId) -> bool:
    """Whether somebody at home here follows the group, or is judged by it."""
    return bool(await session.scalar(select(exists().where(FOLLOWINGS.c.group_id == group))))


async def list_readings(session: AsyncSession, group: RecordId, limit: int) -> list[Reading]:
    """Where this pod said that it reads a group, in order of the pods."""
    columns = [READINGS.c[name] for name in Reading.__struct_fields__]
    wanted = select(*columns).where(READINGS.c.group_id == group).order_by(READINGS.c.pod).limit(limit)
    return [Reading(*row) for row in await session.execute(wanted)]


async def save_reading(session: AsyncSession, reading: Reading) -> None:
    await upsert(session, READINGS, [msgspec.structs.asdict(reading)])


async def delete_reading(session: AsyncSession, group: RecordId, pod: str) -> None:
    await session.execute(delete(READINGS).where(READINGS.c.group_id == group, READINGS.c.pod == pod))
