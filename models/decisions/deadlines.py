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
from protocol.records.content import Poll


class DeadlineRow(Base):
    """A time (ms) at which a phase of a poll of the group ends."""

    __tablename__ = "deadlines"
    __table_args__ = (Index(None, "poll_id"), {"sqlite_with_rowid": False})

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)


DEADLINES: Final = table_of(DeadlineRow)


UNTIL_END: Final = 1
ALL_SET: Final = 2
COUNTED: Final = 3


class OpenPoll(msgspec.Struct, frozen=True):
    """A poll that an item opened (at `opened_at`, ms), and what of it is stored: deadlines, or the result, too."""

    poll_id: RecordId
    item_id: RecordId
    group_id: RecordId
    scheduled: int
    poll: bytes
    opened_at: int

    @property
    def content(self) -> Poll:
        """What the poll's record says."""
        return msgspec.json.decode(self.poll, type=Poll)


async def list_unscheduled(session: AsyncSession, group: RecordId) -> list[OpenPoll]:
    """The group's opened polls whose records are here, and which lack deadlines or a result."""
    return [OpenPoll(*row) for row in await _UNSCHEDULED.run(session, group=group)]


_UNSCHEDULED: Final = Prepared(
    lambda _: (
        select(
            OPENINGS.c.poll_id,
            OPENINGS.c.item_id,
            OPENINGS.c.group_id,
            OPENINGS.c.scheduled,
            POLLS.c.poll,
            ITEMS.c.at,
        )
        .join(POLLS, (POLLS.c.id == OPENINGS.c.poll_id) & (POLLS.c.group_id == OPENINGS.c.group_id))
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(OPENINGS.c.group_id == bindparam("group"), OPENINGS.c.scheduled < COUNTED)
    )
)


async def put_deadlines(session: AsyncSession, poll: OpenPoll, times: Collection[int], *, scheduled: int) -> None:
    """Store deadlines of a poll, and which of them are stored now."""
    rows = [{"group_id": poll.group_id, "at": at, "poll_id": poll.poll_id} for at in sorted(set(times))]
    await insert_new(session, DEADLINES, rows)
    mine = OPENINGS.c.poll_id == poll.poll_id, OPENINGS.c.item_id == poll.item_id
    await session.execute(update(OPENINGS).where(*mine).values(scheduled=scheduled))


async def next_deadline(session: AsyncSession, group: RecordId, *, after: int) -> int | None:
    """The first deadline in the group later than `after`; None if there is none."""
    at: int | None = await _NEXT.value(session, group=group, after=after)
    return at


_NEXT: Final = Prepared(
    lambda _: select(func.min(DEADLINES.c.at)).where(
        DEADLINES.c.group_id == bindparam("group"), DEADLINES.c.at > bindparam("after")
    )
)
