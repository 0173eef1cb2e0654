"""Moves to this pod that travellers began: one a browser, known by the hash of the secret that it keeps as a cookie.

A move that was granted is a job (pod/jobs/moves.py): it goes from stage to stage, and `due_at` says when something is
next to be done for it. Whoever does it claims the move for a while, by a turn of its own, and notes how far it came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from protocol.ids import RecordId

# The stages of a job, in their order; a move has none before it is granted.
BEGUN: Final = "begun"
COPYING: Final = "copying"
VERIFIED: Final = "verified"
SWITCHING: Final = "switching"
SETTLED: Final = "settled"
CLOSED: Final = "closed"
STOPPED: Final = "stopped"
DAY_MS: Final = 86_400_000
SETTLED_MS: Final = DAY_MS  # how long a copy stays that its account has
CLOSED_MS: Final = 30 * DAY_MS  # how long a move is told that is over
_NAMED: Final = text("name <> ''")


class MoveRow(Base):
    """A move. `sealed` holds what only this pod may know: first the proof of the code, then the grant."""

    __tablename__ = "moves"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    who: Mapped[str]
    pod: Mapped[str]
    group_id: Mapped[RecordId | None]
    tier: Mapped[str]
    state: Mapped[str]
    consent_page: Mapped[str]
    sealed: Mapped[bytes | None]
    classes: Mapped[str]
    begun_at: Mapped[int]
    granted_at: Mapped[int | None]
    expires_at: Mapped[int | None] = mapped_column(index=True)
    stage: Mapped[str] = mapped_column(server_default="")
    stopped_in: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")
    said: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    told: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    standing: Mapped[bool] = mapped_column(server_default="0")
    private: Mapped[bool] = mapped_column(server_default="0")
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("copies.id"), unique=True)
    plan: Mapped[bytes | None] = mapped_column(LargeBinary)
    current: Mapped[str] = mapped_column(server_default="")
    stage_at: Mapped[int | None]
    due_at: Mapped[int | None] = mapped_column(index=True)
    turn: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    cuts: Mapped[int] = mapped_column(server_default="0")
    verifier: Mapped[bytes | None] = mapped_column(LargeBinary)
    invite_id: Mapped[int | None]
    payer: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (Index("ix_moves_name", "name", sqlite_where=_NAMED, postgresql_where=_NAMED),)


class Move(msgspec.Struct, frozen=True):
    """A move. `who`: the name at `pod`, as it was typed; `tier`: what that pod can give.

    `state`: what the old pod sends back with a code; `consent_page`: where the person agrees there, once it was asked;
    `granted_at`: since when this pod may read `classes`; `private`: those hold what was written in private groups, too.
    `expires_at`: when the move is over; None: a standing copy, which ends when it is revoked.

    Of a job: `stage`, since `stage_at`; `stopped_in`: the stage in which it stopped. `why`: code of the last fault, and
    `said` its sentences as JSON. `name`: wished here; `address`, `language`: for mails; `told`: what the last one said.
    `plan`: as JSON; `current`: the class that is read now. `due_at`: when something is next to be done, None: nothing
    until somebody asks.
    `turn`: how often it was claimed; `tries`: how often in a row something failed; `cuts`: how often in a row a step
    took too long.

    `verifier`: the sealed secret of the code by which the account may switch; `invite_id`: the invitation that lets in.
    `payer`: the hash of the network address from which it was begun, as long as it has no account.
    """

    sha256: bytes
    who: str
    pod: str
    group_id: RecordId | None
    tier: str
    state: str
    consent_page: str
    sealed: bytes | None
    classes: str
    begun_at: int
    granted_at: int | None
    expires_at: int | None
    stage: str = ""
    stopped_in: str = ""
    why: str = ""
    said: bytes | None = None
    name: str = ""
    address: str = ""
    language: str = ""
    standing: bool = False
    private: bool = False
    copy_id: int | None = None
    plan: bytes | None = None
    current: str = ""
    stage_at: int | None = None
    due_at: int | None = None
    turn: int = 0
    tries: int = 0
    cuts: int = 0
    verifier: bytes | None = None
    invite_id: int | None = None
    told: str = ""
    payer: bytes | None = None


MOVES: Final = table_of(MoveRow)
_COLUMNS = [MOVES.c[name] for name in Move.__struct_fields__]


async def insert_move(session: AsyncSession, move: Move, *, instead_of: bytes, now: int) -> None:
    """Store a new move in place of the browser's former one that came to nothing; deletes those that ended.

    One with a copy is ended by the sweep, which deletes the copy first.
    """
    in_vain = (MOVES.c.sha256 == instead_of) & MOVES.c.granted_at.is_(None)
    ended = (MOVES.c.expires_at <= now) & MOVES.c.copy_id.is_(None)
    await session.execute(delete(MOVES).where(ended | in_vain))
    await session.execute(MOVES.insert().values(**msgspec.structs.asdict(move)))


async def load_move(session: AsyncSession, sha256: bytes, *, now: int) -> Move | None:
    """The move of a browser that keeps this secret."""
    wanted = select(*_COLUMNS).where(MOVES.c.sha256 == sha256, lasts(now))
    row = (await session.execute(wanted)).one_or_none()
    return Move(*row) if row else None


async def set_move(session: AsyncSession, move: Move, **changes: Any) -> bool:
    """Change a move; False if another request changed it meanwhile, or it ended. A new stage ends its present turn."""
    if "stage" in changes:
        changes["turn"] = MOVES.c.turn + 1
    unchanged = (MOVES.c.sha256 == move.sha256) & (MOVES.c.state == move.state)
    changed = update(MOVES).where(unchanged).values(**changes).returning(MOVES.c.sha256)
    return (await session.scalar(changed)) is not None


async def first_move_at(session: AsyncSession) -> int | None:
    """When something is next to be done for any move; None: when somebody asks."""
    first: int | None = await session.scalar(select(func.min(MOVES.c.due_at)))
    return first


async def claim_move(session: AsyncSession, *, now: int, until: int, busy: frozenset[str] = frozenset()) -> Move | None:
    """Claim the move that is due longest until `until`, by a new turn; None: none is due but from `busy` pods."""
    due = select(*_COLUMNS).where(MOVES.c.due_at <= now, MOVES.c.pod.not_in(busy))
    row = (await session.execute(due.order_by(MOVES.c.due_at, MOVES.c.sha256).limit(1))).one_or_none()
    if row is None:
        return None
    found = Move(*row)
    await session.execute(update(MOVES).where(MOVES.c.sha256 == found.sha256).values(due_at=until, turn=found.turn + 1))
    return msgspec.structs.replace(found, due_at=until, turn=found.turn + 1)


async def note_move(session: AsyncSession, move: Move, changes: Mapping[str, Any]) -> bool:
    """Note how far a claimed move came; False if it is another's turn by now, or it was cancelled."""
    mine = (MOVES.c.sha256 == move.sha256) & (MOVES.c.turn == move.turn)
    noted = update(MOVES).where(mine).values(**changes).returning(MOVES.c.sha256)
    return (await session.scalar(noted)) is not None


async def close_move_of_copy(session: AsyncSession, copy: int, *, now: int) -> None:
    """End the job that keeps a copy: it has become an account, or is erased. Nothing names the copy any more.

    What became of it is told for thirty days; the name that was wished is anybody's at once.
    """
    ended = {"copy_id": None, "stage": CLOSED, "sealed": None, "due_at": None, "turn": MOVES.c.turn + 1}
    told = {"name": "", "address": "", "payer": None, "expires_at": now + CLOSED_MS}
    await session.execute(update(MOVES).where(MOVES.c.copy_id == copy).values(**ended, **told))


async def count_copies_of_pods(session: AsyncSession) -> dict[str, int]:
    """How many copies jobs keep, by their old pod."""
    counted = (
        select(MOVES.c.pod, func.count().label("copies")).where(MOVES.c.copy_id.is_not(None)).group_by(MOVES.c.pod)
    )
    return {row.pod: row.copies for row in await session.execute(counted)}


async def count_copies_of_payers(session: AsyncSession) -> dict[bytes, int]:
    """How many copies jobs keep, by the address that they were begun from; the operator's have none."""
    counted = (
        select(MOVES.c.payer, func.count().label("copies"))
        .where(MOVES.c.copy_id.is_not(None), MOVES.c.payer.is_not(None))
        .group_by(MOVES.c.payer)
    )
    return {row.payer: row.copies for row in await session.execute(counted)}


async def give_way(
    session: AsyncSession, pods: Collection[str], payers: Collection[bytes], *, why: str, said: bytes, now: int
) -> int | None:
    """Stop the oldest job of these that hasn't begun to switch, and isn't to stay; its copy, None: none is.

    They are those from `pods`, and those begun from `payers`. Its person may have it begin anew.
    """
    before = (COPYING, VERIFIED)
    at_rest = MOVES.c.stage.in_(before) | ((MOVES.c.stage == STOPPED) & MOVES.c.stopped_in.in_(before))
    wanted = select(MOVES.c.sha256, MOVES.c.copy_id).where(
        at_rest, MOVES.c.pod.in_(pods) | MOVES.c.payer.in_(payers), MOVES.c.copy_id.is_not(None), ~MOVES.c.standing
    )
    row = (await session.execute(wanted.order_by(MOVES.c.begun_at, MOVES.c.sha256).limit(1))).one_or_none()
    if row is None:
        return None
    asked = {"state": "", "consent_page": "", "verifier": None}
    ended = {"stage": STOPPED, "stopped_in": COPYING, "copy_id": None, "current": "", "stage_at": now, "due_at": None}
    changes = {**asked, **ended, "payer": None, "why": why, "said": said, "turn": MOVES.c.turn + 1}
    await session.execute(update(MOVES).where(MOVES.c.sha256 == row.sha256).values(**changes))
    copy: int = row.copy_id
    return copy


async def hasten_moves(session: AsyncSession, *, now: int) -> None:
    """Have all that has a time done now: a process that stopped may have left it undone, and peers may answer again."""
    await session.execute(update(MOVES).where(MOVES.c.due_at > now).values(due_at=now))


async def set_stage(session: AsyncSession, sha256: bytes, stage: str, changes: Mapping[str, Any]) -> bool:
    """Change a job that is in this stage, and end whatever turn it is; False if it isn't in it."""
    mine = (MOVES.c.sha256 == sha256) & (MOVES.c.stage == stage)
    changed = update(MOVES).where(mine).values(turn=MOVES.c.turn + 1, **changes).returning(MOVES.c.sha256)
    return (await session.scalar(changed)) is not None


async def delete_move(session: AsyncSession, sha256: bytes) -> int | None:
    """Delete a move; the copy that was its own, if it had one."""
    copy: int | None = await session.scalar(delete(MOVES).where(MOVES.c.sha256 == sha256).returning(MOVES.c.copy_id))
    return copy


async def list_ended(session: AsyncSession, limit: int, *, now: int) -> list[Move]:
    """Moves whose time is over, but for those that have begun to switch; and second homes that nobody went on with."""
    over = (MOVES.c.expires_at <= now) & MOVES.c.stage.not_in([SWITCHING, SETTLED])
    never_whole = MOVES.c.stage.in_([BEGUN, STOPPED]) & MOVES.c.stopped_in.in_(["", BEGUN, COPYING])
    left = MOVES.c.expires_at.is_(None) & never_whole & (MOVES.c.stage_at <= now - CLOSED_MS)
    rows = await session.execute(select(*_COLUMNS).where(over | left).order_by(MOVES.c.sha256).limit(limit))
    return [Move(*row) for row in rows]


async def list_settled(session: AsyncSession, limit: int, *, now: int) -> list[tuple[bytes, int | None]]:
    """Of the moves for which nothing is left to do, those that settled a day ago, and their copies.

    What an old pod that is gone can't answer any more is waited for as long as a closed move is told.
    """
    rested = MOVES.c.due_at.is_(None) & (MOVES.c.stage_at <= now - SETTLED_MS)
    over = MOVES.c.stage == SETTLED, rested | (MOVES.c.stage_at <= now - CLOSED_MS)
    wanted = select(MOVES.c.sha256, MOVES.c.copy_id).where(*over).order_by(MOVES.c.stage_at).limit(limit)
    return [(sha256, copy) for sha256, copy in await session.execute(wanted)]


async def is_switching(session: AsyncSession, person: RecordId) -> bool:
    """Whether a switch of the person with this personal group has begun and isn't over."""
    begun = (MOVES.c.stage == SWITCHING) | ((MOVES.c.stage == STOPPED) & (MOVES.c.stopped_in == SWITCHING))
    return await session.scalar(select(MOVES.c.sha256).where(MOVES.c.group_id == person, begun).limit(1)) is not None


async def count_names_of(session: AsyncSession, pod: str) -> int:
    """How many names are kept for people of one pod who aren't here yet."""
    coming = MOVES.c.name != "", MOVES.c.pod == pod, MOVES.c.stage.not_in([SETTLED, CLOSED])
    return int(await session.scalar(select(func.count()).select_from(MOVES).where(*coming)) or 0)


def lasts(now: int) -> ColumnElement[bool]:
    """Whether a move isn't over."""
    return MOVES.c.expires_at.is_(None) | (MOVES.c.expires_at > now)
