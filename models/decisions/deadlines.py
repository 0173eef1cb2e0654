"""When something ends in an open poll: the steward seals an item then, though nothing else waits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Index, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.decisions.polls import OPENINGS, POLLS
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId


class DeadlineRow(Base):
    """A time (ms) at which a phase of a poll of the group ends."""

    __tablename__ = "deadlines"
    __table_args__ = (Index(None, "poll_id"), {"sqlite_with_rowid": False})

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)


DEADLINES: Final = table_of(DeadlineRow)


async def list_unscheduled(session: AsyncSession, group: RecordId) -> list[tuple[RecordId, RecordId, bytes, int]]:
    """(poll, item, content of the poll, time of the item) of openings without deadlines whose poll is here."""
    return [tuple(row) for row in await _UNSCHEDULED.run(session, group=group)]


_UNSCHEDULED: Final = Prepared(
    lambda _: (
        select(OPENINGS.c.poll_id, OPENINGS.c.item_id, POLLS.c.poll, ITEMS.c.at)
        .join(POLLS, POLLS.c.id == OPENINGS.c.poll_id)
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(OPENINGS.c.group_id == bindparam("group"), OPENINGS.c.scheduled.is_(False))
    )
)


async def put_deadlines(
    session: AsyncSession, group: RecordId, poll: RecordId, item: RecordId, times: Collection[int]
) -> None:
    """Store the deadlines of a poll that an item opened."""
    await insert_new(session, DEADLINES, [{"group_id": group, "at": at, "poll_id": poll} for at in sorted(set(times))])
    mine = OPENINGS.c.poll_id == poll, OPENINGS.c.item_id == item
    await session.execute(update(OPENINGS).where(*mine).values(scheduled=True))


async def next_deadline(session: AsyncSession, group: RecordId, *, after: int) -> int | None:
    """The first deadline in the group later than `after`; None if there is none."""
    at: int | None = await _NEXT.value(session, group=group, after=after)
    return at


_NEXT: Final = Prepared(
    lambda _: select(func.min(DEADLINES.c.at)).where(
        DEADLINES.c.group_id == bindparam("group"), DEADLINES.c.at > bindparam("after")
    )
)
