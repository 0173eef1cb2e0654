"""When something ends in a poll: the steward seals an item then, though nothing else waits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.decisions.polls import OPENINGS, POLLS
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId

NEVER: Final = 2**52  # a poll that is final needs no further look


class DeadlineRow(Base):
    """A time (ms) at which something ends in a poll of the group."""

    __tablename__ = "deadlines"
    __table_args__ = (Index(None, "poll_id"), {"sqlite_with_rowid": False})

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)


DEADLINES: Final = table_of(DeadlineRow)


class NextLook(msgspec.Struct, frozen=True):
    """What was found of a poll: the times at which items must come, and the time from which to look at it again."""

    poll: RecordId
    deadlines: tuple[int, ...]
    look_at: int


async def list_due(session: AsyncSession, group: RecordId, at: int) -> list[RecordId]:
    """The group's polls on its head's chain, whose records are here, which an item of this time may carry further."""
    found = await _DUE.run(session, group=group, at=at)
    return [poll for (poll,) in found]


_DUE: Final = Prepared(
    lambda _: (
        select(OPENINGS.c.poll_id)
        .distinct()
        .join(POLLS, (POLLS.c.id == OPENINGS.c.poll_id) & (POLLS.c.group_id == OPENINGS.c.group_id))
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(OPENINGS.c.group_id == bindparam("group"), OPENINGS.c.look_at <= bindparam("at"), ITEMS.c.on_chain)
    )
)


async def put_looks(session: AsyncSession, group: RecordId, looks: Collection[NextLook]) -> None:
    """Store when each poll is looked at again, and its deadlines."""
    rows = [{"group_id": group, "at": at, "poll_id": look.poll} for look in looks for at in look.deadlines]
    await insert_new(session, DEADLINES, rows)
    for look in looks:
        mine = OPENINGS.c.poll_id == look.poll, OPENINGS.c.group_id == group
        await session.execute(update(OPENINGS).where(*mine).values(look_at=look.look_at))


async def look_again(session: AsyncSession, group: RecordId) -> None:
    """Have all the group's polls looked at: its head went to another branch, where other items ended their phases."""
    await session.execute(update(OPENINGS).where(OPENINGS.c.group_id == group).values(look_at=0))


async def next_deadline(session: AsyncSession, group: RecordId, *, after: int) -> int | None:
    """The first deadline in the group later than `after`; None if there is none."""
    at: int | None = await _NEXT.value(session, group=group, after=after)
    return at


_NEXT: Final = Prepared(
    lambda _: select(func.min(DEADLINES.c.at)).where(
        DEADLINES.c.group_id == bindparam("group"), DEADLINES.c.at > bindparam("after")
    )
)
