"""Moves to this pod that travellers began: one a browser, known by the hash of the secret that it keeps as a cookie."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from protocol.ids import RecordId


class MoveRow(Base):
    """A move. `sealed` holds what only this pod may know: first the proof of the code, then the grant."""

    __tablename__ = "moves"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    who: Mapped[str]
    pod: Mapped[str]
    group_id: Mapped[RecordId | None]
    tier: Mapped[str]
    state: Mapped[str]
    consent_page: Mapped[str]
    sealed: Mapped[bytes | None]
    classes: Mapped[str]
    begun_at: Mapped[int]
    granted_at: Mapped[int | None]
    expires_at: Mapped[int] = mapped_column(index=True)


class Move(msgspec.Struct, frozen=True):
    """A move. `who`: the name at `pod`, as it was typed; `tier`: what that pod can give.

    `state`: what the old pod sends back with a code; `consent_page`: where the person agrees there, once it was asked;
    `granted_at`: since when this pod may read `classes`.
    """

    sha256: bytes
    who: str
    pod: str
    group_id: RecordId | None
    tier: str
    state: str
    consent_page: str
    sealed: bytes | None
    classes: str
    begun_at: int
    granted_at: int | None
    expires_at: int


MOVES: Final = table_of(MoveRow)
_COLUMNS = [MOVES.c[name] for name in Move.__struct_fields__]


async def insert_move(session: AsyncSession, move: Move, *, instead_of: bytes, now: int) -> None:
    """Store a new move in place of the browser's former one that came to nothing; deletes those that ended."""
    in_vain = (MOVES.c.sha256 == instead_of) & MOVES.c.granted_at.is_(None)
    await session.execute(delete(MOVES).where((MOVES.c.expires_at <= now) | in_vain))
    await session.execute(MOVES.insert().values(**msgspec.structs.asdict(move)))


async def load_move(session: AsyncSession, sha256: bytes, *, now: int) -> Move | None:
    """The move of a browser that keeps this secret."""
    wanted = select(*_COLUMNS).where(MOVES.c.sha256 == sha256, MOVES.c.expires_at > now)
    row = (await session.execute(wanted)).one_or_none()
    return Move(*row) if row else None


async def set_move(session: AsyncSession, move: Move, **changes: Any) -> bool:
    """Change a move; False if another request changed it meanwhile, or it ended."""
    unchanged = (MOVES.c.sha256 == move.sha256) & (MOVES.c.state == move.state)
    changed = update(MOVES).where(unchanged).values(**changes).returning(MOVES.c.sha256)
    return (await session.scalar(changed)) is not None
