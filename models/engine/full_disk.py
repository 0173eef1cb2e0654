"""Whether a write failed because the disk is full, or takes none; and a write that finds out if it is still full."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
READ_ONLY: Final = frozenset({errno.EROFS, errno.EIO})
SAID: Final = ("database or disk is full", "No space left on device")  # the messages of SQLite and PostgreSQL
# Their messages if the database or disk is read-only, or fails.
UNWRITABLE: Final = ("attempt to write a readonly database", "in a read-only transaction", "disk I/O error")
MOST_FAULTS: Final = 64


def is_full(error: BaseException | None) -> bool:
    """Whether an error was caused by a full disk."""
    return any(_is_of(fault, FULL, SAID) for fault in causes_of(error))


def is_unwritable(error: BaseException | None) -> bool:
    """Whether the database takes no writes for another reason than a full disk."""
    return any(_is_of(fault, READ_ONLY, UNWRITABLE) for fault in causes_of(error))


def _is_of(fault: BaseException, numbers: Collection[int], sayings: Collection[str]) -> bool:
    return (isinstance(fault, OSError) and fault.errno in numbers) or any(words in str(fault) for words in sayings)


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes."""
    faults = [error]
    for fault in faults:
        if fault is not None and len(faults) <= MOST_FAULTS:
            yield fault
            faults += [fault.__cause__, fault.__context__]


async def write_and_drop(session: AsyncSession) -> None:
    """Make the database write one page, and undo that."""
    await session.execute(text("CREATE TABLE room_for_a_page (letters TEXT)"))
    await session.execute(text("INSERT INTO room_for_a_page VALUES (:letters)"), {"letters": "x" * 65_536})
    await session.execute(text("DROP TABLE room_for_a_page"))
