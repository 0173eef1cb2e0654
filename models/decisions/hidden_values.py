"""What people here sealed in polls and the pod will open: the value itself, encrypted under the pod's key file."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, Index, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from protocol.ids import RecordId


class HiddenValueRow(Base):
    """A sealed record of an account and what it commits to. `opened_by`: the record that opened it, or is to count.

    `opens_at`: from which time (ms) on an item may have it opened.
    """

    __tablename__ = "hidden_values"
    __table_args__ = (
        Index(None, "account_id", "poll_id"),
        Index(
            "ix_hidden_values_waiting",
            "group_id",
            "opens_at",
            sqlite_where=text("opened_by IS NULL"),
            postgresql_where=text("opened_by IS NULL"),
        ),
    )

    sealed_id: Mapped[RecordId] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    group_id: Mapped[RecordId]
    poll_id: Mapped[RecordId]
    kind: Mapped[str]
    round: Mapped[int]
    number: Mapped[int]
    salt: Mapped[str]
    value_sealed: Mapped[bytes]
    opened_by: Mapped[RecordId | None]
    opens_at: Mapped[int] = mapped_column(server_default="0")


class HiddenValue(msgspec.Struct, frozen=True):
    """A value that is to be opened. `number`: the order in which its author sealed the values of a poll."""

    sealed_id: RecordId
    account_id: int
    group_id: RecordId
    poll_id: RecordId
    kind: str
    round: int
    number: int
    salt: str
    value_sealed: bytes
    opened_by: RecordId | None
    opens_at: int


HIDDEN_VALUES: Final = table_of(HiddenValueRow)
_COLUMNS = [HIDDEN_VALUES.c[name] for name in HiddenValue.__struct_fields__]


async def put_hidden(session: AsyncSession, value: HiddenValue) -> None:
    """Keep a value until it is opened."""
    await insert_new(session, HIDDEN_VALUES, [msgspec.structs.asdict(value)])


async def list_polls_to_open(session: AsyncSession, group: RecordId, at: int) -> list[RecordId]:
    """The group's polls in which people here have values that aren't opened, and that an item of this time may open."""
    return [poll for (poll,) in await _POLLS.run(session, group=group, at=at)]


_POLLS: Final = Prepared(
    lambda _: (
        select(HIDDEN_VALUES.c.poll_id)
        .distinct()
        .where(
            HIDDEN_VALUES.c.group_id == bindparam("group"),
            HIDDEN_VALUES.c.opens_at <= bindparam("at"),
            HIDDEN_VALUES.c.opened_by.is_(None),
        )
    )
)


async def list_hidden(session: AsyncSession, poll: RecordId, group: RecordId) -> list[HiddenValue]:
    """The values in a poll that aren't opened, as they were sealed."""
    return [HiddenValue(*row) for row in await _WAITING.run(session, poll=poll, group=group)]


_WAITING: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            HIDDEN_VALUES.c.group_id == bindparam("group"),
            HIDDEN_VALUES.c.poll_id == bindparam("poll"),
            HIDDEN_VALUES.c.opened_by.is_(None),
        )
        .order_by(HIDDEN_VALUES.c.account_id, HIDDEN_VALUES.c.number)
    )
)


async def load_own_hidden(
    session: AsyncSession, account: int, poll: RecordId, kind: str, round_number: int
) -> HiddenValue | None:
    """What an account sealed last of a kind in a round of a poll."""
    rows = await _OWN.run(session, account=account, poll=poll, kind=kind, round=round_number)
    return HiddenValue(*rows[0]) if rows else None


_OWN: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            HIDDEN_VALUES.c.account_id == bindparam("account"),
            HIDDEN_VALUES.c.poll_id == bindparam("poll"),
            HIDDEN_VALUES.c.kind == bindparam("kind"),
            HIDDEN_VALUES.c.round == bindparam("round"),
        )
        .order_by(HIDDEN_VALUES.c.number.desc())
        .limit(1)
    )
)


async def note_opened(session: AsyncSession, sealed: RecordId, opened_by: RecordId) -> None:
    """Store that a value is opened, or needn't be because `opened_by` took its place."""
    await session.execute(update(HIDDEN_VALUES).where(HIDDEN_VALUES.c.sealed_id == sealed).values(opened_by=opened_by))


async def put_opens_at(session: AsyncSession, sealed: RecordId, at: int) -> None:
    """Store from which time on an item may have a value opened."""
    await session.execute(update(HIDDEN_VALUES).where(HIDDEN_VALUES.c.sealed_id == sealed).values(opens_at=at))
