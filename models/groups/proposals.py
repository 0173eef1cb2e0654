"""How this pod's proposals of handovers fared in each group, and the highest term that refusals named."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from protocol.ids import RecordId


class ProposalRow(Base):
    """`failed`: failed proposals since `anchor_id` was settled; time counts from `counting_from`."""

    __tablename__ = "proposals"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    anchor_id: Mapped[RecordId]
    failed: Mapped[int]
    counting_from: Mapped[int]
    highest_term: Mapped[int]


class Tries(msgspec.Struct, frozen=True):
    """The proposals of a group, as they are stored."""

    group_id: RecordId
    anchor_id: RecordId
    failed: int = 0
    counting_from: int = 0
    highest_term: int = 0


PROPOSALS = table_of(ProposalRow)


async def load_tries(session: AsyncSession, group: RecordId, anchor: RecordId) -> Tries:
    """The tries for this anchor; a new anchor begins at 0, because settling an item ends the waiting."""
    row = (await session.execute(select(PROPOSALS).where(PROPOSALS.c.group_id == group))).one_or_none()
    tries = Tries(*row) if row else Tries(group, anchor)
    return tries if tries.anchor_id == anchor else msgspec.structs.replace(tries, anchor_id=anchor, failed=0)


async def save_tries(session: AsyncSession, tries: Tries) -> None:
    """Store the tries of a group."""
    await upsert(session, PROPOSALS, [msgspec.structs.asdict(tries)])
