"""Which pod may read an account: what one asked for, what the person agreed to, and the grants that hold.

The secrets (of a request's page, a code, a grant) are known here by their hashes alone. `actor_key` is the hash of the
public key with which the asking pod signed.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.people.accounts import ACCOUNTS, Account


class AskedGrantRow(Base):
    """What a pod asks to read; `code_sha256` is empty until the person agrees."""

    __tablename__ = "asked_grants"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    pod: Mapped[str]
    pod_key: Mapped[str]
    actor: Mapped[str]
    actor_key: Mapped[bytes]
    classes: Mapped[str]
    private: Mapped[bool]
    standing: Mapped[bool]
    challenge: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[int] = mapped_column(index=True)
    code_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)


class GrantRow(Base):
    """What a pod may read, until it ends; `expires_at` is None for a standing one."""

    __tablename__ = "grants"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    pod: Mapped[str]
    pod_key: Mapped[str]
    actor: Mapped[str]
    actor_key: Mapped[bytes]
    classes: Mapped[str]
    private: Mapped[bool]
    made_at: Mapped[int]
    expires_at: Mapped[int | None]
    used_at: Mapped[int | None]
    paused_at: Mapped[int | None]


class AskedGrant(msgspec.Struct, frozen=True):
    """What a pod asks to read; `classes`: their names, with blanks between. `private`: private groups, too."""

    sha256: bytes
    account_id: int
    pod: str
    pod_key: str
    actor: str
    actor_key: bytes
    classes: str
    private: bool
    standing: bool
    challenge: str
    state: str
    expires_at: int


class Grant(msgspec.Struct, frozen=True):
    """What a pod may read, as `GrantRow`."""

    sha256: bytes
    account_id: int
    pod: str
    pod_key: str
    actor: str
    actor_key: bytes
    classes: str
    private: bool
    made_at: int
    expires_at: int | None
    used_at: int | None
    paused_at: int | None


ASKED: Final = table_of(AskedGrantRow)
GRANTS: Final = table_of(GrantRow)
_ASKED_COLUMNS = [ASKED.c[name] for name in AskedGrant.__struct_fields__]
_GRANT_COLUMNS = [GRANTS.c[name] for name in Grant.__struct_fields__]
_ACCOUNT_COLUMNS = [ACCOUNTS.c[name] for name in Account.__struct_fields__]


async def insert_asked(session: AsyncSession, asked: AskedGrant, *, most_of_pod: int, most: int, now: int) -> bool:
    """Store a request; False if `most` wait for the account.

    If `most_of_pod` of the same pod wait for it, the oldest goes: a stranger who begins a move there time and again
    mustn't keep the person out. What was agreed to stays.
    """
    await session.execute(delete(ASKED).where(ASKED.c.expires_at <= now))
    of_account = ASKED.c.account_id == asked.account_id
    of_pod = of_account & (ASKED.c.pod == asked.pod) & ASKED.c.code_sha256.is_(None)
    if (await session.scalar(select(func.count()).select_from(ASKED).where(of_account)) or 0) >= most:
        return False
    latest = select(ASKED.c.sha256).where(of_pod).order_by(ASKED.c.expires_at.desc(), ASKED.c.sha256)
    too_old = (await session.scalars(latest.offset(most_of_pod - 1).limit(most))).all()
    await session.execute(delete(ASKED).where(ASKED.c.sha256.in_(too_old)))
    await session.execute(ASKED.insert().values(**msgspec.structs.asdict(asked), code_sha256=None))
    return True


async def load_asked(session: AsyncSession, sha256: bytes, account: int, *, now: int) -> AskedGrant | None:
    """A request that this account has neither agreed to nor refused."""
    wanted = select(*_ASKED_COLUMNS).where(
        ASKED.c.sha256 == sha256,
        ASKED.c.account_id == account,
        ASKED.c.expires_at > now,
        ASKED.c.code_sha256.is_(None),
    )
    row = (await session.execute(wanted)).one_or_none()
    return AskedGrant(*row) if row else None


async def set_agreed(session: AsyncSession, asked: AskedGrant, code_sha256: bytes) -> bool:
    """Store what the person agreed to, once; False if the request was answered before."""
    agreed: dict[str, Any] = {name: getattr(asked, name) for name in ("classes", "private", "standing", "expires_at")}
    changed = update(ASKED).where(ASKED.c.sha256 == asked.sha256, ASKED.c.code_sha256.is_(None))
    kept = changed.values(**agreed, code_sha256=code_sha256).returning(ASKED.c.account_id)
    return (await session.scalar(kept)) is not None


async def delete_asked(session: AsyncSession, sha256: bytes, account: int) -> None:
    await session.execute(delete(ASKED).where(ASKED.c.sha256 == sha256, ASKED.c.account_id == account))


async def take_agreed(session: AsyncSession, code_sha256: bytes, *, now: int) -> AskedGrant | None:
    """Use a code up, whoever shows it: what was agreed to under it, if it was still good."""
    taken = delete(ASKED).where(ASKED.c.code_sha256 == code_sha256).returning(*_ASKED_COLUMNS)
    row = (await session.execute(taken)).one_or_none()
    asked = AskedGrant(*row) if row else None
    return asked if asked and asked.expires_at > now else None


async def insert_grant(session: AsyncSession, grant: Grant, *, now: int) -> None:
    """Store a grant; deletes those that ended."""
    await session.execute(delete(GRANTS).where(GRANTS.c.expires_at <= now))
    await session.execute(GRANTS.insert().values(**msgspec.structs.asdict(grant)))


async def load_grant(session: AsyncSession, sha256: bytes, *, now: int) -> tuple[Grant, Account] | None:
    """A grant that hasn't ended, with the account that it reads, unless that is disabled."""
    wanted = (
        select(*_GRANT_COLUMNS, *_ACCOUNT_COLUMNS)
        .join(ACCOUNTS, ACCOUNTS.c.id == GRANTS.c.account_id)
        .where(GRANTS.c.sha256 == sha256, ACCOUNTS.c.disabled.is_(False))
        .where(GRANTS.c.expires_at.is_(None) | (GRANTS.c.expires_at > now))
    )
    row = (await session.execute(wanted)).one_or_none()
    return (Grant(*row[: len(_GRANT_COLUMNS)]), Account(*row[len(_GRANT_COLUMNS) :])) if row else None


async def list_grants(session: AsyncSession, account: int, limit: int, *, now: int) -> list[Grant]:
    """The account's grants that haven't ended, the latest first."""
    wanted = (
        select(*_GRANT_COLUMNS)
        .where(GRANTS.c.account_id == account, GRANTS.c.expires_at.is_(None) | (GRANTS.c.expires_at > now))
        .order_by(GRANTS.c.made_at.desc(), GRANTS.c.sha256)
        .limit(limit)
    )
    return [Grant(*row) for row in await session.execute(wanted)]


async def set_grant_used(session: AsyncSession, sha256: bytes, *, now: int) -> None:
    await session.execute(update(GRANTS).where(GRANTS.c.sha256 == sha256).values(used_at=now))


async def pause_grant(session: AsyncSession, sha256: bytes, *, now: int) -> None:
    """Have a grant read nothing any more; it stays in the list until it is revoked."""
    await session.execute(
        update(GRANTS).where(GRANTS.c.sha256 == sha256, GRANTS.c.paused_at.is_(None)).values(paused_at=now)
    )


async def delete_grants_of(session: AsyncSession, account: int) -> None:
    """End all grants of an account, and let all that ask for it go."""
    for table in (ASKED, GRANTS):
        await session.execute(delete(table).where(table.c.account_id == account))


async def delete_grant(session: AsyncSession, account: int, sha256: bytes) -> bool:
    """End a grant; False if the account has no such one."""
    ended = delete(GRANTS).where(GRANTS.c.account_id == account, GRANTS.c.sha256 == sha256)
    return (await session.scalar(ended.returning(GRANTS.c.account_id))) is not None
