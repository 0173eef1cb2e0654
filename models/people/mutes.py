"""Whom an account mutes: members of groups, for this reader alone."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, bindparam, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class BlockRow(Base):
    """A writer whom an account mutes."""

    __tablename__ = "blocks"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    member: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[int]


class Mute(msgspec.Struct, frozen=True):
    """A muted writer."""

    group: RecordId
    member: int
    created_at: int


BLOCKS = table_of(BlockRow)


async def put_block(session: AsyncSession, account: int, group: RecordId, member: int, *, now: int) -> None:
    row = {"account_id": account, "group_id": group, "member": member, "created_at": now}
    await insert_new(session, BLOCKS, [row])


async def delete_block(session: AsyncSession, account: int, group: RecordId, member: int) -> None:
    mine = (BLOCKS.c.account_id == account, BLOCKS.c.group_id == group, BLOCKS.c.member == member)
    await session.execute(delete(BLOCKS).where(*mine))


async def list_blocks(session: AsyncSession, account: int, limit: int) -> list[Mute]:
    """The account's muted writers, the latest first."""
    wanted = (
        select(BLOCKS.c.group_id, BLOCKS.c.member, BLOCKS.c.created_at)
        .where(BLOCKS.c.account_id == account)
        .order_by(BLOCKS.c.created_at.desc(), BLOCKS.c.group_id, BLOCKS.c.member)
        .limit(limit)
    )
    return [Mute(*row) for row in await session.execute(wanted)]


async def load_muted(
    session: AsyncSession, account: int, writers: Collection[tuple[RecordId, int]]
) -> frozenset[tuple[RecordId, int]]:
    """Those of these writers (group, member) whom the account mutes."""
    return frozenset((group, member) for group, member in await _MUTED.run(session, writers, account=account))


_MUTED: Final = AllKeys(
    lambda keys: select(BLOCKS.c.group_id, BLOCKS.c.member).where(
        BLOCKS.c.account_id == bindparam("account"), tuple_(BLOCKS.c.group_id, BLOCKS.c.member).in_(keys)
    )
)
