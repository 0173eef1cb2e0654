"""The groups that the pod's admins chose in the browser to decide what the pod won't show to anybody."""

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from protocol.ids import RecordId


class FloorGroupRow(Base):
    """A group of the floor; `pod`: a pod that holds it, as the admin named it."""

    __tablename__ = "floor_groups"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str]
    chosen_at: Mapped[int]


class FloorGroup(msgspec.Struct, frozen=True):
    """A group of the floor, and a pod that holds it (empty: unknown)."""

    group: RecordId
    pod: str


FLOOR_GROUPS = table_of(FloorGroupRow)


async def list_chosen(session: AsyncSession) -> list[FloorGroup]:
    """The groups that admins chose, in that order. An admin chooses each, so they are few and all are read."""
    wanted = select(FLOOR_GROUPS.c.group_id, FLOOR_GROUPS.c.pod)
    rows = await session.execute(wanted.order_by(FLOOR_GROUPS.c.chosen_at, FLOOR_GROUPS.c.group_id))
    return [FloorGroup(*row) for row in rows]


async def insert_chosen(session: AsyncSession, chosen: FloorGroup, *, now: int) -> None:
    """Add a group to the floor."""
    await upsert(session, FLOOR_GROUPS, [{"group_id": chosen.group, "pod": chosen.pod, "chosen_at": now}])


async def delete_chosen(session: AsyncSession, group: RecordId) -> None:
    """Remove a group from the floor."""
    await session.execute(delete(FLOOR_GROUPS).where(FLOOR_GROUPS.c.group_id == group))
