"""Opens the database so that what was acknowledged stays: one engine that writes, one that only reads.

SQLite: WAL, foreign keys on, `synchronous=FULL`, read back and refused if the file doesn't take them; one
writing connection whose transactions take the lock at once, and a few that can't write. PostgreSQL: the same
pair over asyncpg; readers see one snapshot for the length of their session.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from models.engine.commits import CommitNumber
from models.engine.inline_sqlite import PromptConnection, connect
from models.engine.statements import Prepared

BUSY_TIMEOUT_MS: Final = 5_000
SYNCHRONOUS_FULL: Final = 2
READERS: Final = 4
OTHERS: Final = 0o077
IDLE_WITHIN_MS: Final = 30_000
WRITING: Final = "writing"  # in the `info` of a write action's session
UNKNOWN: Final = -1
_READING: Final[ContextVar[bool]] = ContextVar("reading", default=False)
_VERSION: Final = "version"
HIDDEN: Final = True  # a failed statement is logged without its parameters, which may be people's words


class UnsafeDatabaseError(RuntimeError):
    """The database can't keep the pod's promises, so the pod doesn't start."""


def is_reading() -> bool:
    """Whether this task holds one of the few connections for reading."""
    return _READING.get()


class Database(msgspec.Struct, frozen=True):
    """The two engines of one database. Only `models.engine.writer.Writer` uses `writing`."""

    writing: AsyncEngine
    reading: AsyncEngine
    watching: sqlite3.Connection | CommitNumber

    @property
    def is_sqlite(self) -> bool:
        return self.writing.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees the database as of one moment and can't change it."""
        async with AsyncSession(self.reading, autoflush=False, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.info[_VERSION] = await self.version()
            before = _READING.get()
            _READING.set(True)
            try:
                yield session
            finally:
                _READING.set(before)

    async def version(self) -> int:
        """A number that changes with every commit, also of another process."""
        if isinstance(self.watching, CommitNumber):
            return await self.watching.ask()
        (number,) = self.watching.execute("PRAGMA data_version").fetchone()
        return int(number)

    async def glance(self, wanted: Prepared) -> list[Any]:
        """The rows that a short statement without parameters gives now: for what is asked after each commit.

        SQLite's watching connection gives them at once. A session costs many times as much, and its task a turn.
        """
        if isinstance(self.watching, sqlite3.Connection):
            return wanted.run_now(self.watching, self.reading.dialect)
        async with self.read() as session:
            return await wanted.run(session)

    async def seen_by(self, session: AsyncSession) -> int | None:
        """A version that the session sees at least; UNKNOWN if that can't be told; None in a write action.

        Nobody else writes during a write action, so the revisions that it reads are the last ones.
        """
        if session.info.get(WRITING):
            return None
        if _VERSION not in session.info:
            # The first statement fixes what a session sees, so the number must be read before.
            session.info[_VERSION] = UNKNOWN if session.in_transaction() else await self.version()
        version: int = session.info[_VERSION]
        return version

    async def close(self) -> None:
        if isinstance(self.watching, sqlite3.Connection):
            self.watching.close()
        await self.reading.dispose()
        await self.writing.dispose()


def sqlite_version_info() -> tuple[int, int, int]:
    """The version of SQLite that Python brings."""
    return sqlite3.sqlite_version_info


async def open_database(url: str, *, readers: int = READERS, durable: bool = True) -> Database:
    """Open the database at `url` (sqlite+aiosqlite:///path or postgresql+asyncpg://…).

    Raises UnsafeDatabaseError if the database could lose acknowledged data. With `durable` false, a PostgreSQL server
    that doesn't wait for its disk is accepted, too; only for data that may be lost.
    """
    parsed = make_url(url)
    match parsed.drivername:
        case "sqlite+aiosqlite":
            database = _sqlite(parsed, readers)
        case "postgresql+asyncpg":
            database = _postgresql(parsed, readers, durable=durable)
        case other:
            raise UnsafeDatabaseError(
                f"Unknown database {other!r}: use sqlite+aiosqlite:///path or postgresql+asyncpg://…"
            )
    try:
        # The first connection runs the checks, so that a bad file is refused at the start and not at the first write.
        async with database.writing.connect():
            pass
    except BaseException:
        await database.close()
        raise
    return database


def _sqlite(url: URL, readers: int) -> Database:
    if not url.database or url.database == ":memory:" or "mode=memory" in url.database:
        raise UnsafeDatabaseError("SQLite needs a file: a database in memory keeps nothing.")
    _make_private(Path(url.database))
    writing = _sqlite_engine(url, 1, read_only=False)
    event.listen(writing.sync_engine, "connect", _prepare_writer)
    event.listen(writing.sync_engine, "begin", _begin_immediate)
    reading = _sqlite_engine(url, readers, read_only=True)
    event.listen(reading.sync_engine, "connect", _prepare_reader)
    event.listen(reading.sync_engine, "begin", _begin)
    return Database(writing, reading, sqlite3.connect(str(url.database)))


def _make_private(path: Path) -> None:
    """Let only the file's owner read it; SQLite gives its log and index the same permissions."""
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        with suppress(OSError):  # the umask covers a missing file; if not the owner, see below
            mode = file.stat().st_mode
            if mode & OTHERS:
                file.chmod(mode & ~OTHERS)


def _sqlite_engine(url: URL, connections: int, *, read_only: bool) -> AsyncEngine:
    path = str(url.database)

    async def creator(*_: Any, **__: Any) -> PromptConnection:
        return await connect(path, read_only=read_only)

    return create_async_engine(
        url,
        connect_args={"async_creator_fn": creator},
        pool_size=connections,
        max_overflow=0,
        hide_parameters=HIDDEN,
        # One statement may insert many rows, within SQLite's limit of 32,766 parameters.
        insertmanyvalues_page_size=500,
    )


def _postgresql(url: URL, readers: int, *, durable: bool) -> Database:
    # A process that hangs in a transaction blocks all others, so the server ends its transaction.
    ended = {"idle_in_transaction_session_timeout": str(IDLE_WITHIN_MS)}
    writing = create_async_engine(
        url,
        pool_size=1,
        max_overflow=1,
        pool_pre_ping=True,
        hide_parameters=HIDDEN,
        connect_args={"server_settings": ended},
    )
    reading = create_async_engine(
        url,
        pool_size=readers + 1,  # one of them listens for wake-ups
        max_overflow=readers,
        pool_pre_ping=True,
        hide_parameters=HIDDEN,
        isolation_level="REPEATABLE READ",
        connect_args={"server_settings": {"default_transaction_read_only": "on"}},
    )
    if durable:
        event.listen(writing.sync_engine, "connect", _check_postgresql)
    return Database(writing, reading, CommitNumber(reading))


def _prepare_writer(connection: Any, _: object) -> None:
    mode = _pragma(connection, "journal_mode=WAL")
    if mode != "wal":
        raise UnsafeDatabaseError(f"SQLite won't use a write-ahead log here (it says {mode!r}).")
    _pragma(connection, "synchronous=FULL")
    _pragma(connection, "foreign_keys=ON")
    # Each action's savepoint keeps the pages as they were before it: in memory, not in a file that is written for it.
    _pragma(connection, "temp_store=MEMORY")
    _pragma(connection, f"busy_timeout={BUSY_TIMEOUT_MS}")
    if (synchronous := _pragma(connection, "synchronous")) != SYNCHRONOUS_FULL:
        raise UnsafeDatabaseError(f"SQLite won't write commits to disk: synchronous is {synchronous}, not 2.")
    if _pragma(connection, "foreign_keys") != 1:
        raise UnsafeDatabaseError("This SQLite was built without foreign keys.")


def _prepare_reader(connection: Any, _: object) -> None:
    _pragma(connection, f"busy_timeout={BUSY_TIMEOUT_MS}")
    _pragma(connection, "query_only=ON")


def _check_postgresql(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    try:
        for setting in ("synchronous_commit", "fsync"):
            cursor.execute(f"SHOW {setting}")
            if cursor.fetchone()[0] == "off":
                raise UnsafeDatabaseError(f"PostgreSQL doesn't write commits to disk: {setting} is off.")
    finally:
        cursor.close()


def _pragma(connection: Any, statement: str) -> Any:
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA {statement}")
        row = cursor.fetchone()
    finally:
        cursor.close()
    return row[0] if row else None


def _begin_immediate(connection: Connection) -> None:
    # The lock is taken at the start. Otherwise a transaction that reads first could fail when it comes to
    # write.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
