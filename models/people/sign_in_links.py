"""One-time links that sign somebody in, made by an operator: only the hash of each is kept."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.people.accounts import ACCOUNTS, Account


class SignInLinkRow(Base):
    """A link that nobody has used yet."""

    __tablename__ = "sign_in_links"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    expires_at: Mapped[int]


SIGN_IN_LINKS = table_of(SignInLinkRow)
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]


async def insert_sign_in_link(session: AsyncSession, *, sha256: bytes, account: int, now: int, expires_at: int) -> None:
    """Store a new link; deletes links that ended."""
    await session.execute(delete(SIGN_IN_LINKS).where(SIGN_IN_LINKS.c.expires_at <= now))
    row = {"sha256": sha256, "account_id": account, "expires_at": expires_at}
    await session.execute(SIGN_IN_LINKS.insert().values(row))


async def load_sign_in_link(session: AsyncSession, sha256: bytes, *, now: int) -> Account | None:
    """The account that the link signs in, as long as it is valid."""
    wanted = (
        select(*_ACCOUNT_COLUMNS)
        .join(SIGN_IN_LINKS, SIGN_IN_LINKS.c.account_id == ACCOUNTS.c.id)
        .where(SIGN_IN_LINKS.c.sha256 == sha256, SIGN_IN_LINKS.c.expires_at > now, ACCOUNTS.c.disabled.is_(False))
    )
    row = (await session.execute(wanted)).one_or_none()
    return Account(*row) if row else None


async def delete_links_of(session: AsyncSession, account: int) -> None:
    """Delete the account's links."""
    await session.execute(delete(SIGN_IN_LINKS).where(SIGN_IN_LINKS.c.account_id == account))


async def take_sign_in_link(session: AsyncSession, sha256: bytes) -> bool:
    """Use the link up; False if it was used before."""
    taken = delete(SIGN_IN_LINKS).where(SIGN_IN_LINKS.c.sha256 == sha256).returning(SIGN_IN_LINKS.c.account_id)
    return (await session.scalar(taken)) is not None
