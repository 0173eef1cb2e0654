"""Accounts of other pods that are on their way here: the seed that their keys here come from, and their groups."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new, upsert
from protocol.ids import RecordId
from protocol.keys import DidKey

MOST_GROUPS: Final = 10_000
ANY_TIME: Final = 2**53  # later than each clock


class NewcomerRow(Base):
    """A person who moves here from `pod`. `account_id`: the account here, once the personal group's handover holds.

    `actor`: the person's there, as the old pod told it.
    `key`: the old pod's, to which a move back would lead; `arrived_at`: when the account here opened. `returns`: a
    move back, which this pod carries on by itself.
    """

    __tablename__ = "newcomers"

    personal_group: Mapped[RecordId] = mapped_column(primary_key=True)
    pod: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    seed_sealed: Mapped[bytes]
    begun_at: Mapped[int]
    actor: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    key: Mapped[DidKey | None]
    arrived_at: Mapped[int | None]
    returns: Mapped[bool] = mapped_column(server_default="0", index=True)


class NewcomerGroupRow(Base):
    """A group of such a person, as the old pod told it. `let_go`: it stood still; only the words can fetch it now."""

    __tablename__ = "newcomer_groups"

    personal_group: Mapped[RecordId] = mapped_column(ForeignKey("newcomers.personal_group"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    number: Mapped[int]
    keys: Mapped[int]
    recovery_index: Mapped[int]
    keeps: Mapped[bool]
    let_go: Mapped[bool] = mapped_column(server_default="0")
    standing: Mapped[str] = mapped_column(server_default="")
    why: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[int] = mapped_column(server_default="0")
    plain: Mapped[bool] = mapped_column(server_default="0")
    anew: Mapped[int] = mapped_column(server_default="0")
    anew_until: Mapped[int] = mapped_column(server_default="0")
    name: Mapped[str] = mapped_column(server_default="")


class AnewRow(Base):
    """A record of such a person that no log had, and the id under which it is written anew here."""

    __tablename__ = "written_anew"

    personal_group: Mapped[RecordId] = mapped_column(ForeignKey("newcomers.personal_group"), primary_key=True)
    old_id: Mapped[RecordId] = mapped_column(primary_key=True)
    new_id: Mapped[RecordId]


class Newcomer(msgspec.Struct, frozen=True):
    """The same as a value."""

    personal_group: RecordId
    pod: str
    name: str
    seed_sealed: bytes
    begun_at: int
    account_id: int | None = None
    actor: str | None = None
    key: DidKey | None = None
    arrived_at: int | None = None
    returns: bool = False


class NewcomerGroup(msgspec.Struct, frozen=True):
    """The same as a value. `keys`: how many signing keys the member had; the next one is this pod's.

    `standing`: as it was when it was looked at last, at `asked_at`; `why`: what the old pod said then.
    `plain`: the person goes without a handover that names their seat anew. `anew`: the counter up to which what no log
    had is written anew here; `anew_until`: until when it may be, ANY_TIME before this pod first asked for it, 0 for a
    group that the person waited for or that is done. `name`: what the old pod calls the group.
    """

    group_id: RecordId
    number: int
    keys: int
    recovery_index: int
    keeps: bool
    let_go: bool = False
    standing: str = ""
    why: str = ""
    asked_at: int = 0
    plain: bool = False
    anew: int = 0
    name: str = ""
    anew_until: int = 0


NEWCOMERS = table_of(NewcomerRow)
NEWCOMER_GROUPS = table_of(NewcomerGroupRow)
WRITTEN_ANEW = table_of(AnewRow)
_COLUMNS = [NEWCOMERS.c[name] for name in Newcomer.__struct_fields__]
_OF_GROUP = [NEWCOMER_GROUPS.c[name] for name in NewcomerGroup.__struct_fields__]


async def insert_newcomer(session: AsyncSession, newcomer: Newcomer) -> None:
    """Store that somebody is on the way here, unless that is stored already."""
    await insert_new(session, NEWCOMERS, [msgspec.structs.asdict(newcomer)])


async def load_newcomer(session: AsyncSession, personal_group: RecordId) -> Newcomer | None:
    wanted = select(*_COLUMNS).where(NEWCOMERS.c.personal_group == personal_group)
    row = (await session.execute(wanted)).one_or_none()
    return Newcomer(*row) if row else None


async def replace_newcomer(session: AsyncSession, newcomer: Newcomer) -> None:
    """Store that somebody who was here comes again; what was told of their groups then is forgotten."""
    await forget_told(session, newcomer.personal_group)
    await upsert(session, NEWCOMERS, [msgspec.structs.asdict(newcomer)])


async def forget_told(session: AsyncSession, personal_group: RecordId) -> None:
    """Forget what the old pod told of somebody's groups, and what was written anew in them."""
    for table in (WRITTEN_ANEW, NEWCOMER_GROUPS):
        await session.execute(delete(table).where(table.c.personal_group == personal_group))


async def load_arrival(session: AsyncSession, account: int) -> Newcomer | None:
    """How an account came here; None for one that was opened here."""
    row = (await session.execute(select(*_COLUMNS).where(NEWCOMERS.c.account_id == account))).one_or_none()
    return Newcomer(*row) if row else None


async def list_returning(session: AsyncSession, *, since: int, limit: int) -> list[Newcomer]:
    """Moves back that aren't done, the newest first, but for those that were begun before `since` and aren't here."""
    lasts = NEWCOMERS.c.account_id.is_not(None) | (NEWCOMERS.c.begun_at > since)
    wanted = select(*_COLUMNS).where(NEWCOMERS.c.returns.is_(True), lasts)
    rows = await session.execute(wanted.order_by(NEWCOMERS.c.begun_at.desc(), NEWCOMERS.c.personal_group).limit(limit))
    return [Newcomer(*row) for row in rows]


async def end_return(session: AsyncSession, personal_group: RecordId) -> None:
    """Store that a move back is done."""
    ended = update(NEWCOMERS).where(NEWCOMERS.c.personal_group == personal_group)
    await session.execute(ended.values(returns=False))


async def set_arrived(
    session: AsyncSession, personal_group: RecordId, account: int, key: DidKey | None, *, now: int
) -> None:
    """Store which account the person has here now, and the key of the pod from which they came."""
    arrived = update(NEWCOMERS).where(NEWCOMERS.c.personal_group == personal_group)
    await session.execute(arrived.values(account_id=account, key=key, arrived_at=now))


async def save_told(session: AsyncSession, personal_group: RecordId, actor: str, groups: list[NewcomerGroup]) -> None:
    """Store what the old pod told of the person's actor there, and of these groups."""
    of = NEWCOMERS.c.personal_group == personal_group
    await session.execute(update(NEWCOMERS).where(of).values(actor=actor))
    rows = [{"personal_group": personal_group, **msgspec.structs.asdict(group)} for group in groups]
    await upsert(session, NEWCOMER_GROUPS, rows)


async def list_newcomer_groups(session: AsyncSession, personal_group: RecordId) -> list[NewcomerGroup]:
    """The groups that the person had at the old pod, by id."""
    wanted = select(*_OF_GROUP).where(NEWCOMER_GROUPS.c.personal_group == personal_group)
    rows = await session.execute(wanted.order_by(NEWCOMER_GROUPS.c.group_id).limit(MOST_GROUPS))
    return [NewcomerGroup(*row) for row in rows]


async def load_newcomer_group(session: AsyncSession, personal_group: RecordId, group: RecordId) -> NewcomerGroup | None:
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.group_id == group
    row = (await session.execute(select(*_OF_GROUP).where(*of))).one_or_none()
    return NewcomerGroup(*row) if row else None


async def list_let_go(session: AsyncSession, personal_group: RecordId) -> set[RecordId]:
    """The groups without which the person came."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.let_go.is_(True)
    return set(await session.scalars(select(NEWCOMER_GROUPS.c.group_id).where(*of)))


async def set_let_go(session: AsyncSession, personal_group: RecordId, group: RecordId) -> None:
    """Store that the person goes without this group."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.group_id == group
    await session.execute(update(NEWCOMER_GROUPS).where(*of).values(let_go=True))


async def set_plain(session: AsyncSession, personal_group: RecordId, group: RecordId) -> None:
    """Store that the person goes without a handover that names their seat in this group anew."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.group_id == group
    await session.execute(update(NEWCOMER_GROUPS).where(*of).values(plain=True, asked_at=0))


async def list_open_groups(session: AsyncSession, personal_group: RecordId, limit: int) -> list[NewcomerGroup]:
    """The groups that are neither settled nor let go, those first that weren't looked at for the longest time."""
    left = NEWCOMER_GROUPS.c.let_go.is_(False), NEWCOMER_GROUPS.c.standing != "settled"
    wanted = select(*_OF_GROUP).where(NEWCOMER_GROUPS.c.personal_group == personal_group, *left)
    rows = await session.execute(wanted.order_by(NEWCOMER_GROUPS.c.asked_at, NEWCOMER_GROUPS.c.group_id).limit(limit))
    return [NewcomerGroup(*row) for row in rows]


async def list_unwritten_groups(session: AsyncSession, personal_group: RecordId, now: int) -> list[NewcomerGroup]:
    """The groups in which what no log had may still be written anew, by id; never the personal one."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.group_id != personal_group
    still = NEWCOMER_GROUPS.c.anew_until > now, NEWCOMER_GROUPS.c.let_go.is_(False)
    wanted = select(*_OF_GROUP).where(*of, *still).order_by(NEWCOMER_GROUPS.c.group_id)
    return [NewcomerGroup(*row) for row in await session.execute(wanted)]


async def note_anew(session: AsyncSession, personal_group: RecordId, old: RecordId, new: RecordId) -> None:
    """Store under which id a record is written anew."""
    await upsert(session, WRITTEN_ANEW, [{"personal_group": personal_group, "old_id": old, "new_id": new}])


async def load_anew(session: AsyncSession, personal_group: RecordId) -> dict[str, str]:
    """The new id of each record of the person that was written anew, by the old one."""
    wanted = select(WRITTEN_ANEW.c.old_id, WRITTEN_ANEW.c.new_id)
    rows = await session.execute(wanted.where(WRITTEN_ANEW.c.personal_group == personal_group))
    return {row.old_id: row.new_id for row in rows}


async def note_standing(session: AsyncSession, personal_group: RecordId, group: RecordId, **values: object) -> None:
    """Store how a group stands: `standing`, `why`, `asked_at`, `let_go`, `anew`, `anew_until`, `name`."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group, NEWCOMER_GROUPS.c.group_id == group
    changes: Mapping[str, Any] = values
    await session.execute(update(NEWCOMER_GROUPS).where(*of).values(changes))


async def delete_newcomer(session: AsyncSession, personal_group: RecordId) -> None:
    """Forget somebody who was on the way here; nothing of one whose account is here."""
    coming = NEWCOMERS.c.personal_group == personal_group, NEWCOMERS.c.account_id.is_(None)
    if await session.scalar(select(NEWCOMERS.c.name).where(*coming)) is not None:
        await forget_told(session, personal_group)
        await session.execute(delete(NEWCOMERS).where(*coming))


async def list_shown_groups(session: AsyncSession, personal_group: RecordId, limit: int) -> list[NewcomerGroup]:
    """The person's groups, those first that aren't settled."""
    wanted = select(*_OF_GROUP).where(NEWCOMER_GROUPS.c.personal_group == personal_group)
    order = NEWCOMER_GROUPS.c.standing == "settled", NEWCOMER_GROUPS.c.group_id
    return [NewcomerGroup(*row) for row in await session.execute(wanted.order_by(*order).limit(limit))]


async def count_newcomer_groups(session: AsyncSession, personal_group: RecordId) -> tuple[int, int]:
    """How many groups the person has, and how many of them are settled."""
    of = NEWCOMER_GROUPS.c.personal_group == personal_group
    settled = func.sum(case((NEWCOMER_GROUPS.c.standing == "settled", 1), else_=0))
    row = (await session.execute(select(func.count(), settled).where(of))).one()
    return int(row[0]), int(row[1] or 0)
