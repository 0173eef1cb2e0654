"""The Move of an account that left, server by server: on its way, taken, refused, or given up.

A row names the delivery that carries the Move (models/fediverse/deliveries.py). While that waits, the row has no
outcome; a delivery that is gone without one grew too old.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ForeignKey, Integer, Select, Text, case, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import chunks
from models.fediverse.deliveries import DELIVERIES, HOSTS, drop_deliveries

Outcome = Literal["taken", "refused"]


class MoveDeliveryRow(Base):
    """The Move of one account for one inbox. `why`: what a server that refused it said, as a host's row keeps it."""

    __tablename__ = "move_deliveries"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    host: Mapped[str]
    outcome: Mapped[str | None]
    why: Mapped[str | None]
    at: Mapped[int | None]


class ToldHost(msgspec.Struct, frozen=True):
    """A server with followers of an account that left, and how many of its inboxes have the Move.

    `why`: the last refusal, or why the server isn't reached; `next_at`: when that is tried again.
    """

    host: str
    taken: int
    refused: int
    pending: int
    given_up: int
    why: str | None
    next_at: int | None


class ToldTotal(msgspec.Struct, frozen=True):
    """How many inboxes have the Move, of all servers together."""

    taken: int
    all: int


MOVE_DELIVERIES = table_of(MoveDeliveryRow)


async def insert_move_deliveries(session: AsyncSession, account: int, activity: int) -> None:
    """Remember all deliveries of this activity as those of the account's Move."""
    of = select(DELIVERIES.c.id, literal(account), DELIVERIES.c.host).where(DELIVERIES.c.activity_id == activity)
    await session.execute(MOVE_DELIVERIES.insert().from_select(["delivery_id", "account_id", "host"], of))


async def drop_move_deliveries(session: AsyncSession, account: int) -> None:
    """Forget whom the account's Move told, and tell nobody more: a Move that comes late would undo what it undid."""
    of = MOVE_DELIVERIES.c.account_id == account
    numbers = list(await session.scalars(select(MOVE_DELIVERIES.c.delivery_id).where(of)))
    await drop_deliveries(session, numbers)
    await session.execute(delete(MOVE_DELIVERIES).where(of))


async def note_outcome(
    session: AsyncSession, deliveries: Sequence[int], outcome: Outcome, *, now: int, why: str | None = None
) -> None:
    """Note how deliveries ended; those that carry no Move aren't noted."""
    for some in chunks(deliveries):
        ended = update(MOVE_DELIVERIES).where(MOVE_DELIVERIES.c.delivery_id.in_(some))
        await session.execute(ended.values(outcome=outcome, why=why, at=now))


async def list_told_hosts(session: AsyncSession, account: int, limit: int, *, after: str = "") -> list[ToldHost]:
    """The servers that are told of the account's move, by name; those after `after`."""
    wanted = _told(account).where(MOVE_DELIVERIES.c.host > after).order_by(MOVE_DELIVERIES.c.host).limit(limit)
    return [_told_host(row) for row in await session.execute(wanted)]


async def count_told(session: AsyncSession, account: int) -> ToldTotal:
    """How far the account's Move is."""
    taken = func.count().filter(MOVE_DELIVERIES.c.outcome == "taken")
    row = (await session.execute(select(taken, func.count()).where(MOVE_DELIVERIES.c.account_id == account))).one()
    return ToldTotal(*row)


def _told_host(row: Any) -> ToldHost:
    return ToldHost(*row)


def _told(account: int) -> Select[Any]:
    outcome, waits = MOVE_DELIVERIES.c.outcome, DELIVERIES.c.id.is_not(None)
    pending = case((outcome.is_(None) & waits, 1), else_=0)
    lost = case((outcome.is_(None) & ~waits, 1), else_=0)
    silent = func.max(case((outcome.is_(None), HOSTS.c.last_error), else_=None), type_=Text)
    joined = MOVE_DELIVERIES.outerjoin(DELIVERIES, DELIVERIES.c.id == MOVE_DELIVERIES.c.delivery_id)
    joined = joined.outerjoin(HOSTS, HOSTS.c.host == MOVE_DELIVERIES.c.host)
    return (
        select(
            MOVE_DELIVERIES.c.host,
            func.count().filter(outcome == "taken"),
            func.count().filter(outcome == "refused"),
            func.sum(pending, type_=Integer),
            func.sum(lost, type_=Integer),
            func.coalesce(func.max(MOVE_DELIVERIES.c.why), silent),
            func.max(case((outcome.is_(None) & waits, HOSTS.c.next_at), else_=None)),
        )
        .select_from(joined)
        .where(MOVE_DELIVERIES.c.account_id == account)
        .group_by(MOVE_DELIVERIES.c.host)
    )
