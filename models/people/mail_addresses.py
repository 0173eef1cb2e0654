"""Where people get mail: one address an account, of which nobody else here has the same."""

from __future__ import annotations

import msgspec
from sqlalchemy import ForeignKey, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.people.accounts import ACCOUNTS, Account


class MailAddressRow(Base):
    """An account's address as mail is sent to it, and `normal` for comparison; a mailed code verifies it."""

    __tablename__ = "mail_addresses"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    address: Mapped[str]
    normal: Mapped[str] = mapped_column(unique=True)
    verified_at: Mapped[int | None]


class MailAddress(msgspec.Struct, frozen=True):
    """An account's address."""

    account_id: int
    address: str
    normal: str
    verified_at: int | None


MAIL_ADDRESSES = table_of(MailAddressRow)
_COLUMNS = [MAIL_ADDRESSES.c[name] for name in MailAddress.__struct_fields__]
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]


async def save_mail_address(session: AsyncSession, mail: MailAddress) -> None:
    """Store the account's address in place of its former one; raises IntegrityError if another account has it."""
    await upsert(session, MAIL_ADDRESSES, [msgspec.structs.asdict(mail)])


async def load_mail_address(session: AsyncSession, account: int) -> MailAddress | None:
    """The account's mail address."""
    wanted = select(*_COLUMNS).where(MAIL_ADDRESSES.c.account_id == account)
    row = (await session.execute(wanted)).one_or_none()
    return MailAddress(*row) if row else None


async def load_account_by_mail(session: AsyncSession, normal: str) -> Account | None:
    """The account with this address."""
    wanted = (
        select(*_ACCOUNT_COLUMNS)
        .join(MAIL_ADDRESSES, MAIL_ADDRESSES.c.account_id == ACCOUNTS.c.id)
        .where(MAIL_ADDRESSES.c.normal == normal)
    )
    row = (await session.execute(wanted)).one_or_none()
    return Account(*row) if row else None


async def set_mail_verified(session: AsyncSession, account: int, normal: str, *, now: int) -> None:
    """Note that a code mailed to this address was typed."""
    await session.execute(
        update(MAIL_ADDRESSES)
        .where(MAIL_ADDRESSES.c.account_id == account, MAIL_ADDRESSES.c.normal == normal)
        .where(MAIL_ADDRESSES.c.verified_at.is_(None))
        .values(verified_at=now)
    )
