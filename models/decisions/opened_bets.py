"""What people bet in polls, kept once their openings are over, and which statements are evaluated when."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import Index, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.decisions.said import SAID
from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import insert_new
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId
from protocol.records.content import Evaluation

Bets = dict[RecordId, dict[int, int]]


class OpenedBetsRow(Base):
    """The bets of a round if `item_id` ended its openings. `areas`, and `bets` by statement and member: as JSON."""

    __tablename__ = "opened_bets"
    __table_args__ = (Index(None, "group_id"),)

    poll_id: Mapped[RecordId] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    round: Mapped[int]
    log_size: Mapped[int]
    areas: Mapped[bytes]
    bets: Mapped[bytes]


class DueStatementRow(Base):
    """A statement of a poll that `item_id` made final, and whose condition holds. `begins`, `ends`: in ms."""

    __tablename__ = "due_statements"
    __table_args__ = (Index(None, "group_id", "begins"), Index(None, "poll_id"))

    statement_id: Mapped[RecordId] = mapped_column(primary_key=True)
    item_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    poll_id: Mapped[RecordId]
    begins: Mapped[int]
    ends: Mapped[int]


class OpenedBets(msgspec.Struct, frozen=True):
    """The bets of a round, by statement in the order of the log and by member. `log_size`: of the item."""

    poll_id: RecordId
    item_id: RecordId
    group_id: RecordId
    round: int
    log_size: int
    areas: tuple[str, ...]
    bets: Bets


class DueStatement(msgspec.Struct, frozen=True):
    """A statement that people evaluate, in this span (ms)."""

    statement_id: RecordId
    item_id: RecordId
    group_id: RecordId
    poll_id: RecordId
    begins: int
    ends: int


class DueWindow(msgspec.Struct, frozen=True):
    """A statement with the log sizes between which its evaluations stand; `end` is None while they may come."""

    statement_id: RecordId
    poll_id: RecordId
    begins: int
    ends: int
    start: int | None
    end: int | None

    @property
    def window(self) -> range:
        """The entries of the log that are in time."""
        return range(self.start or 0, 2**62 if self.end is None else self.end)


OPENED: Final = table_of(OpenedBetsRow)
DUE: Final = table_of(DueStatementRow)
_AREAS: Final = msgspec.json.Decoder(tuple[str, ...])
_BETS: Final = msgspec.json.Decoder(Bets)
_OPENED_COLUMNS = [OPENED.c[name] for name in OpenedBets.__struct_fields__]


async def put_opened_bets(session: AsyncSession, opened: Collection[OpenedBets]) -> None:
    """Keep the bets of rounds."""
    rows = [
        {
            **msgspec.structs.asdict(one),
            "areas": msgspec.json.encode(one.areas),
            "bets": msgspec.json.encode(one.bets),
        }
        for one in opened
    ]
    await insert_new(session, OPENED, rows)


async def put_due_statements(session: AsyncSession, due: Collection[DueStatement]) -> None:
    """Keep when statements are evaluated."""
    await insert_new(session, DUE, [msgspec.structs.asdict(one) for one in due])


async def list_opened_bets(session: AsyncSession, group: RecordId) -> list[OpenedBets]:
    """The bets of all polls of a group whose openings the head's chain ended, in the order of the log."""
    return _read(await _OPENED.run(session, group=group))


async def load_opened_bets(session: AsyncSession, group: RecordId, poll: RecordId) -> list[OpenedBets]:
    """The same of one poll, round by round."""
    return _read(await _OF_POLL.run(session, group=group, poll=poll))


def _read(rows: Iterable[Any]) -> list[OpenedBets]:
    return [
        OpenedBets(poll, item, group, number, size, _AREAS.decode(areas), _BETS.decode(bets))
        for poll, item, group, number, size, areas, bets in rows
    ]


_ALL = (
    select(*_OPENED_COLUMNS)
    .join(ITEMS, ITEMS.c.id == OPENED.c.item_id)
    .where(OPENED.c.group_id == bindparam("group"), ITEMS.c.on_chain)
    .order_by(OPENED.c.log_size, OPENED.c.poll_id, OPENED.c.round)
)
_OPENED: Final = Prepared(lambda _: _ALL)
_OF_POLL: Final = Prepared(lambda _: _ALL.where(OPENED.c.poll_id == bindparam("poll")))


async def count_kept(session: AsyncSession, group: RecordId) -> tuple[int, int]:
    """How many rounds' bets and how many due statements of a group are kept, on whichever branch."""
    opened: int = await _COUNT_OPENED.value(session, group=group)
    due: int = await _COUNT_DUE.value(session, group=group)
    return opened, due


_COUNT_OPENED: Final = Prepared(
    lambda _: select(func.count()).select_from(OPENED).where(OPENED.c.group_id == bindparam("group"))
)
_COUNT_DUE: Final = Prepared(
    lambda _: select(func.count()).select_from(DUE).where(DUE.c.group_id == bindparam("group"))
)


async def list_due_windows(session: AsyncSession, group: RecordId) -> list[DueWindow]:
    """The group's statements that are or were evaluated, as the head's chain tells it, the first due first."""
    return [DueWindow(*row) for row in await _WINDOWS.run(session, group=group)]


_BEFORE, _AFTER = ITEMS.alias("before_it"), ITEMS.alias("after_it")
_START = (
    select(_BEFORE.c.log_size)
    .where(_BEFORE.c.group_id == DUE.c.group_id, _BEFORE.c.on_chain, _BEFORE.c.at < DUE.c.begins)
    .order_by(_BEFORE.c.at.desc(), _BEFORE.c.height.desc())
    .limit(1)
    .correlate(DUE)
    .scalar_subquery()
)
_END = (
    select(_AFTER.c.log_size)
    .where(_AFTER.c.group_id == DUE.c.group_id, _AFTER.c.on_chain, _AFTER.c.at >= DUE.c.ends)
    .order_by(_AFTER.c.at, _AFTER.c.height)
    .limit(1)
    .correlate(DUE)
    .scalar_subquery()
)
_WINDOWS: Final = Prepared(
    lambda _: (
        select(DUE.c.statement_id, DUE.c.poll_id, DUE.c.begins, DUE.c.ends, _START, _END)
        .join(ITEMS, ITEMS.c.id == DUE.c.item_id)
        .where(DUE.c.group_id == bindparam("group"), ITEMS.c.on_chain)
        .order_by(DUE.c.begins, DUE.c.statement_id)
    )
)


async def list_due_now(
    session: AsyncSession, group: RecordId, poll: RecordId, *, now: int
) -> list[tuple[RecordId, int]]:
    """The statements of a poll that are evaluated now, with the end of that, as the head's chain tells it."""
    rows = await _DUE_NOW.run(session, group=group, poll=poll, now=now)
    return [(statement, ends) for statement, ends in rows]


_DUE_NOW: Final = Prepared(
    lambda _: (
        select(DUE.c.statement_id, DUE.c.ends)
        .join(ITEMS, ITEMS.c.id == DUE.c.item_id)
        .where(
            DUE.c.poll_id == bindparam("poll"),
            DUE.c.group_id == bindparam("group"),
            ITEMS.c.on_chain,
            DUE.c.begins <= bindparam("now"),
            DUE.c.ends > bindparam("now"),
        )
        .distinct()
    )
)


async def list_evaluations(
    session: AsyncSession, group: RecordId, polls: Collection[RecordId], *, below: int
) -> list[tuple[RecordId, int, Evaluation]]:
    """What members said of the statements of polls below this place: record, place, content."""
    found = await _EVALUATIONS.run(session, group=group, polls=list(polls), below=below)
    return [(record, place, _EVALUATION.decode(said)) for record, place, said in found]


_EVALUATION: Final = msgspec.json.Decoder(Evaluation)
_EVALUATIONS: Final = Prepared(
    lambda _: (
        select(SAID.c.record_id, SAID.c.place, SAID.c.said)
        .where(
            SAID.c.poll_id.in_(bindparam("polls", expanding=True)),
            SAID.c.group_id == bindparam("group"),
            SAID.c.type == "Evaluation",
            SAID.c.place < bindparam("below"),
        )
        .order_by(SAID.c.place, SAID.c.record_id)
    )
)
