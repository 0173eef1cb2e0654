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
# Tables that every version has and whose counts a person understands.
COUNTED: Final = ("accounts", "groups", "items", "records")


class Copied(msgspec.Struct, frozen=True):
    """What a database file holds; `seed`: the name and sealed seed of one account, if there is any account."""

    schema: str
    counts: dict[str, int]
    seed: tuple[str, bytes] | None
    faults: list[str]


def copy_sqlite(path: Path, target: Path, told: Callable[[int, int], None]) -> None:
    """Copy the database at `path` into the new file `target`; `told` gets the pages done and the pages in all."""
    with _opened(path) as source, closing(sqlite3.connect(target, isolation_level=None)) as copy:
        # One read transaction from here to the end; otherwise each commit of the pod would restart the copy.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        copy.execute("PRAGMA synchronous=OFF")  # one fsync at the end is enough
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _, left, total: told(total - left, total), sleep=0)
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def look_into(path: Path) -> Copied:
    """What the database file holds, and its faults. Raises ValueError if it isn't a pod's database."""
    try:
        with _opened(path) as database:
            counts = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}  # noqa: S608  (constants)
            (schema,) = database.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
            seed = database.execute("SELECT name, seed_sealed FROM accounts ORDER BY id LIMIT 1").fetchone()
            return Copied(schema, counts, seed, [*_faults(database)])
    except sqlite3.Error as error:
        raise ValueError(f"It isn't a pod's database: {error}") from error


def _faults(database: sqlite3.Connection) -> Iterator[str]:
    """Faults of the file. Orphaned rows aren't any: a copy has them if the original has; `pod doctor` reports them."""
    for (said,) in database.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if said != "ok":
            yield said


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as database:
        database.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        yield database
