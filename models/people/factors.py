"""What else proves who signs in: passkeys, authenticator apps, recovery codes, and challenges that were answered."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_into, insert_new, upsert


class PasskeyRow(Base):
    """A passkey's public key; `uses`: the device's counter, which stays 0 on many devices."""

    __tablename__ = "passkeys"

    id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    public_key: Mapped[bytes]
    uses: Mapped[int]
    name: Mapped[str]
    created_at: Mapped[int]
    last_used_at: Mapped[int | None]


class AuthenticatorRow(Base):
    """An authenticator app; it counts once `confirmed_at` is set. Codes up to step `last_step` are used."""

    __tablename__ = "authenticators"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret_sealed: Mapped[bytes]
    confirmed_at: Mapped[int | None]
    last_step: Mapped[int]


class RecoveryCodeRow(Base):
    """A code on paper in case the app is lost, stored as a keyed hash; used codes are deleted."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    code: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class SpentChallengeRow(Base):
    """A challenge that a passkey has answered, kept until it would have ended anyway."""

    __tablename__ = "spent_challenges"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[int]


class Passkey(msgspec.Struct, frozen=True):
    """A passkey of an account."""

    id: bytes
    account_id: int
    public_key: bytes
    uses: int
    name: str
    created_at: int
    last_used_at: int | None


class Authenticator(msgspec.Struct, frozen=True):
    """An authenticator app of an account."""

    account_id: int
    secret_sealed: bytes
    confirmed_at: int | None
    last_step: int


PASSKEYS = table_of(PasskeyRow)
AUTHENTICATORS = table_of(AuthenticatorRow)
RECOVERY_CODES = table_of(RecoveryCodeRow)
SPENT_CHALLENGES = table_of(SpentChallengeRow)
_PASSKEY_COLUMNS = [PASSKEYS.c[name] for name in Passkey.__struct_fields__]
_AUTHENTICATOR_COLUMNS = [AUTHENTICATORS.c[name] for name in Authenticator.__struct_fields__]


async def insert_passkey(session: AsyncSession, passkey: Passkey) -> bool:
    """Store a passkey; False if there is one with this id."""
    added = await session.scalar(
        insert_into(session, PASSKEYS)
        .values(msgspec.structs.asdict(passkey))
        .on_conflict_do_nothing()
        .returning(PASSKEYS.c.account_id)
    )
    return added is not None


async def load_passkey(session: AsyncSession, own_id: bytes) -> Passkey | None:
    row = (await session.execute(select(*_PASSKEY_COLUMNS).where(PASSKEYS.c.id == own_id))).one_or_none()
    return Passkey(*row) if row else None


async def list_passkeys(session: AsyncSession, account: int, limit: int) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    wanted = select(*_PASSKEY_COLUMNS).where(PASSKEYS.c.account_id == account)
    rows = await session.execute(wanted.order_by(PASSKEYS.c.created_at, PASSKEYS.c.id).limit(limit))
    return [Passkey(*row) for row in rows]


async def set_passkey_used(session: AsyncSession, own_id: bytes, *, uses: int, now: int) -> None:
    await session.execute(update(PASSKEYS).where(PASSKEYS.c.id == own_id).values(uses=uses, last_used_at=now))


async def delete_passkey(session: AsyncSession, account: int, own_id: bytes) -> bool:
    """Delete one of the account's passkeys; False if it has none with this id."""
    gone = delete(PASSKEYS).where(PASSKEYS.c.account_id == account, PASSKEYS.c.id == own_id)
    return (await session.scalar(gone.returning(PASSKEYS.c.account_id))) is not None


async def delete_passkeys(session: AsyncSession, account: int) -> None:
    await session.execute(delete(PASSKEYS).where(PASSKEYS.c.account_id == account))


async def save_authenticator(session: AsyncSession, authenticator: Authenticator) -> None:
    """Store an app in place of the account's former one."""
    await upsert(session, AUTHENTICATORS, [msgspec.structs.asdict(authenticator)])


async def load_authenticator(session: AsyncSession, account: int) -> Authenticator | None:
    wanted = select(*_AUTHENTICATOR_COLUMNS).where(AUTHENTICATORS.c.account_id == account)
    row = (await session.execute(wanted)).one_or_none()
    return Authenticator(*row) if row else None


async def take_step(session: AsyncSession, account: int, step: int) -> bool:
    """Use up a time step; False if it or a later one was used."""
    taken = await session.scalar(
        update(AUTHENTICATORS)
        .where(AUTHENTICATORS.c.account_id == account, AUTHENTICATORS.c.last_step < step)
        .values(last_step=step)
        .returning(AUTHENTICATORS.c.account_id)
    )
    return taken is not None


async def delete_authenticator(session: AsyncSession, account: int) -> None:
    """Delete the app and its recovery codes."""
    await session.execute(delete(AUTHENTICATORS).where(AUTHENTICATORS.c.account_id == account))
    await session.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account))


async def replace_recovery_codes(session: AsyncSession, account: int, codes: Sequence[bytes]) -> None:
    """Replace the account's recovery codes by these."""
    await session.execute(delete(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account))
    await insert_new(session, RECOVERY_CODES, [{"account_id": account, "code": code} for code in codes])


async def take_recovery_code(session: AsyncSession, account: int, code: bytes) -> bool:
    """Use up a code; False if the account doesn't have it."""
    taken = delete(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account, RECOVERY_CODES.c.code == code)
    return (await session.scalar(taken.returning(RECOVERY_CODES.c.account_id))) is not None


async def count_recovery_codes(session: AsyncSession, account: int) -> int:
    wanted = select(func.count()).select_from(RECOVERY_CODES).where(RECOVERY_CODES.c.account_id == account)
    return int(await session.scalar(wanted) or 0)


async def spend_challenge(session: AsyncSession, sha256: bytes, *, now: int, expires_at: int) -> bool:
    """Use up a challenge; False if it was used before."""
    await session.execute(delete(SPENT_CHALLENGES).where(SPENT_CHALLENGES.c.expires_at <= now))
    spent = await session.scalar(
        insert_into(session, SPENT_CHALLENGES)
        .values({"sha256": sha256, "expires_at": expires_at})
        .on_conflict_do_nothing()
        .returning(SPENT_CHALLENGES.c.sha256)
    )
    return spent is not None
