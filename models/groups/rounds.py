"""When each group is to be looked after next: a group that nobody writes in has no time set, and costs nothing.

A write that may need work afterwards (`mark_due`) sets a time in the same commit, so a kill loses no work. A process
that looks after a group claims it by moving that time forward (`claim_rounds`); if it dies, the time comes again. What
was written meanwhile moves the time back, and `settle_round` then leaves it alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import EachRow
from models.engine.upserts import Insert, chunks, insert_on
from protocol.ids import RecordId


class RoundRow(Base):
    """`due_at`: when the group's next round is due; None: only after a write. `looks`: rounds since the last write."""

    __tablename__ = "rounds"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    due_at: Mapped[int | None] = mapped_column(index=True)
    looks: Mapped[int] = mapped_column(server_default="0")


class Round(msgspec.Struct, frozen=True):
    """A claimed group: the time `until` which the claim holds, and the rounds since the last write."""

    group: RecordId
    looks: int
    until: int


ROUNDS = table_of(RoundRow)


async def mark_due(session: AsyncSession, groups: Collection[RecordId], *, at: int) -> None:
    """Make these groups due at `at`, or earlier if they are due earlier."""
    await _DUE.run(session, [{"group_id": group, "due_at": at, "looks": 0} for group in sorted(groups)])


def _put_due(engine: str) -> Insert:
    statement = insert_on(engine, ROUNDS)
    new = statement.excluded.due_at
    changes = {"due_at": case((ROUNDS.c.due_at < new, ROUNDS.c.due_at), else_=new), "looks": 0}
    needed = or_(ROUNDS.c.due_at.is_(None), ROUNDS.c.due_at > new, ROUNDS.c.looks > 0)
    return statement.on_conflict_do_update(index_elements=["group_id"], set_=changes, where=needed)


_DUE: Final = EachRow(_put_due, ("group_id", "due_at", "looks"))


async def list_due_rounds(session: AsyncSession, *, now: int, limit: int) -> list[RecordId]:
    """Groups that are due, the longest overdue first."""
    due = select(ROUNDS.c.group_id).where(ROUNDS.c.due_at <= now)
    return list(await session.scalars(due.order_by(ROUNDS.c.due_at, ROUNDS.c.group_id).limit(limit)))


async def first_round_at(session: AsyncSession) -> int | None:
    """The earliest time at which a group is due; None if none is."""
    first: int | None = await session.scalar(select(func.min(ROUNDS.c.due_at)))
    return first


async def claim_rounds(session: AsyncSession, groups: Collection[RecordId], *, now: int, until: int) -> list[Round]:
    """Claim those of the groups that are still due, until `until`."""
    taken: list[Round] = []
    for some in chunks(groups):
        due = ROUNDS.c.group_id.in_(some), ROUNDS.c.due_at <= now
        claimed = update(ROUNDS).where(*due).values(due_at=until).returning(ROUNDS.c.group_id, ROUNDS.c.looks)
        taken += [Round(row.group_id, row.looks, until) for row in await session.execute(claimed)]
    return taken


async def settle_round(session: AsyncSession, done: Round, *, next_at: int | None) -> None:
    """Set when the group is due again, unless somebody wrote in it after it was claimed."""
    untouched = ROUNDS.c.group_id == done.group, ROUNDS.c.due_at == done.until
    await session.execute(update(ROUNDS).where(*untouched).values(due_at=next_at, looks=done.looks + 1))


async def hasten_rounds(session: AsyncSession, *, now: int) -> None:
    """Make every group that has a time due now, because a process that stopped may have left work undone."""
    await session.execute(update(ROUNDS).where(ROUNDS.c.due_at > now).values(due_at=now))


async def mark_all_due(session: AsyncSession, *, now: int) -> None:
    """Make every group due now, also those in which nobody writes."""
    await session.execute(update(ROUNDS).values(due_at=now, looks=0))
