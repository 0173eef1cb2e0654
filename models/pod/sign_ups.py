"""Wishes for an account: typed, verified by mail, where the pod asks for it decided by an admin, and then opened."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec
from sqlalchemy import ForeignKey, Index, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_counted

# typed: the mail isn't verified; waiting: for an admin; asked: for the person's answer; accepted: for the person to
# open the account; rejected; opened.
State = Literal["typed", "waiting", "asked", "accepted", "rejected", "opened"]


class SignUpRow(Base):
    """A wish. `token`: the hash of the link that was mailed last; `said`: an admin's question or reason."""

    __tablename__ = "sign_ups"
    __table_args__ = (Index(None, "state", "id"), Index(None, "token"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    visit: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    address: Mapped[str]
    reason: Mapped[str]
    language: Mapped[str]
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invites.id"))
    state: Mapped[str]
    said: Mapped[str]
    token: Mapped[bytes | None]
    created_at: Mapped[int]
    changed_at: Mapped[int]


class SignUp(msgspec.Struct, frozen=True):
    """A wish for an account."""

    id: int
    visit: bytes
    name: str
    address: str
    reason: str
    language: str
    invite_id: int | None
    state: State
    said: str
    token: bytes | None
    created_at: int
    changed_at: int


SIGN_UPS = table_of(SignUpRow)
_COLUMNS = [SIGN_UPS.c[name] for name in SignUp.__struct_fields__]


async def insert_sign_up(session: AsyncSession, wish: SignUp) -> int:
    """Store a wish without its `id`, in place of what this visit typed before; returns its number."""
    await session.execute(delete(SIGN_UPS).where(SIGN_UPS.c.visit == wish.visit, SIGN_UPS.c.state == "typed"))
    values = msgspec.structs.asdict(wish)
    del values["id"]
    return await insert_counted(session, SIGN_UPS, values)


async def load_typed(session: AsyncSession, visit: bytes) -> SignUp | None:
    """What this visit typed and hasn't verified yet."""
    wanted = select(*_COLUMNS).where(SIGN_UPS.c.visit == visit, SIGN_UPS.c.state == "typed")
    row = (await session.execute(wanted.order_by(SIGN_UPS.c.id.desc()).limit(1))).one_or_none()
    return SignUp(*row) if row else None


async def load_sign_up(session: AsyncSession, number: int) -> SignUp | None:
    row = (await session.execute(select(*_COLUMNS).where(SIGN_UPS.c.id == number))).one_or_none()
    return SignUp(*row) if row else None


async def load_sign_up_by_token(session: AsyncSession, token: bytes) -> SignUp | None:
    """The wish of a mailed link."""
    row = (await session.execute(select(*_COLUMNS).where(SIGN_UPS.c.token == token))).one_or_none()
    return SignUp(*row) if row else None


async def set_sign_up(session: AsyncSession, number: int, **values: Any) -> None:
    """Set columns by name: name, reason, state, said, token, changed_at."""
    await session.execute(update(SIGN_UPS).where(SIGN_UPS.c.id == number).values(values))


async def list_sign_ups(session: AsyncSession, states: Collection[State], limit: int) -> list[SignUp]:
    """Wishes in these states, the longest waiting first."""
    wanted = select(*_COLUMNS).where(SIGN_UPS.c.state.in_(states)).order_by(SIGN_UPS.c.id).limit(limit)
    return [SignUp(*row) for row in await session.execute(wanted)]


async def count_sign_ups(session: AsyncSession, state: State) -> int:
    wanted = select(func.count()).select_from(SIGN_UPS).where(SIGN_UPS.c.state == state)
    return int(await session.scalar(wanted) or 0)


async def drop_sign_ups(session: AsyncSession, *states: State, before: int) -> None:
    """Delete wishes in these states that haven't changed since then, because nobody needs them."""
    await session.execute(delete(SIGN_UPS).where(SIGN_UPS.c.state.in_(states), SIGN_UPS.c.changed_at < before))
