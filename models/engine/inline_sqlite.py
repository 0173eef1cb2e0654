"""SQLite without waiting for threads: what is short runs at once, what may be long in a thread.

aiosqlite passes each step of a statement (cursor, execute, fetch, close) to its thread and back, which costs
several times what SQLite itself needs. Here a statement is one step, and where it can't take long it isn't
passed on at all:

- a read runs in the event loop's thread with a budget of SQLite instructions (about two milliseconds); one
  that needs more is interrupted, which changes nothing, and runs again in aiosqlite's thread;
- a task that has held the loop for long, statement by statement, lets others in before its next read;
- inserts of a few rows and savepoints, within a transaction that holds the write lock already, run in the
  loop's thread;
- the end of a reader's transaction, which has nothing to write, is reached at once;
- everything else (taking the lock, updates and deletes, many rows, commits with their fsync) goes to the
  thread.

SQLAlchemy sees an ordinary aiosqlite connection: it waits for each statement before it sends the next, so
the two threads never work at the same time; Python's SQLite is built to bear even that (threadsafety 3), and
`connect` insists on it.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final, Protocol, Self

import aiosqlite

READ_BUDGET: Final = 100_000
FEW_ROWS: Final = 64
CACHED_STATEMENTS: Final = 512


class Meter(Protocol):
    """Measures what threads do for a task, and how long the task has held the event loop."""

    def is_long(self) -> bool:
        """Whether the task has held the loop so long that others should run first."""
        ...

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with its time measured."""
        ...


METER: Final[ContextVar[Meter | None]] = ContextVar("meter", default=None)
Ran = tuple[sqlite3.Cursor, Sequence[Any]]


class PromptCursor:
    """The part of a cursor that SQLAlchemy's aiosqlite dialect needs; rows are fetched where the statement runs."""

    def __init__(self, connection: "PromptConnection") -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None
        self._rows: Sequence[Any] = ()
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._cursor.description if self._cursor else None

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount if self._cursor else -1

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid if self._cursor else None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        self._cursor, self._rows = await self._connection.run(sql, parameters)
        return self

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Self:
        self._cursor = await self._connection.run_many(sql, rows)
        return self

    async def fetchall(self) -> Sequence[Any]:
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing to close, because all rows were fetched."""


class PromptConnection(aiosqlite.Connection):
    """An aiosqlite connection whose cursors decide where a statement runs: in the loop or in a thread."""

    read_only = False

    # SQLAlchemy's dialect uses only what PromptCursor has.
    def cursor(self) -> PromptCursor:  # type: ignore[override]
        return PromptCursor(self)

    async def run(self, sql: str, parameters: Sequence[Any]) -> Ran:
        verb = sql[:7].upper()
        if verb.startswith(("SELECT", "WITH")):
            return await self._read(sql, parameters)
        held = self._conn.in_transaction and verb.startswith(("INSERT", "SAVEPOI", "RELEASE", "ROLLBAC"))
        if held or verb == "BEGIN":  # a plain BEGIN doesn't lock yet
            return self._now(sql, parameters)
        ran: Ran = await self._in_thread(self._now, sql, parameters)
        return ran

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> sqlite3.Cursor:
        if self._conn.in_transaction and len(rows) <= FEW_ROWS:
            return self._conn.executemany(sql, rows)
        cursor: sqlite3.Cursor = await self._in_thread(self._conn.executemany, sql, rows)
        return cursor

    async def commit(self) -> None:
        await self._end(self._conn.commit)

    async def rollback(self) -> None:
        await self._end(self._conn.rollback)

    async def _end(self, end: Callable[[], None]) -> None:
        if self.read_only or not self._conn.in_transaction:
            end()
        else:
            await self._in_thread(end)

    def _now(self, sql: str, parameters: Sequence[Any]) -> Ran:
        cursor = self._conn.execute(sql, parameters)
        return cursor, cursor.fetchall() if cursor.description else ()

    async def _read(self, sql: str, parameters: Sequence[Any]) -> Ran:
        connection, meter = self._conn, METER.get()
        if meter is not None and meter.is_long():
            await asyncio.sleep(0)
        connection.set_progress_handler(_stop, READ_BUDGET)
        try:
            return self._now(sql, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
        finally:
            # Writes must run without the handler, because interrupting one undoes its whole transaction.
            connection.set_progress_handler(None, 0)
        ran: Ran = await self._in_thread(self._now, sql, parameters)
        return ran

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        meter = METER.get()
        timed = function if meter is None else meter.timed(function)
        return await self._execute(timed, *arguments)  # type: ignore[no-untyped-call]


def _stop() -> int:
    return 1


async def connect(path: str, *, read_only: bool) -> PromptConnection:
    """Open `path`; a transaction begins only with an explicit BEGIN."""
    if sqlite3.threadsafety != 3:
        raise RuntimeError("Python's SQLite isn't built for use from several threads.")

    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS)

    connection = PromptConnection(connector, iter_chunk_size=64)
    connection.read_only = read_only
    # As SQLAlchemy does with its own connections, so that a forgotten one doesn't keep the process alive.
    connection._thread.daemon = True  # noqa: SLF001
    await connection
    return connection
