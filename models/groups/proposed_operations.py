"""Operations that lack nothing but members' signatures: kept beside those that wait for a seal, and bounded."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import chunks, upsert
from protocol.ids import RecordId


class ProposedOperationRow(Base):
    """A proposed operation with the proofs that it has; `at`: its author's time, from which it expires."""

    __tablename__ = "proposed_operations"
    __table_args__ = (Index(None, "group_id", "author"),)

    id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    key: Mapped[int]
    counter: Mapped[int]
    at: Mapped[int]
    wire: Mapped[bytes]


class ProposedOperation(msgspec.Struct, frozen=True):
    """A proposed operation, as it is stored."""

    id: RecordId
    group_id: RecordId
    author: int
    key: int
    counter: int
    at: int
    wire: bytes


PROPOSED = table_of(ProposedOperationRow)
_COLUMNS = [PROPOSED.c[name] for name in ProposedOperation.__struct_fields__]


async def put_proposed(session: AsyncSession, proposed: ProposedOperation) -> None:
    """Store a proposed operation; one that is here gets the new proofs."""
    await upsert(session, PROPOSED, [msgspec.structs.asdict(proposed)])


async def list_proposed(session: AsyncSession, group: RecordId) -> list[ProposedOperation]:
    """All proposed operations of a group, the oldest first; few, because a member may have only one."""
    return [ProposedOperation(*row) for row in await _OF_GROUP.run(session, group=group)]


_OF_GROUP: Final = Prepared(
    lambda _: select(*_COLUMNS).where(PROPOSED.c.group_id == bindparam("group")).order_by(PROPOSED.c.at, PROPOSED.c.id)
)


async def load_proposed(session: AsyncSession, operations: Collection[RecordId]) -> dict[RecordId, ProposedOperation]:
    """Those of the operations that are proposed here, by id."""
    found: dict[RecordId, ProposedOperation] = {}
    for some in chunks(operations):
        rows = await session.execute(select(*_COLUMNS).where(PROPOSED.c.id.in_(some)))
        found.update((row.id, ProposedOperation(*tuple(row))) for row in rows)
    return found


async def has_proposed(session: AsyncSession, group: RecordId) -> bool:
    """Whether anything waits for signatures in a group."""
    return await session.scalar(select(PROPOSED.c.id).where(PROPOSED.c.group_id == group).limit(1)) is not None


async def delete_proposed(session: AsyncSession, operations: Collection[RecordId]) -> None:
    """Delete proposed operations that have all signatures or can't get them any more."""
    for some in chunks(operations):
        await session.execute(delete(PROPOSED).where(PROPOSED.c.id.in_(some)))
