"""Who is signed in: one row a browser, known by the hash of its cookie; the row of an ended session is deleted."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.people.accounts import ACCOUNTS, Account


class SessionRow(Base):
    """A signed-in browser; `agent`: its own name, shortened, so that people can tell their browsers apart.

    `confirmed_at`: when the person last proved there who they are.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "account_id", "created_at"),)

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[int]
    seen_at: Mapped[int]
    expires_at: Mapped[int]
    agent: Mapped[str]
    confirmed_at: Mapped[int] = mapped_column(server_default="0")


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser."""

    sha256: bytes
    account_id: int
    created_at: int
    seen_at: int
    expires_at: int
    agent: str
    confirmed_at: int = 0


SESSIONS = table_of(SessionRow)
_COLUMNS = [SESSIONS.c[name] for name in Session.__struct_fields__]
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]


async def insert_session(session: AsyncSession, opened: Session) -> None:
    await insert_new(session, SESSIONS, [msgspec.structs.asdict(opened)])


async def load_session(session: AsyncSession, sha256: bytes, *, now: int) -> tuple[Session, Account] | None:
    """The session with its account, unless it expired or the account is disabled."""
    rows = await _SESSION.run(session, sha256=sha256, now=now)
    if not rows:
        return None
    split = len(_COLUMNS)
    return Session(*rows[0][:split]), Account(*rows[0][split:])


_SESSION: Final = Prepared(
    lambda _: (
        select(*_COLUMNS, *_ACCOUNT_COLUMNS)
        .join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.account_id)
        .where(SESSIONS.c.sha256 == bindparam("sha256"), SESSIONS.c.expires_at > bindparam("now"))
        .where(ACCOUNTS.c.disabled.is_(False))
    )
)


async def list_sessions(session: AsyncSession, account: int, limit: int, *, now: int) -> Sequence[Session]:
    """An account's sessions, the latest first."""
    wanted = (
        select(*_COLUMNS)
        .where(SESSIONS.c.account_id == account, SESSIONS.c.expires_at > now)
        .order_by(SESSIONS.c.created_at.desc(), SESSIONS.c.sha256)
        .limit(limit)
    )
    return [Session(*row) for row in await session.execute(wanted)]


async def set_session_seen(session: AsyncSession, sha256: bytes, *, now: int, expires_at: int) -> None:
    await session.execute(
        update(SESSIONS).where(SESSIONS.c.sha256 == sha256).values(seen_at=now, expires_at=expires_at)
    )


async def replace_session(session: AsyncSession, sha256: bytes, renewed: Session) -> bool:
    """Have `renewed` stand in the place of a session; returns whether that was still there."""
    values = msgspec.structs.asdict(renewed)
    replaced = await session.execute(
        update(SESSIONS).where(SESSIONS.c.sha256 == sha256).values(values).returning(SESSIONS.c.sha256)
    )
    return replaced.first() is not None


async def delete_session(session: AsyncSession, account: int, sha256: bytes) -> int:
    """End one session of the account; returns how many ended."""
    ended = await session.execute(
        delete(SESSIONS)
        .where(SESSIONS.c.account_id == account, SESSIONS.c.sha256 == sha256)
        .returning(SESSIONS.c.sha256)
    )
    return len(ended.all())


async def delete_sessions(session: AsyncSession, account: int, *, but: bytes = b"") -> int:
    """End all sessions of the account but one; returns how many ended."""
    ended = await session.execute(
        delete(SESSIONS).where(SESSIONS.c.account_id == account, SESSIONS.c.sha256 != but).returning(SESSIONS.c.sha256)
    )
    return len(ended.all())
