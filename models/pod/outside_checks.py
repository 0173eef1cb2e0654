"""What an admin's last look at the pod from outside found: one row a check."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert


class LookRow(Base):
    """The result of a check: whether it went well, and the answer in its own words."""

    __tablename__ = "looks"

    name: Mapped[str] = mapped_column(primary_key=True)
    ok: Mapped[bool]
    found: Mapped[str]
    at: Mapped[int]


class Look(msgspec.Struct, frozen=True):
    """The last result of a check."""

    name: str
    ok: bool
    found: str
    at: int


LOOKS = table_of(LookRow)


async def save_looks(session: AsyncSession, looks: Sequence[Look]) -> None:
    await upsert(session, LOOKS, [msgspec.structs.asdict(look) for look in looks])


async def load_looks(session: AsyncSession) -> dict[str, Look]:
    """The last result of each check that was ever made."""
    columns = [LOOKS.c[name] for name in Look.__struct_fields__]
    return {row[0]: Look(*row) for row in await session.execute(select(*columns))}
