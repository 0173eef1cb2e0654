"""What items of chains said of polls: fast-forwards, voided votes, audits; also on branches other than the head's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Index, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from decisions.poll_events import PollEvent
from models.decisions.polls import OPENINGS
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId


class PollEventRow(Base):
    """An applied event about a poll, at its position in its item. `group_id`: whose chain; `said`: a PollEvent."""

    __tablename__ = "poll_events"
    __table_args__ = (Index(None, "poll_id", "group_id"), {"sqlite_with_rowid": False})

    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    poll_id: Mapped[RecordId]
    said: Mapped[bytes]


class SealedEvent(msgspec.Struct, frozen=True):
    """An event of the head's chain, with the height and time (ms) of its item."""

    height: int
    at: int
    group_id: RecordId
    said: bytes
    item: RecordId

    @property
    def event(self) -> PollEvent:
        """What it says."""
        return msgspec.json.decode(self.said, type=PollEvent)


POLL_EVENTS: Final = table_of(PollEventRow)


async def insert_events(
    session: AsyncSession, group: RecordId, item: RecordId, events: Collection[tuple[int, PollEvent]]
) -> None:
    """Store the events of an item, each with its position; the group's polls that they name are looked at again."""
    rows = [
        {
            "item_id": item,
            "position": position,
            "group_id": group,
            "poll_id": event.poll,
            "said": msgspec.json.encode(event),
        }
        for position, event in events
    ]
    await insert_new(session, POLL_EVENTS, rows)
    mine = OPENINGS.c.poll_id.in_([event.poll for _, event in events]), OPENINGS.c.group_id == group
    await session.execute(update(OPENINGS).where(*mine).values(look_at=0))


async def list_events(session: AsyncSession, poll: RecordId) -> list[SealedEvent]:
    """The events about a poll on the chains of their groups' heads, by height."""
    return [SealedEvent(*row) for row in await _EVENTS.run(session, poll=poll)]


_EVENTS: Final = Prepared(
    lambda _: (
        select(ITEMS.c.height, ITEMS.c.at, POLL_EVENTS.c.group_id, POLL_EVENTS.c.said, ITEMS.c.id)
        .join(ITEMS, ITEMS.c.id == POLL_EVENTS.c.item_id)
        .where(POLL_EVENTS.c.poll_id == bindparam("poll"), ITEMS.c.on_chain)
        .order_by(ITEMS.c.height, POLL_EVENTS.c.position)
    )
)
