"""Secrets of people's own feeds, one an account, known by its hash: calendar programs have no session."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.people.accounts import ACCOUNTS, Account


class FeedSecretRow(Base):
    """The secret that holds; the one before it is over."""

    __tablename__ = "feed_secrets"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[int]


FEED_SECRETS: Final = table_of(FeedSecretRow)
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]


async def save_feed_secret(session: AsyncSession, account: int, sha256: bytes, *, now: int) -> None:
    await upsert(session, FEED_SECRETS, [{"account_id": account, "sha256": sha256, "made_at": now}])


async def load_feed_made_at(session: AsyncSession, account: int) -> int | None:
    """When the account's secret was made; None if it has none."""
    made: int | None = await session.scalar(select(FEED_SECRETS.c.made_at).where(FEED_SECRETS.c.account_id == account))
    return made


async def load_account_by_feed(session: AsyncSession, sha256: bytes) -> Account | None:
    """The account whose secret this is, unless it is disabled."""
    wanted = (
        select(*_ACCOUNT_COLUMNS)
        .join(FEED_SECRETS, FEED_SECRETS.c.account_id == ACCOUNTS.c.id)
        .where(FEED_SECRETS.c.sha256 == sha256, ACCOUNTS.c.disabled.is_(False))
    )
    row = (await session.execute(wanted)).one_or_none()
    return Account(*row) if row else None


async def delete_feed_secret(session: AsyncSession, account: int) -> None:
    await session.execute(delete(FEED_SECRETS).where(FEED_SECRETS.c.account_id == account))
