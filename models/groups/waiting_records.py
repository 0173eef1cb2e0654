"""What waits: operations for a seal, records for their author, receipts for their promise."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Index, Integer, bindparam, delete, func, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import AllKeys, Prepared
from models.engine.upserts import chunks, insert_into, insert_new
from models.groups.groups_and_items import ITEMS
from models.groups.records import PENDING, RecordRow
from protocol.ids import RecordId


class PendingOperationRow(Base):
    """An operation that waits for a seal; `sealed_in`: the item on our branch that has it.

    `void`: why it can't be sealed any more; kept for a while, so that its author sees it.
    """

    __tablename__ = "pending_operations"
    __table_args__ = (Index(None, "group_id", "sealed_in", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[RecordId] = mapped_column(unique=True)
    group_id: Mapped[RecordId]
    wire: Mapped[bytes]
    arrived_at: Mapped[int]
    sealed_in: Mapped[RecordId | None]
    void: Mapped[str | None]


class WaitingRow(Base):
    """A record whose author or key the head doesn't know yet; it isn't accepted, only kept for a while.

    Its key is what it waits for. `origin`: the pod that brought it, in whose room it counts.
    """

    __tablename__ = "waiting"
    __table_args__ = (
        Index(None, "group_id", "author", "key"),
        Index(None, "origin", "size"),
        Index(None, "arrived_at"),
    )

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    author: Mapped[int]
    key: Mapped[int]
    size: Mapped[int]
    wire: Mapped[bytes]
    origin: Mapped[str]
    arrived_at: Mapped[int]


class ReceiptRow(Base):
    """A steward's promise to log a record before an item whose `at` is after `by_at`."""

    __tablename__ = "receipts"
    __table_args__ = (Index(None, "group_id", "by_at"),)

    record_id: Mapped[RecordId] = mapped_column(primary_key=True)
    steward: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[RecordId]
    by_at: Mapped[int]
    wire: Mapped[bytes]


class WaitingOperation(msgspec.Struct, frozen=True):
    """An operation that isn't in an item of our branch."""

    seq: int
    id: RecordId
    wire: bytes
    arrived_at: int


class Promise(msgspec.Struct, frozen=True):
    """A receipt: the record, the time of the promise (ms), and the signed receipt."""

    record_id: RecordId
    by_at: int
    wire: bytes


class WaitingRecord(msgspec.Struct, frozen=True):
    """A record that waits for its author."""

    record_id: RecordId
    group_id: RecordId
    author: int
    key: int
    size: int
    wire: bytes
    origin: str
    arrived_at: int


class WaitingRoom(msgspec.Struct, frozen=True):
    """Limits of what may wait here: from one pod, of one author in one group, and from all pods together."""

    of_author: int
    of_origin: int
    bytes_of_origin: int
    bytes_of_all: int


OPERATIONS = table_of(PendingOperationRow)
WAITING = table_of(WaitingRow)
RECEIPTS = table_of(ReceiptRow)
_RECORDS = table_of(RecordRow)


async def put_operations(
    session: AsyncSession, operations: Sequence[tuple[RecordId, RecordId, bytes]], *, now: int
) -> None:
    """Store operations (id, group, wire) to be sealed; one that is here gets the new wire, and isn't void any more."""
    rows = [{"id": own, "group_id": group, "wire": wire, "arrived_at": now} for own, group, wire in operations]
    if not rows:
        return
    statement = insert_into(session, OPERATIONS)
    changes = {"wire": statement.excluded.wire, "void": None}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), rows)


class OperationFate(msgspec.Struct, frozen=True):
    """What happened to an operation: the item that has it, or why it is void; neither while it waits."""

    group_id: RecordId
    wire: bytes
    arrived_at: int
    sealed_in: RecordId | None
    void: str | None


async def load_fate(session: AsyncSession, operation: RecordId) -> OperationFate | None:
    """What happened to an operation; None if it isn't stored."""
    wanted = select(*(OPERATIONS.c[name] for name in OperationFate.__struct_fields__))
    row = (await session.execute(wanted.where(OPERATIONS.c.id == operation))).one_or_none()
    return OperationFate(*row) if row else None


async def load_waiting_forms(session: AsyncSession, operations: Collection[RecordId]) -> dict[RecordId, bytes]:
    """The wires of those operations that are here and not void, by id."""
    found: dict[RecordId, bytes] = {}
    for some in chunks(operations):
        wanted = select(OPERATIONS.c.id, OPERATIONS.c.wire).where(
            OPERATIONS.c.id.in_(some), OPERATIONS.c.void.is_(None)
        )
        found.update((own, wire) for own, wire in await session.execute(wanted))
    return found


async def list_operations(
    session: AsyncSession, group: RecordId, limit: int, *, after_seq: int = 0
) -> list[WaitingOperation]:
    """Operations of the group that aren't sealed, in order of arrival."""
    found = await _UNSEALED.run(session, group=group, after=after_seq, most=limit)
    return [WaitingOperation(*row) for row in found]


_UNSEALED: Final = Prepared(
    lambda _: (
        select(*(OPERATIONS.c[name] for name in WaitingOperation.__struct_fields__))
        .where(OPERATIONS.c.group_id == bindparam("group"), OPERATIONS.c.seq > bindparam("after"))
        .where(OPERATIONS.c.sealed_in.is_(None), OPERATIONS.c.void.is_(None))
        .order_by(OPERATIONS.c.seq)
        .limit(bindparam("most", type_=Integer))
    )
)


async def load_oldest_operation(session: AsyncSession, group: RecordId, settled_height: int) -> int | None:
    """When the oldest unsettled operation arrived: not sealed, or sealed above `settled_height`; None if none."""
    oldest = select(func.min(OPERATIONS.c.arrived_at)).where(OPERATIONS.c.group_id == group)
    unsettled = select(ITEMS.c.id).where(
        ITEMS.c.group_id == group, ITEMS.c.on_chain.is_(True), ITEMS.c.height > settled_height
    )
    wanted = [
        oldest.where(OPERATIONS.c.sealed_in.is_(None), OPERATIONS.c.void.is_(None)),
        oldest.where(OPERATIONS.c.sealed_in.in_(unsettled)),
    ]
    times = [await session.scalar(one) for one in wanted]
    return min((time for time in times if time is not None), default=None)


async def mark_sealed(session: AsyncSession, operations: Collection[RecordId], item: RecordId) -> None:
    for some in chunks(operations):
        await session.execute(update(OPERATIONS).where(OPERATIONS.c.id.in_(some)).values(sealed_in=item))


async def reopen_operations(session: AsyncSession, items: Collection[RecordId]) -> None:
    """Make the operations of items that left our branch wait for a seal again."""
    for some in chunks(items):
        await session.execute(update(OPERATIONS).where(OPERATIONS.c.sealed_in.in_(some)).values(sealed_in=None))


async def set_void(session: AsyncSession, operation: RecordId, reason: str) -> None:
    """Store why an operation can't be sealed any more."""
    await session.execute(update(OPERATIONS).where(OPERATIONS.c.id == operation).values(void=reason))


async def prune_void(session: AsyncSession, arrived_before: int) -> None:
    """Delete void operations that arrived before then."""
    await session.execute(
        delete(OPERATIONS).where(OPERATIONS.c.void.is_not(None), OPERATIONS.c.arrived_at < arrived_before)
    )


async def put_waiting(session: AsyncSession, record: WaitingRecord, room: WaitingRoom) -> bool:
    """Store a record that waits for its author; False if the pod that brought it has no room left.

    If all pods together take too much, records of the pod that takes most are dropped.
    """
    table = WAITING.c
    of_author = (table.origin == record.origin, table.group_id == record.group_id, table.author == record.author)
    if (await session.scalar(select(func.count()).where(*of_author)) or 0) >= room.of_author:
        return False
    count, size = await _taken(session, record.origin)
    if count >= room.of_origin or size + record.size > room.bytes_of_origin:
        return False
    total = await session.scalar(select(func.coalesce(func.sum(table.size), 0)))
    if total is not None and total + record.size > room.bytes_of_all:
        most = select(table.origin).group_by(table.origin).order_by(func.sum(table.size).desc(), table.origin).limit(1)
        largest = await session.scalar(most)
        if largest is None or (await _taken(session, largest))[1] <= size + record.size:
            return False
        await session.execute(delete(WAITING).where(table.origin == largest))
    await insert_new(session, WAITING, [msgspec.structs.asdict(record)])
    return True


async def _taken(session: AsyncSession, origin: str) -> tuple[int, int]:
    sums = select(func.count(), func.coalesce(func.sum(WAITING.c.size), 0)).where(WAITING.c.origin == origin)
    count, size = (await session.execute(sums)).one()
    return int(count), int(size)


async def list_waiting(
    session: AsyncSession, group: RecordId, author: int, keys: int, limit: int
) -> list[WaitingRecord]:
    """Records that wait for one of the first `keys` keys of an author, the longest waiting first."""
    wanted = (
        select(*(WAITING.c[name] for name in WaitingRecord.__struct_fields__))
        .where(WAITING.c.group_id == group, WAITING.c.author == author, WAITING.c.key < keys)
        .order_by(WAITING.c.arrived_at, WAITING.c.record_id)
        .limit(limit)
    )
    return [WaitingRecord(*row) for row in await session.execute(wanted)]


async def has_waiting(session: AsyncSession, group: RecordId) -> bool:
    """Whether a record waits for an author of this group."""
    return await session.scalar(select(WAITING.c.record_id).where(WAITING.c.group_id == group).limit(1)) is not None


async def delete_waiting(session: AsyncSession, records: Collection[RecordId]) -> None:
    for some in chunks(records):
        await session.execute(delete(WAITING).where(WAITING.c.record_id.in_(some)))


async def prune_waiting(session: AsyncSession, arrived_before: int) -> None:
    """Delete records whose author never came."""
    await session.execute(delete(WAITING).where(WAITING.c.arrived_at < arrived_before))


async def insert_receipts(session: AsyncSession, receipts: Sequence[Mapping[str, Any]]) -> None:
    """Store receipts: record_id, steward, term, group_id, by_at, wire."""
    await insert_new(session, RECEIPTS, receipts)


async def load_receipt(session: AsyncSession, record: RecordId) -> bytes | None:
    """The wire form of the record's newest receipt."""
    wire: bytes | None = await session.scalar(
        select(RECEIPTS.c.wire).where(RECEIPTS.c.record_id == record).order_by(RECEIPTS.c.term.desc()).limit(1)
    )
    return wire


async def list_broken_promises(
    session: AsyncSession, group: RecordId, by_before: int, limit: int, *, after: Promise | None = None
) -> list[Promise]:
    """Receipts with a time before `by_before`, of records that still count and that the log lacks.

    If a rule has taken a record out since then (e.g. its author is black-listed), it can't be logged, and its receipt
    isn't broken.
    """
    wanted = (
        select(RECEIPTS.c.record_id, RECEIPTS.c.by_at, RECEIPTS.c.wire)
        .join(_RECORDS, _RECORDS.c.id == RECEIPTS.c.record_id)
        .where(RECEIPTS.c.group_id == group, RECEIPTS.c.by_at < by_before, _RECORDS.c.state == PENDING)
        .where(tuple_(RECEIPTS.c.by_at, RECEIPTS.c.record_id) > (after.by_at, after.record_id) if after else true())
        .order_by(RECEIPTS.c.by_at, RECEIPTS.c.record_id)
        .limit(limit)
    )
    return [Promise(*row) for row in await session.execute(wanted)]


async def delete_receipts(session: AsyncSession, group: RecordId, logged: Mapping[RecordId, int | None]) -> None:
    """Delete the receipts of records that are logged now, because the log is the better proof.

    `logged`: by record the time (ms) of the item that logs it, if a promise for an earlier time stays, as a proof that
    it was broken.
    """
    if await _ANY_KEPT.value(session, group=group) is None:
        return
    timed, broken = [record for record, at in logged.items() if at is not None], set[RecordId]()
    for some in chunks(timed):
        wanted = select(RECEIPTS.c.record_id, RECEIPTS.c.by_at).where(RECEIPTS.c.record_id.in_(some))
        broken |= {record for record, by_at in await session.execute(wanted) if by_at < (logged[record] or 0)}
    await _KEPT.run(session, [record for record in logged if record not in broken])


_ANY_KEPT: Final = Prepared(
    lambda _: select(RECEIPTS.c.record_id).where(RECEIPTS.c.group_id == bindparam("group")).limit(1)
)
_KEPT: Final = AllKeys(lambda keys: delete(RECEIPTS).where(RECEIPTS.c.record_id.in_(keys)))
