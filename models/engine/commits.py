"""Commits are counted and come one after another, also those of several processes.

Every write transaction begins with `take_turn`. On PostgreSQL that counts it in the one row of `commits`, which stays
locked until the transaction ends: so no two write at once, none waits for another in a circle, and numbers that are
drawn (the `seq` of records) are seen in their order. SQLite has one writer at a time anyway, and counts by itself.
A caller that kept a value asks for the number again: if it is the same, nothing was written since.
"""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base

_COUNT: Final = text(
    "INSERT INTO commits (id, number) VALUES (1, 1)"
    " ON CONFLICT (id) DO UPDATE SET number = commits.number + 1 RETURNING number"
)
_NUMBER: Final = text("SELECT number FROM commits WHERE id = 1")


class CommitRow(Base):
    """The only row, with the number of the last commit."""

    __tablename__ = "commits"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class Turns:
    """Notices whether another connection wrote between two transactions of the one that writes."""

    def __init__(self) -> None:
        self._taken: int | None = None
        self._last: int | None = None

    async def take(self, connection: AsyncConnection) -> bool:
        """Wait until this transaction may write; returns whether another may have written since the last one."""
        if connection.dialect.name == "sqlite":
            # Asked on the writing connection, whose own commits don't change it.
            (number,) = (await connection.exec_driver_sql("PRAGMA data_version")).one()
            self._taken = int(number)
            return self._taken != self._last
        self._taken = int((await connection.execute(_COUNT)).scalar_one())
        return self._last is None or self._taken != self._last + 1

    def committed(self) -> None:
        """Note that the transaction is on disk."""
        self._last = self._taken


class CommitNumber:
    """The number of the last commit on PostgreSQL; callers that ask at the same time share one query.

    A caller that comes while a query runs waits for the next one, because the answer must not be older than the call.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._gate = asyncio.Lock()
        self._next: asyncio.Task[int] | None = None

    async def ask(self) -> int:
        """The number of the last commit; at least that of any commit that was acknowledged before the call."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask(), name="commit number")
        return await asyncio.shield(self._next)

    async def _ask(self) -> int:
        async with self._gate:
            self._next = None
            try:
                return await self._load()
            except DBAPIError:
                return await self._load()  # the server of this connection has stopped

    async def _load(self) -> int:
        async with self._engine.connect() as connection:
            return int((await connection.execute(_NUMBER)).scalar_one_or_none() or 0)
