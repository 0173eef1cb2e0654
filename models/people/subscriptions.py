"""What people at home here follow: groups, and people by their personal groups; `lens` has one judge what they read."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, Integer, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new, upsert
from protocol.ids import RecordId


class FollowingRow(Base):
    """An account follows a group, or a person by their personal group."""

    __tablename__ = "followings"
    __table_args__ = (Index(None, "group_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    lens: Mapped[bool]
    since_at: Mapped[int]


class Following(msgspec.Struct, frozen=True):
    """A group or person that an account follows."""

    account_id: int
    group_id: RecordId
    lens: bool
    since_at: int


FOLLOWINGS = table_of(FollowingRow)
_COLUMNS = [FOLLOWINGS.c[name] for name in Following.__struct_fields__]


async def save_following(session: AsyncSession, following: Following) -> None:
    await upsert(session, FOLLOWINGS, [msgspec.structs.asdict(following)])


async def put_following(session: AsyncSession, following: Following) -> None:
    """Follow something; what is followed already stays as it is."""
    await insert_new(session, FOLLOWINGS, [msgspec.structs.asdict(following)])


async def delete_following(session: AsyncSession, account: int, group: RecordId) -> None:
    await session.execute(delete(FOLLOWINGS).where(FOLLOWINGS.c.account_id == account, FOLLOWINGS.c.group_id == group))


async def load_following(session: AsyncSession, account: int, group: RecordId) -> Following | None:
    rows = await _FOLLOWING.run(session, account=account, group=group)
    return Following(*rows[0]) if rows else None


_FOLLOWING: Final = Prepared(
    lambda _: select(*_COLUMNS).where(
        FOLLOWINGS.c.account_id == bindparam("account"), FOLLOWINGS.c.group_id == bindparam("group")
    )
)


async def list_followings(session: AsyncSession, account: int, limit: int) -> Sequence[Following]:
    """What an account follows, the latest first."""
    return [Following(*row) for row in await _LATEST.run(session, account=account, most=limit)]


_LATEST: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(FOLLOWINGS.c.account_id == bindparam("account"))
        .order_by(FOLLOWINGS.c.since_at.desc(), FOLLOWINGS.c.group_id)
        .limit(bindparam("most", type_=Integer))
    )
)
