"""Names that are kept for people on their way here: wished by a move, or by somebody whose switch has begun.

Also those by which whoever runs the pod brought somebody's file.
"""

from __future__ import annotations

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.imported_files import FILE_COPIES
from models.moving.moves import MOVES, lasts
from models.moving.newcomers import NEWCOMERS
from protocol.ids import RecordId


async def is_name_kept(session: AsyncSession, name: str, person: RecordId | None, *, now: int) -> bool:
    """Whether a name is kept for anybody else than the person with this personal group (None: for anybody)."""
    newcomer = NEWCOMERS.c.personal_group != person if person else true()
    if await session.scalar(select(NEWCOMERS.c.name).where(NEWCOMERS.c.name == name, newcomer).limit(1)):
        return True
    brought = FILE_COPIES.c.group_id != person if person else true()
    lies = (FILE_COPIES.c.name == name) & (FILE_COPIES.c.expires_at > now)
    if await session.scalar(select(FILE_COPIES.c.name).where(lies, brought).limit(1)):
        return True
    # The condition that the name isn't empty lets SQLite use the index of names.
    traveller = MOVES.c.group_id != person if person else true()
    wished = (MOVES.c.name == name) & (MOVES.c.name != "")
    return await session.scalar(select(MOVES.c.name).where(wished, lasts(now), traveller).limit(1)) is not None


async def list_copies_kept_for(session: AsyncSession, name: str, *, now: int) -> list[tuple[int, RecordId]]:
    """Copies, each with its personal group, of the people for whom a name is kept while they are on their way."""
    brought = select(FILE_COPIES.c.copy_id, FILE_COPIES.c.group_id)
    rows = list(await session.execute(brought.where(FILE_COPIES.c.name == name, FILE_COPIES.c.expires_at > now)))
    wished = (MOVES.c.name == name) & (MOVES.c.name != "") & MOVES.c.copy_id.is_not(None)
    rows += await session.execute(select(MOVES.c.copy_id, MOVES.c.group_id).where(wished, lasts(now)))
    return [(copy, group) for copy, group in rows]
