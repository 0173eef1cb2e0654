"""What a copy of an account reads of chains and logs: the personal group as far as it is settled, and own records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, Select, bindparam, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.statements import AllKeys, Prepared
from models.groups.groups_and_items import GROUPS, ITEMS
from models.groups.records import RECORDS
from models.groups.seats_and_acks import ACKS
from models.people.accounts import MEMBERSHIPS
from protocol.ids import RecordId
from protocol.keys import DidKey


class SettledItem(msgspec.Struct, frozen=True):
    """An item of a chain that is settled, and how far the log goes to which it commits."""

    height: int
    log_size: int
    wire: bytes


class SettledAck(msgspec.Struct, frozen=True):
    """An ack of a settled item."""

    height: int
    term: int
    item: RecordId
    seat: DidKey
    wire: bytes


class PlacedRecord(msgspec.Struct, frozen=True):
    """A record at its place in a log."""

    log_index: int
    wire: bytes


class OwnMark(msgspec.Struct, frozen=True):
    """A group in which an account wrote: its number there, the last place of its records, how many are erased."""

    group: RecordId
    number: int
    last: int
    erased: int


class OwnGroup(msgspec.Struct, frozen=True):
    """A group in which an account has this number."""

    group: RecordId
    number: int


async def load_settled(session: AsyncSession, group: RecordId) -> tuple[int, int] | None:
    """Height of the last settled item, and the size of its log; None if the group isn't here."""
    rows = await _SETTLED.run(session, group=group)
    return (rows[0][0], rows[0][1]) if rows else None


_SETTLED: Final = Prepared(
    lambda _: (
        select(GROUPS.c.anchor_height, ITEMS.c.log_size)
        .join(ITEMS, ITEMS.c.id == GROUPS.c.anchor_id)
        .where(GROUPS.c.id == bindparam("group"))
    )
)


async def load_settled_mark(session: AsyncSession, group: RecordId) -> tuple[RecordId, int, int]:
    """The last settled item, how often the group's view changed, and the size of the settled log."""
    wanted = select(GROUPS.c.anchor_id, GROUPS.c.revision, ITEMS.c.log_size)
    wanted = wanted.join(ITEMS, ITEMS.c.id == GROUPS.c.anchor_id).where(GROUPS.c.id == group)
    anchor, revision, log_size = (await session.execute(wanted)).one()
    return anchor, revision, log_size


async def list_settled_items(
    session: AsyncSession, group: RecordId, *, above: int, log_from: int, highest: int, limit: int
) -> list[SettledItem]:
    """Items above a height whose logs have at least `log_from` entries, up to the highest settled one."""
    rows = await _ITEMS.run(session, group=group, above=above, log_from=log_from, highest=highest, most=limit)
    return [SettledItem(*row) for row in rows]


_ITEMS: Final = Prepared(
    lambda _: (
        select(ITEMS.c.height, ITEMS.c.log_size, ITEMS.c.wire)
        .where(ITEMS.c.group_id == bindparam("group"), ITEMS.c.on_chain.is_(True))
        .where(ITEMS.c.height > bindparam("above"), ITEMS.c.height <= bindparam("highest"))
        .where(ITEMS.c.log_size >= bindparam("log_from"))
        .order_by(ITEMS.c.height)
        .limit(bindparam("most", type_=Integer))
    )
)


async def list_settled_acks(session: AsyncSession, group: RecordId, lowest: int, highest: int) -> list[SettledAck]:
    """The acks of items between two heights."""
    rows = await _ACKS.run(session, group=group, lowest=lowest, highest=highest)
    return [SettledAck(*row) for row in rows]


_ACKS: Final = Prepared(
    lambda _: (
        select(ACKS.c.height, ACKS.c.term, ACKS.c.item_id, ACKS.c.seat, ACKS.c.wire)
        .where(ACKS.c.group_id == bindparam("group"), ACKS.c.height.between(bindparam("lowest"), bindparam("highest")))
        .order_by(ACKS.c.height, ACKS.c.term, ACKS.c.item_id, ACKS.c.seat)
    )
)


async def list_placed(session: AsyncSession, group: RecordId, start: int, end: int, limit: int) -> list[PlacedRecord]:
    """Log entries from `start` to `end` − 1."""
    rows = await _PLACED.run(session, group=group, start=start, end=end, most=limit)
    return [PlacedRecord(*row) for row in rows]


_PLACED: Final = Prepared(
    lambda _: (
        select(RECORDS.c.log_index, RECORDS.c.wire)
        .where(RECORDS.c.group_id == bindparam("group"))
        .where(RECORDS.c.log_index >= bindparam("start"), RECORDS.c.log_index < bindparam("end"))
        .order_by(RECORDS.c.log_index)
        .limit(bindparam("most", type_=Integer))
    )
)


async def list_own_groups(
    session: AsyncSession, account: int, *, from_group: RecordId | None, private: bool
) -> list[OwnGroup]:
    """Groups that have numbered the account, from one on, by id; `private`: private ones, too."""
    wanted = _own(select(MEMBERSHIPS.c.group_id, MEMBERSHIPS.c.number), account, private=private)
    wanted = wanted.where(MEMBERSHIPS.c.group_id >= from_group if from_group else true())
    return [OwnGroup(*row) for row in await session.execute(wanted)]


async def list_own_marks(session: AsyncSession, account: int, *, private: bool) -> list[OwnMark]:
    """The same groups, each with what changes when the account's records in its log do."""
    mine = (RECORDS.c.group_id == MEMBERSHIPS.c.group_id, RECORDS.c.author == MEMBERSHIPS.c.number)
    last = select(func.coalesce(func.max(RECORDS.c.log_index), -1)).where(*mine, RECORDS.c.log_index >= 0)
    erased = select(func.count()).where(*mine, text("records.erased"), RECORDS.c.log_index >= 0)
    wanted = select(MEMBERSHIPS.c.group_id, MEMBERSHIPS.c.number, last.scalar_subquery(), erased.scalar_subquery())
    return [OwnMark(*row) for row in await session.execute(_own(wanted, account, private=private))]


def _own(wanted: Select[Any], account: int, *, private: bool) -> Select[Any]:
    return (
        wanted.join(GROUPS, GROUPS.c.id == MEMBERSHIPS.c.group_id)
        .where(MEMBERSHIPS.c.account_id == account, MEMBERSHIPS.c.number.is_not(None), GROUPS.c.kind != "person")
        .where(true() if private else GROUPS.c.visibility != "private")
        .order_by(MEMBERSHIPS.c.group_id)
    )


async def list_own_placed(session: AsyncSession, own: OwnGroup, start: int, limit: int) -> Sequence[PlacedRecord]:
    """A member's records in its group's log, from an index on, by index."""
    # Which ones is asked first: their texts aren't sorted.
    places = await _OWN_PLACES.run(session, group=own.group, author=own.number, start=start, most=limit)
    wires = dict(await _WIRES.run(session, [seq for seq, _ in places]))
    return [PlacedRecord(index, wires[seq]) for seq, index in places]


_OWN_PLACES: Final = Prepared(
    lambda _: (
        select(RECORDS.c.seq, RECORDS.c.log_index)
        .where(RECORDS.c.group_id == bindparam("group"), RECORDS.c.author == bindparam("author"))
        .where(RECORDS.c.log_index >= bindparam("start"))
        .order_by(RECORDS.c.log_index)
        .limit(bindparam("most", type_=Integer))
    )
)
_WIRES: Final = AllKeys(lambda keys: select(RECORDS.c.seq, RECORDS.c.wire).where(RECORDS.c.seq.in_(keys)))
