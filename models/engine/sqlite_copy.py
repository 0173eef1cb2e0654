"""A whole copy of an SQLite database as it was at one moment, made while others write; and what such a copy holds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from models.engine.databases import BUSY_TIMEOUT_MS

PAGES_AT_ONCE: Final = 2048
MOST_FAULTS: Final = 10
# What a person understands, of tables that are in every version.
COUNTED: Final = ("accounts", "groups", "items", "records")


class Copied(msgspec.Struct, frozen=True):
    """What a database file holds; `seed` is one account's name with its sealed seed, if there is any account."""

    schema: str
    counts: dict[str, int]
    seed: tuple[str, bytes] | None
    faults: list[str]


def copy_sqlite(path: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy the database at `path` into the new file `target`; `told` hears the pages done and to do."""
    with _opened(path) as source, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        # One moment is held from here to the end: else each commit of the pod would make the copying begin again.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        copy.execute("PRAGMA synchronous=OFF")  # one fsync at the end does
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, total: told(total - left, total), sleep=0)
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def look_into(path: Path) -> Copied:
    """What the database file holds, and what is broken in it. Raises ValueError if it is no database of a pod."""
    try:
        with _opened(path) as database:
            counts = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}  # noqa: S608  (constants)
            (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
            seed = database.execute("SELECT name, seed_sealed FROM accounts ORDER BY id LIMIT 1").fetchone()
            return Copied(schema, counts, seed, [*_faults(database)])
    except sqlite3.Error as error:
        raise ValueError(f"It isn't a pod's database: {error}") from error


def _faults(database: sqlite3.Connection) -> Iterator[str]:
    """Rows without their parents are none: a copy of them is as good as they are, and `pod doctor` tells of them."""
    for (said,) in database.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if said != "ok":
            yield said


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as database:
        database.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        yield database
