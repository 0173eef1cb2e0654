"""Claims that people asked for when they joined: signed once the group has given them their number."""

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, Integer, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class WantedClaimRow(Base):
    """An account that wants its identity shown in a group in which its join isn't settled yet."""

    __tablename__ = "wanted_claims"
    __table_args__ = (Index(None, "group_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)


class WantedClaim(msgspec.Struct, frozen=True):
    """The same as a value."""

    account_id: int
    group_id: RecordId


WANTED = table_of(WantedClaimRow)


async def want_claim(session: AsyncSession, account: int, group: RecordId) -> None:
    """Store that the account wants its identity shown there."""
    await insert_new(session, WANTED, [msgspec.structs.asdict(WantedClaim(account, group))])


async def list_wanted(session: AsyncSession, group: RecordId, limit: int) -> list[int]:
    """The accounts that want their identity shown in a group, and whose claim isn't signed yet."""
    return [account for (account,) in await _WANTED.run(session, group=group, most=limit)]


_WANTED: Final = Prepared(
    lambda _: (
        select(WANTED.c.account_id)
        .where(WANTED.c.group_id == bindparam("group"))
        .order_by(WANTED.c.account_id)
        .limit(bindparam("most", type_=Integer))
    )
)


async def forget_wanted(session: AsyncSession, account: int, group: RecordId) -> None:
    """Delete the wish, because the claim is signed or can't be signed any more."""
    await session.execute(delete(WANTED).where(WANTED.c.account_id == account, WANTED.c.group_id == group))
