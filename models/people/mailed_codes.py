"""Codes that were mailed: one a browser's visit and purpose, known by a keyed hash, over after some time or tries."""

from __future__ import annotations

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert


class CodeRow(Base):
    """A mailed code. `account_id` is None if the typed name has no account; there is a row all the same."""

    __tablename__ = "codes"

    visit: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    address: Mapped[str]
    code: Mapped[bytes]
    tries: Mapped[int]
    expires_at: Mapped[int]


class Code(msgspec.Struct, frozen=True):
    """A code, as it is stored; `visit`: the hash of the browser's secret; `code`: a keyed hash."""

    visit: bytes
    purpose: str
    account_id: int | None
    address: str
    code: bytes
    tries: int
    expires_at: int


CODES = table_of(CodeRow)
_COLUMNS = [CODES.c[name] for name in Code.__struct_fields__]


async def save_code(session: AsyncSession, code: Code, *, now: int) -> None:
    """Store a code in place of the visit's former one; deletes codes that ended."""
    await session.execute(delete(CODES).where(CODES.c.expires_at <= now))
    await upsert(session, CODES, [msgspec.structs.asdict(code)])


async def load_code(session: AsyncSession, visit: bytes, purpose: str, *, now: int) -> Code | None:
    """The visit's code; None if it ended."""
    wanted = select(*_COLUMNS).where(CODES.c.visit == visit, CODES.c.purpose == purpose, CODES.c.expires_at > now)
    row = (await session.execute(wanted)).one_or_none()
    return Code(*row) if row else None


async def count_code_try(session: AsyncSession, visit: bytes, purpose: str) -> None:
    """Count one more try, right or wrong."""
    await session.execute(
        update(CODES).where(CODES.c.visit == visit, CODES.c.purpose == purpose).values(tries=CODES.c.tries + 1)
    )


async def delete_codes_of(session: AsyncSession, account: int) -> None:
    """Delete every code and unfinished proof of an account, in all browsers."""
    await session.execute(delete(CODES).where(CODES.c.account_id == account))


async def delete_code(session: AsyncSession, visit: bytes, purpose: str) -> bool:
    """Delete a code; False if there is none."""
    gone = delete(CODES).where(CODES.c.visit == visit, CODES.c.purpose == purpose).returning(CODES.c.tries)
    return (await session.scalar(gone)) is not None
