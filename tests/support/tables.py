"""Databases with all tables and no rows: copies of one that was migrated once, because a migration costs more."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock

from migrations import upgrade
from models.engine.databases import open_database

_MAKING = Lock()


def copy_tables(path: Path) -> str:
    """Make a SQLite database at `path`; its URL."""
    with _MAKING:  # pods are created side by side, and migrations run once at a time
        empty = _tables_file()
    path.parent.mkdir(exist_ok=True)
    shutil.copyfile(empty, path)
    return f"sqlite+aiosqlite:///{path}"


def migrate(url: str) -> None:
    """Make the tables of a database, on a thread, because callers may have an event loop of their own."""

    async def make() -> None:
        database = await open_database(url, durable=False)
        await upgrade(database)
        await database.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(make())).result()


@cache
def _tables_file() -> Path:
    folder = Path(mkdtemp(prefix="althing-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate(f"sqlite+aiosqlite:///{folder / 'pod.sqlite'}")
    return folder / "pod.sqlite"
