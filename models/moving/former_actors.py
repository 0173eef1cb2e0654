"""The actors that people at home here had on pods from which they came: each names the new one in its `movedTo`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new
from models.people.accounts import ACCOUNTS

MOST_FORMER: Final = 20  # they stand in the actor's document, and everybody who moves along reads it


class FormerActorRow(Base):
    """The id of an actor that an account had elsewhere."""

    __tablename__ = "former_actors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    since_at: Mapped[int]


FORMER_ACTORS = table_of(FormerActorRow)


async def put_former_actor(session: AsyncSession, account: int, actor: str, *, now: int) -> None:
    """Store that the account was this actor; what is stored stays."""
    await insert_new(session, FORMER_ACTORS, [{"account_id": account, "actor": actor, "since_at": now}])


async def list_former_actors(session: AsyncSession, name: str) -> list[str]:
    """The former actors of the account of this name, the latest first."""
    wanted = (
        select(FORMER_ACTORS.c.actor)
        .join(ACCOUNTS, ACCOUNTS.c.id == FORMER_ACTORS.c.account_id)
        .where(ACCOUNTS.c.name == name)
        .order_by(FORMER_ACTORS.c.since_at.desc(), FORMER_ACTORS.c.actor)
    )
    return list(await session.scalars(wanted.limit(MOST_FORMER)))
