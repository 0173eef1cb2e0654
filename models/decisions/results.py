"""Results of polls, kept so that nobody counts twice; each belongs to the item that ended its voting."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import Final

import msgspec
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class PollResultRow(Base):
    """What a voting came to if `item_id` ended it, as JSON. `voided`: the hash of the members left out, or nothing.

    `breakdown` is empty of what was counted before it was kept.
    """

    __tablename__ = "poll_results"

    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    voided: Mapped[bytes] = mapped_column(primary_key=True)
    result: Mapped[bytes]
    breakdown: Mapped[bytes] = mapped_column(server_default="")


class KeptResult(msgspec.Struct, frozen=True):
    """A result to keep."""

    poll: RecordId
    item: RecordId
    voided: tuple[int, ...]
    result: bytes
    breakdown: bytes


RESULTS: Final = table_of(PollResultRow)


async def put_results(session: AsyncSession, results: Collection[KeptResult]) -> None:
    """Keep results."""
    rows = [
        {
            "poll_id": one.poll,
            "item_id": one.item,
            "voided": _digest(one.voided),
            "result": one.result,
            "breakdown": one.breakdown,
        }
        for one in results
    ]
    await insert_new(session, RESULTS, rows)


async def load_result(
    session: AsyncSession, poll: RecordId, item: RecordId, voided: tuple[int, ...] = ()
) -> KeptResult | None:
    """The result of a voting that this item ended, without the `voided` members, if it is kept."""
    found = await _RESULT.run(session, poll=poll, item=item, voided=_digest(voided))
    return KeptResult(poll, item, voided, *found[0]) if found else None


def _digest(voided: tuple[int, ...]) -> bytes:
    return sha256(msgspec.json.encode(voided)).digest() if voided else b""


_RESULT: Final = Prepared(
    lambda _: select(RESULTS.c.result, RESULTS.c.breakdown).where(
        RESULTS.c.poll_id == bindparam("poll"),
        RESULTS.c.item_id == bindparam("item"),
        RESULTS.c.voided == bindparam("voided"),
    )
)
