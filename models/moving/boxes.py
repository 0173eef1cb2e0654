"""The sealed box of each account here: the public half of the key that its 24 words give, and what was sealed last."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.decisions.hidden_values import HIDDEN_VALUES, HiddenValue
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.people.accounts import MEMBERSHIPS
from protocol.ids import RecordId


class BoxRow(Base):
    """`public`: 32 bytes; `actor_key`: whether the actor's key goes in. `mark`: of what is in `sealed`."""

    __tablename__ = "boxes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    public: Mapped[bytes]
    actor_key: Mapped[bool] = mapped_column(server_default="1")
    mark: Mapped[str] = mapped_column(server_default="")
    sealed: Mapped[bytes | None]


class StoredBox(msgspec.Struct, frozen=True):
    """An account's box; `sealed` is None until it was first asked for."""

    account_id: int
    public: bytes
    actor_key: bool
    mark: str
    sealed: bytes | None


BOXES: Final = table_of(BoxRow)
_COLUMNS: Final = [BOXES.c[name] for name in StoredBox.__struct_fields__]
_HIDDEN: Final = [HIDDEN_VALUES.c[name] for name in HiddenValue.__struct_fields__]


async def put_box_key(session: AsyncSession, account: int, public: bytes) -> None:
    """Keep the public half of the account's box key, which stays the same as long as its words do."""
    row = {"account_id": account, "public": public, "actor_key": True, "mark": "", "sealed": None}
    await insert_new(session, BOXES, [row])


async def load_box(session: AsyncSession, account: int) -> StoredBox | None:
    """The account's box; None if its words were never typed here."""
    rows = await _BOX.run(session, account=account)
    return StoredBox(*rows[0]) if rows else None


_BOX: Final = Prepared(lambda _: select(*_COLUMNS).where(BOXES.c.account_id == bindparam("account")))


async def set_box(session: AsyncSession, account: int, *, mark: str, sealed: bytes) -> None:
    """Store what was sealed up, and of what."""
    await session.execute(update(BOXES).where(BOXES.c.account_id == account).values(mark=mark, sealed=sealed))


async def set_actor_key_in_box(session: AsyncSession, account: int, *, kept: bool) -> None:
    """Choose whether the actor's key goes into the box. What was sealed before is forgotten at once."""
    changes = {"actor_key": kept, "mark": "", "sealed": None}
    await session.execute(update(BOXES).where(BOXES.c.account_id == account).values(changes))


async def list_unopened(session: AsyncSession, account: int, limit: int) -> list[HiddenValue]:
    """What the account sealed in polls and nothing opened yet; what is opened first stands first."""
    return [HiddenValue(*row) for row in await _UNOPENED.run(session, account=account, most=limit)]


_UNOPENED: Final = Prepared(
    lambda _: (
        select(*_HIDDEN)
        .where(HIDDEN_VALUES.c.account_id == bindparam("account"), HIDDEN_VALUES.c.opened_by.is_(None))
        .order_by(HIDDEN_VALUES.c.opens_at, HIDDEN_VALUES.c.sealed_id)
        .limit(bindparam("most"))
    )
)


async def list_moved_unopened(
    session: AsyncSession, account: int, after: RecordId | None, limit: int
) -> list[HiddenValue]:
    """The same in groups from which the account has moved away, after one record, by id."""
    own = MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.state == "moved"
    wanted = select(*_HIDDEN).where(
        HIDDEN_VALUES.c.account_id == account,
        HIDDEN_VALUES.c.opened_by.is_(None),
        HIDDEN_VALUES.c.group_id.in_(select(MEMBERSHIPS.c.group_id).where(*own)),
    )
    if after is not None:
        wanted = wanted.where(HIDDEN_VALUES.c.sealed_id > after)
    rows = await session.execute(wanted.order_by(HIDDEN_VALUES.c.sealed_id).limit(limit))
    return [HiddenValue(*row) for row in rows]
