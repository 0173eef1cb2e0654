"""Servers with which this pod has nothing to do, because those who run it blocked them."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.databases import Database
from models.engine.statements import Prepared
from models.engine.upserts import upsert
from models.pod.settings import SETTINGS


class BlockedHostRow(Base):
    """A host, with all hosts below it. `allows_moves`: accounts may move between the two all the same."""

    __tablename__ = "blocked_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    allows_moves: Mapped[bool] = mapped_column(server_default="0")
    at: Mapped[int]
    why: Mapped[str] = mapped_column(server_default="")


class BlockedHost(msgspec.Struct, frozen=True):
    """The same as a value."""

    host: str
    allows_moves: bool
    at: int
    why: str = ""


BLOCKED_HOSTS: Final = table_of(BlockedHostRow)
MOST_BLOCKED: Final = 10_000
_CHANGED: Final = "changes of blocked hosts"  # a row of settings, of which no admin chooses the value
_COLUMNS = [BLOCKED_HOSTS.c[name] for name in BlockedHost.__struct_fields__]


async def save_blocked_host(session: AsyncSession, blocked: BlockedHost) -> None:
    """Store a block, in place of a former one of the host."""
    await upsert(session, BLOCKED_HOSTS, [msgspec.structs.asdict(blocked)])
    await _count_change(session)


async def delete_blocked_host(session: AsyncSession, host: str) -> bool:
    """Let a host in again; False if it wasn't blocked."""
    gone = delete(BLOCKED_HOSTS).where(BLOCKED_HOSTS.c.host == host).returning(BLOCKED_HOSTS.c.host)
    await _count_change(session)
    return (await session.scalar(gone)) is not None


async def list_blocked_hosts(session: AsyncSession) -> list[BlockedHost]:
    """All of them, by name; there are never more than MOST_BLOCKED."""
    wanted = select(*_COLUMNS).order_by(BLOCKED_HOSTS.c.host).limit(MOST_BLOCKED)
    return [BlockedHost(*row) for row in await session.execute(wanted)]


async def count_changed_blocks(database: Database) -> int:
    """How often blocks were changed: who remembers them asks this, for they are many and seldom change."""
    return _count_of(await database.glance(_CHANGES))


async def _count_change(session: AsyncSession) -> None:
    count = _count_of(await _CHANGES.run(session)) + 1
    await upsert(session, SETTINGS, [{"key": _CHANGED, "value": str(count), "changed_at": 0}])


def _count_of(rows: list[Any]) -> int:
    return int(rows[0][0]) if rows else 0


_CHANGES: Final = Prepared(lambda _: select(SETTINGS.c.value).where(SETTINGS.c.key == _CHANGED))
