"""Pods that ask for a switch: that an account, which they have copied, be at home with them from now on.

The secrets (of a request's page, of a code) are known here by their hashes alone. A pod has one request for an account:
a later one takes the place of an earlier one.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of


class AskedSwitchRow(Base):
    """What a pod asks; `code_sha256` is empty until the person agrees."""

    __tablename__ = "asked_switches"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    pod: Mapped[str]
    pod_key: Mapped[str]
    actor: Mapped[str]
    actor_key: Mapped[bytes]
    name: Mapped[str]
    copied_at: Mapped[int]
    lines: Mapped[int]
    challenge: Mapped[str]
    state: Mapped[str]
    expires_at: Mapped[int] = mapped_column(index=True)
    unwaited: Mapped[str] = mapped_column(server_default="")
    soft: Mapped[bool] = mapped_column(server_default="0")
    code_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)


class AskedSwitch(msgspec.Struct, frozen=True):
    """A request. `name`: how the account would be called there; `copied_at`, `lines`: what their verified copy holds.

    `unwaited`: ids, with blanks between, of groups in which the person doesn't wait for what isn't settled; `soft`: no
    server that follows is told.
    """

    sha256: bytes
    account_id: int
    pod: str
    pod_key: str
    actor: str
    actor_key: bytes
    name: str
    copied_at: int
    lines: int
    challenge: str
    state: str
    expires_at: int
    unwaited: str = ""
    soft: bool = False


ASKED_SWITCHES: Final = table_of(AskedSwitchRow)
_COLUMNS = [ASKED_SWITCHES.c[name] for name in AskedSwitch.__struct_fields__]


async def put_asked_switch(session: AsyncSession, asked: AskedSwitch, *, now: int) -> None:
    """Store a request in place of the pod's former one for the account; deletes those that ended."""
    same = (ASKED_SWITCHES.c.account_id == asked.account_id) & (ASKED_SWITCHES.c.pod == asked.pod)
    await session.execute(delete(ASKED_SWITCHES).where(same | (ASKED_SWITCHES.c.expires_at <= now)))
    await session.execute(ASKED_SWITCHES.insert().values(**msgspec.structs.asdict(asked), code_sha256=None))


async def load_asked_switch(session: AsyncSession, sha256: bytes, account: int, *, now: int) -> AskedSwitch | None:
    """A request that this account has neither agreed to nor refused."""
    wanted = select(*_COLUMNS).where(
        ASKED_SWITCHES.c.sha256 == sha256,
        ASKED_SWITCHES.c.account_id == account,
        ASKED_SWITCHES.c.expires_at > now,
        ASKED_SWITCHES.c.code_sha256.is_(None),
    )
    row = (await session.execute(wanted)).one_or_none()
    return AskedSwitch(*row) if row else None


async def agree_to_asked(session: AsyncSession, asked: AskedSwitch, code_sha256: bytes) -> bool:
    """Store that the person agreed, once; False if the request was answered before."""
    open_one = (ASKED_SWITCHES.c.sha256 == asked.sha256) & ASKED_SWITCHES.c.code_sha256.is_(None)
    said = {name: getattr(asked, name) for name in ("expires_at", "unwaited", "soft")}
    kept = (
        update(ASKED_SWITCHES)
        .where(open_one)
        .values(**said, code_sha256=code_sha256)
        .returning(ASKED_SWITCHES.c.account_id)
    )
    return (await session.scalar(kept)) is not None


async def delete_asked_switches(session: AsyncSession, account: int, sha256: bytes | None = None) -> None:
    """Let one request for the account go unanswered, or all."""
    of = ASKED_SWITCHES.c.account_id == account
    await session.execute(
        delete(ASKED_SWITCHES).where(of if sha256 is None else of & (ASKED_SWITCHES.c.sha256 == sha256))
    )


async def take_asked_switch(session: AsyncSession, code_sha256: bytes, *, now: int) -> AskedSwitch | None:
    """Use a code up, whoever shows it: what was agreed to under it, if it was still good."""
    taken = delete(ASKED_SWITCHES).where(ASKED_SWITCHES.c.code_sha256 == code_sha256).returning(*_COLUMNS)
    row = (await session.execute(taken)).one_or_none()
    asked = AskedSwitch(*row) if row else None
    return asked if asked and asked.expires_at > now else None
