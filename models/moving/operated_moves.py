"""Moves as those who run the pod see them: to here and from here, the newest first; none of what they hold is told."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.moving.departures import DEPARTING_GROUPS, DEPARTURES
from models.moving.kept_copies import CLASSES_HELD
from models.moving.moves import MOVES, STOPPED
from models.people.accounts import ACCOUNTS

ID_BYTES: Final = 8


class MoveLine(msgspec.Struct, frozen=True):
    """A move to this pod. `who`: as it was typed; `why`: code of the last fault; `lines`, `bytes`: of its copy."""

    id: str
    who: str
    pod: str
    name: str
    stage: str
    why: str
    standing: bool
    begun_at: int
    stage_at: int | None
    due_at: int | None
    lines: int
    bytes: int


class DepartureLine(msgspec.Struct, frozen=True):
    """An account of this pod that agreed to move, or that moved. `refusals`: of handovers, in all its groups."""

    name: str
    pod: str
    there: str
    agreed_at: int
    frozen_at: int | None
    moved_at: int | None
    closed_at: int | None
    refusals: int


async def list_move_lines(session: AsyncSession, limit: int, *, before: int | None = None) -> list[MoveLine]:
    """Moves to this pod that were asked for at an old one, the newest first; those begun before `before` (ms)."""
    held = select(
        CLASSES_HELD.c.copy_id, func.sum(CLASSES_HELD.c.count).label("n"), func.sum(CLASSES_HELD.c.bytes).label("b")
    )
    copied = held.group_by(CLASSES_HELD.c.copy_id).subquery()
    names = ("sha256", "who", "pod", "name", "stage", "why", "standing", "begun_at", "stage_at", "due_at")
    wanted = select(
        *(MOVES.c[name] for name in names), func.coalesce(copied.c.n, 0), func.coalesce(copied.c.b, 0)
    ).select_from(MOVES.outerjoin(copied, copied.c.copy_id == MOVES.c.copy_id))
    wanted = wanted.where(MOVES.c.stage != "")
    if before is not None:
        wanted = wanted.where(MOVES.c.begun_at < before)
    rows = await session.execute(wanted.order_by(MOVES.c.begun_at.desc(), MOVES.c.sha256).limit(limit))
    return [MoveLine(*(sha256[:ID_BYTES].hex(), *told)) for sha256, *told in rows]


async def list_departure_lines(session: AsyncSession, limit: int, *, before: int | None = None) -> list[DepartureLine]:
    """Departures from this pod, the newest first; those agreed to before `before` (ms)."""
    refusals = select(DEPARTING_GROUPS.c.account_id, func.sum(DEPARTING_GROUPS.c.refusals).label("n"))
    counted = refusals.group_by(DEPARTING_GROUPS.c.account_id).subquery()
    told = ("agreed_at", "frozen_at", "moved_at", "closed_at")
    wanted = (
        select(ACCOUNTS.c.name, DEPARTURES.c.pod, func.coalesce(DEPARTURES.c.name, ""))
        .add_columns(*(DEPARTURES.c[name] for name in told), func.coalesce(counted.c.n, 0))
        .join(ACCOUNTS, ACCOUNTS.c.id == DEPARTURES.c.account_id)
        .outerjoin(counted, counted.c.account_id == DEPARTURES.c.account_id)
    )
    if before is not None:
        wanted = wanted.where(DEPARTURES.c.agreed_at < before)
    rows = await session.execute(wanted.order_by(DEPARTURES.c.agreed_at.desc(), DEPARTURES.c.account_id).limit(limit))
    return [DepartureLine(*row) for row in rows]


async def rerun_move(session: AsyncSession, begins: bytes, *, now: int) -> str | None:
    """Have a stopped move whose id begins so go on from where it stopped; who it is, or None if none stopped."""
    stopped = MOVES.c.sha256 >= begins, MOVES.c.sha256 < begins + b"\xff" * 32, MOVES.c.stage == STOPPED
    again = update(MOVES).where(*stopped, MOVES.c.stopped_in != "")
    changes = {"stage": MOVES.c.stopped_in, "stopped_in": "", "why": "", "said": None, "tries": 0, "due_at": now}
    row = (await session.execute(again.values(**changes, stage_at=now).returning(MOVES.c.who))).first()
    return row[0] if row else None
