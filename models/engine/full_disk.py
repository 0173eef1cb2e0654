"""Whether a write failed because the disk is full; and a write that finds out if it still is."""

from __future__ import annotations

import errno
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
SAID: Final = ("database or disk is full", "No space left on device")  # by SQLite, by PostgreSQL
MOST_FAULTS: Final = 64


def is_full(error: BaseException | None) -> bool:
    """Whether a full disk is at the bottom of a fault."""
    faults = [error]
    for fault in faults:
        if fault is None or len(faults) > MOST_FAULTS:
            continue
        if (isinstance(fault, OSError) and fault.errno in FULL) or any(words in str(fault) for words in SAID):
            return True
        faults += [fault.__cause__, fault.__context__]
    return False


async def write_and_drop(session: AsyncSession) -> None:
    """Have the database take a page's worth of room, and give it back."""
    await session.execute(text("CREATE TABLE room_for_a_page (letters TEXT)"))
    await session.execute(text("INSERT INTO room_for_a_page VALUES (:letters)"), {"letters": "x" * 65_536})
    await session.execute(text("DROP TABLE room_for_a_page"))
