"""Whether a write failed because the disk is full, or takes none; and a write that finds out if it is still full."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
READ_ONLY: Final = frozenset({errno.EROFS, errno.EIO})
SAID: Final = ("database or disk is full", "No space left on device")  # by SQLite, by PostgreSQL
# The same of a database or disk that may only be read, or that fails.
UNWRITABLE: Final = ("attempt to write a readonly database", "in a read-only transaction", "disk I/O error")
MOST_FAULTS: Final = 64


def is_full(error: BaseException | None) -> bool:
    """Whether a full disk is at the bottom of a fault."""
    return any(_is_of(fault, FULL, SAID) for fault in _faults(error))


def is_unwritable(error: BaseException | None) -> bool:
    """Whether the database takes no writes, though there is room."""
    return any(_is_of(fault, READ_ONLY, UNWRITABLE) for fault in _faults(error))


def _is_of(fault: BaseException, numbers: Collection[int], sayings: Collection[str]) -> bool:
    return (isinstance(fault, OSError) and fault.errno in numbers) or any(words in str(fault) for words in sayings)


def _faults(error: BaseException | None) -> Iterator[BaseException]:
    """A fault and those that led to it."""
    faults = [error]
    for fault in faults:
        if fault is not None and len(faults) <= MOST_FAULTS:
            yield fault
            faults += [fault.__cause__, fault.__context__]


async def write_and_drop(session: AsyncSession) -> None:
    """Have the database take a page's worth of room, and give it back."""
    await session.execute(text("CREATE TABLE room_for_a_page (letters TEXT)"))
    await session.execute(text("INSERT INTO room_for_a_page VALUES (:letters)"), {"letters": "x" * 65_536})
    await session.execute(text("DROP TABLE room_for_a_page"))
