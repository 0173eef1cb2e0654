"""Results of polls, kept so that nobody counts twice; each belongs to the item that ended its poll."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.decisions.deadlines import COUNTED
from models.decisions.polls import OPENINGS
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class PollResultRow(Base):
    """What a poll decided if `item_id` ended it, as JSON."""

    __tablename__ = "poll_results"

    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    result: Mapped[bytes]


RESULTS: Final = table_of(PollResultRow)


async def put_result(session: AsyncSession, poll: RecordId, item: RecordId, result: bytes) -> None:
    """Keep a result; the poll then needs no further look."""
    await insert_new(session, RESULTS, [{"poll_id": poll, "item_id": item, "result": result}])
    await session.execute(update(OPENINGS).where(OPENINGS.c.poll_id == poll).values(scheduled=COUNTED))


async def load_result(session: AsyncSession, poll: RecordId, item: RecordId) -> bytes | None:
    """The result of a poll that this item ended, if it is kept."""
    found: bytes | None = await _RESULT.value(session, poll=poll, item=item)
    return found


_RESULT: Final = Prepared(
    lambda _: select(RESULTS.c.result).where(
        RESULTS.c.poll_id == bindparam("poll"), RESULTS.c.item_id == bindparam("item")
    )
)
