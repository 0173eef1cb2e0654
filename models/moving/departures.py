"""Accounts here that agreed to move: to which home, whether their writes are refused meanwhile, and what committed it.

A switch is frozen for a short time only, until its handover is signed here; from then on it holds until it is closed.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, Index, LargeBinary, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new, upsert
from models.moving.move_deliveries import drop_move_deliveries
from models.people.accounts import ACCOUNTS
from protocol.ids import RecordId
from protocol.keys import DidKey

FREEZE_MS: Final = 600_000
_CLOSING: Final = text("closed_at IS NOT NULL AND keyless_at IS NULL")


class DepartureRow(Base):
    """An account's consent to move to one home. `item`: the handover of the personal group that did it.

    `handed_out`: a rehome was signed for that handover and given to the new pod, which may still show it.
    `name`: the account's there; `soft`: followers elsewhere aren't told; `telling_at`: when they are, unless they were
    at `told_at`. The row stays as long as the account's actor leads to the new one.
    `moved_at`: when that handover was signed here; `closed_at`: since when the person is done with this account;
    `keyless_at`: since when the keys of its actor are gone. `receipt`: the hash of the secret by which its person sees
    whom a Delete asked at `asked_at`; None: nobody is to be asked. `mail_at`: when its person is mailed next about what
    they left; None: not any more.
    """

    __tablename__ = "departures"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    personal_group: Mapped[RecordId] = mapped_column(unique=True)
    pod: Mapped[str]
    key: Mapped[DidKey]
    agreed_at: Mapped[int]
    frozen_at: Mapped[int | None]
    handed_out: Mapped[bool] = mapped_column(server_default="0")
    item: Mapped[RecordId | None]
    name: Mapped[str | None]
    soft: Mapped[bool] = mapped_column(server_default="0")
    telling_at: Mapped[int | None] = mapped_column(index=True)
    told_at: Mapped[int | None]
    moved_at: Mapped[int | None]
    closed_at: Mapped[int | None]
    keyless_at: Mapped[int | None]
    receipt: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    asked_at: Mapped[int | None]
    mail_at: Mapped[int | None] = mapped_column(index=True)

    # Closed accounts stay for ever, and a look each minute asks which of them still have something to lose.
    __table_args__ = (Index("ix_departures_closing", "closed_at", sqlite_where=_CLOSING, postgresql_where=_CLOSING),)


class DepartingGroupRow(Base):
    """What a departure remembers of a group. `unwaited`: its records aren't waited for; `refusals`: of handovers.

    `let_go`: the account is closed without waiting for this group's rehome.
    """

    __tablename__ = "departing_groups"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    unwaited: Mapped[bool] = mapped_column(server_default="0")
    refusals: Mapped[int] = mapped_column(server_default="0")
    let_go: Mapped[bool] = mapped_column(server_default="0")


class Departure(msgspec.Struct, frozen=True):
    """The same as a value."""

    account_id: int
    personal_group: RecordId
    pod: str
    key: DidKey
    agreed_at: int
    frozen_at: int | None = None
    handed_out: bool = False
    item: RecordId | None = None
    name: str | None = None
    soft: bool = False
    telling_at: int | None = None
    told_at: int | None = None
    moved_at: int | None = None
    closed_at: int | None = None
    keyless_at: int | None = None
    receipt: bytes | None = None
    asked_at: int | None = None
    mail_at: int | None = None

    def is_frozen(self, now: int) -> bool:
        """Whether nothing may be written in the account's name: the switch is done, or was begun a moment ago."""
        if self.item is not None:
            return True
        return self.frozen_at is not None and now < self.frozen_at + FREEZE_MS


DEPARTURES = table_of(DepartureRow)
DEPARTING_GROUPS = table_of(DepartingGroupRow)
_COLUMNS = [DEPARTURES.c[name] for name in Departure.__struct_fields__]


async def save_departure(session: AsyncSession, departure: Departure) -> None:
    await upsert(session, DEPARTURES, [msgspec.structs.asdict(departure)])


async def set_departure(session: AsyncSession, account: int, **values: object) -> None:
    """Set columns by name."""
    changes: Mapping[str, Any] = values
    await session.execute(update(DEPARTURES).where(DEPARTURES.c.account_id == account).values(changes))


async def delete_departure(session: AsyncSession, account: int) -> None:
    await session.execute(delete(DEPARTING_GROUPS).where(DEPARTING_GROUPS.c.account_id == account))
    await drop_move_deliveries(session, account)
    await session.execute(delete(DEPARTURES).where(DEPARTURES.c.account_id == account))


async def load_departure(session: AsyncSession, account: int) -> Departure | None:
    rows = await _OF_ACCOUNT.run(session, account=account)
    return Departure(*rows[0]) if rows else None


_OF_ACCOUNT: Final = Prepared(lambda _: select(*_COLUMNS).where(DEPARTURES.c.account_id == bindparam("account")))


async def load_departure_of(session: AsyncSession, personal_group: RecordId) -> Departure | None:
    """The departure of the account with this personal group."""
    rows = await _OF_GROUP.run(session, group=personal_group)
    return Departure(*rows[0]) if rows else None


_OF_GROUP: Final = Prepared(lambda _: select(*_COLUMNS).where(DEPARTURES.c.personal_group == bindparam("group")))


async def load_departure_named(session: AsyncSession, name: str) -> Departure | None:
    """The departure of the account of this name."""
    rows = await _OF_NAME.run(session, name=name)
    return Departure(*rows[0]) if rows else None


_OF_NAME: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .join(ACCOUNTS, ACCOUNTS.c.id == DEPARTURES.c.account_id)
        .where(ACCOUNTS.c.name == bindparam("name"))
    )
)


async def list_untold(session: AsyncSession, now: int, limit: int) -> list[Departure]:
    """Departures of whose moves followers elsewhere are to be told now, those that wait longest first."""
    due = select(*_COLUMNS).where(DEPARTURES.c.telling_at <= now).order_by(DEPARTURES.c.telling_at)
    return [Departure(*row) for row in await session.execute(due.limit(limit))]


async def first_untold_at(session: AsyncSession) -> int | None:
    """The earliest time at which followers are to be told of a move; None: there is none."""
    first: int | None = await session.scalar(select(func.min(DEPARTURES.c.telling_at)))
    return first


async def list_unmailed(session: AsyncSession, now: int, limit: int) -> list[Departure]:
    """Departures of which somebody is to be mailed now, those that wait longest first."""
    due = select(*_COLUMNS).where(DEPARTURES.c.mail_at <= now).order_by(DEPARTURES.c.mail_at)
    return [Departure(*row) for row in await session.execute(due.limit(limit))]


async def first_mail_at(session: AsyncSession) -> int | None:
    """The earliest time at which somebody is to be mailed about what they left; None: nobody is."""
    first: int | None = await session.scalar(select(func.min(DEPARTURES.c.mail_at)))
    return first


async def load_departure_by_receipt(session: AsyncSession, receipt: bytes) -> Departure | None:
    """The closed account whose person keeps the secret of this hash."""
    row = (await session.execute(select(*_COLUMNS).where(DEPARTURES.c.receipt == receipt))).one_or_none()
    return Departure(*row) if row else None


async def list_overdue(session: AsyncSession, now: int, limit: int) -> list[Departure]:
    """Departures whose freeze has lasted too long without a handover."""
    late = DEPARTURES.c.item.is_(None), DEPARTURES.c.frozen_at <= now - FREEZE_MS
    rows = await session.execute(select(*_COLUMNS).where(*late).order_by(DEPARTURES.c.frozen_at).limit(limit))
    return [Departure(*row) for row in rows]


async def list_unwaited(session: AsyncSession, account: int) -> set[RecordId]:
    """The groups for whose records the account doesn't wait."""
    wanted = select(DEPARTING_GROUPS.c.group_id).where(
        DEPARTING_GROUPS.c.account_id == account, DEPARTING_GROUPS.c.unwaited.is_(True)
    )
    return set(await session.scalars(wanted))


async def stop_waiting(session: AsyncSession, account: int, group: RecordId) -> None:
    """Store that the account doesn't wait for its records in this group."""
    refusals = await count_refusals(session, account, group)
    row = {"account_id": account, "group_id": group, "unwaited": True, "refusals": refusals}
    await upsert(session, DEPARTING_GROUPS, [row])


async def list_let_go_here(session: AsyncSession, account: int) -> set[RecordId]:
    """The groups for whose rehome an account that moved away waits no more."""
    of = DEPARTING_GROUPS.c.account_id == account, DEPARTING_GROUPS.c.let_go.is_(True)
    return set(await session.scalars(select(DEPARTING_GROUPS.c.group_id).where(*of)))


async def let_group_go(session: AsyncSession, account: int, group: RecordId) -> None:
    """Store that an account that moved away doesn't wait for this group's rehome."""
    await insert_new(session, DEPARTING_GROUPS, [{"account_id": account, "group_id": group}])
    of = DEPARTING_GROUPS.c.account_id == account, DEPARTING_GROUPS.c.group_id == group
    await session.execute(update(DEPARTING_GROUPS).where(*of).values(let_go=True))


async def count_refusals(session: AsyncSession, account: int, group: RecordId) -> int:
    """How often the group's other keepers refused to name this account's seat anew."""
    of = DEPARTING_GROUPS.c.account_id == account, DEPARTING_GROUPS.c.group_id == group
    return int(await session.scalar(select(DEPARTING_GROUPS.c.refusals).where(*of)) or 0)


async def add_refusal(session: AsyncSession, account: int, group: RecordId) -> int:
    """Count one more refusal; how many there were."""
    refusals = await count_refusals(session, account, group) + 1
    unwaited = group in await list_unwaited(session, account)
    row = {"account_id": account, "group_id": group, "unwaited": unwaited, "refusals": refusals}
    await upsert(session, DEPARTING_GROUPS, [row])
    return refusals
