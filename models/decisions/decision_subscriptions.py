"""What of its groups' decisions an account follows: subject areas, delegates, polls. Only its own pod knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Integer, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class DecisionSubscriptionRow(Base):
    """An account follows something. `kind`: area, delegate or poll; `what`: the area, the member's number, the id."""

    __tablename__ = "decision_subscriptions"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)


class DecisionSubscription(msgspec.Struct, frozen=True):
    """Something that an account follows."""

    group_id: RecordId
    kind: str
    what: str


SUBSCRIPTIONS: Final = table_of(DecisionSubscriptionRow)


async def put_subscription(session: AsyncSession, account: int, wish: DecisionSubscription) -> None:
    """Follow something; what is followed already stays so."""
    await insert_new(session, SUBSCRIPTIONS, [{"account_id": account, **msgspec.structs.asdict(wish)}])


async def delete_subscription(session: AsyncSession, account: int, wish: DecisionSubscription) -> None:
    """Follow something no more."""
    mine = [SUBSCRIPTIONS.c[name] == value for name, value in msgspec.structs.asdict(wish).items()]
    await session.execute(delete(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.account_id == account, *mine))


async def has_subscription(session: AsyncSession, account: int, wish: DecisionSubscription) -> bool:
    """Whether an account follows this."""
    found = await _HAS.value(session, account=account, group=wish.group_id, named=wish.kind, what=wish.what)
    return found is not None


_HAS: Final = Prepared(
    lambda _: select(SUBSCRIPTIONS.c.kind).where(
        SUBSCRIPTIONS.c.account_id == bindparam("account"),
        SUBSCRIPTIONS.c.group_id == bindparam("group"),
        SUBSCRIPTIONS.c.kind == bindparam("named"),
        SUBSCRIPTIONS.c.what == bindparam("what"),
    )
)


async def list_subscriptions(session: AsyncSession, account: int, *, most: int) -> Sequence[DecisionSubscription]:
    """What an account follows, by group."""
    return [DecisionSubscription(*row) for row in await _OF_ACCOUNT.run(session, account=account, most=most)]


_COLUMNS: Final = [SUBSCRIPTIONS.c[name] for name in DecisionSubscription.__struct_fields__]
_OF_ACCOUNT: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(SUBSCRIPTIONS.c.account_id == bindparam("account"))
        .order_by(SUBSCRIPTIONS.c.group_id, SUBSCRIPTIONS.c.kind, SUBSCRIPTIONS.c.what)
        .limit(bindparam("most", type_=Integer))
    )
)
