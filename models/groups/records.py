"""The records that this pod accepted, each once, and the place of each in its group's log.

`seq` counts acceptances on this pod: it is the cursor of /pending and the order in which projections are
folded. A record's `wire` is its canonical form with proof; of an erased record, the shape that stays
(protocol §4, Erase).
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import ColumnElement, Index, LargeBinary, bindparam, func, select, text, true, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, bytes_of_id, table_of
from models.engine.statements import AllKeys, EachRow, Prepared
from models.engine.upserts import chunks, insert_on
from protocol.ids import RecordId

State = Literal["pending", "logged", "refused"]
PENDING: Final = "pending"
LOGGED: Final = "logged"
REFUSED: Final = "refused"


_PENDING = text("state = 'pending'")
_OWN_PENDING = text("state = 'pending' AND origin = ''")
_ERASED = text("erased")
_LOGGED = text("log_index IS NOT NULL")


class RecordRow(Base):
    """A content record. `origin`: the pod that brought it; `at`: its author's claim."""

    __tablename__ = "records"
    __table_args__ = (
        Index(None, "group_id", "log_index", unique=True),
        Index(None, "group_id", "state", "seq"),
        Index(None, "group_id", "author", "key", "counter"),
        Index(
            "ix_records_group_id_author_pending", "group_id", "author", sqlite_where=_PENDING, postgresql_where=_PENDING
        ),
        Index(
            "ix_records_group_id_own_pending",
            "group_id",
            "seq",
            sqlite_where=_OWN_PENDING,
            postgresql_where=_OWN_PENDING,
        ),
        Index(
            "ix_records_group_id_author_logged",
            "group_id",
            "author",
            "log_index",
            sqlite_where=_LOGGED,
            postgresql_where=_LOGGED,
        ),
        Index("ix_records_group_id_erased", "group_id", "log_index", sqlite_where=_ERASED, postgresql_where=_ERASED),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[RecordId] = mapped_column(unique=True)
    group_id: Mapped[RecordId]
    type: Mapped[str]
    author: Mapped[int | None]
    key: Mapped[int | None]
    counter: Mapped[int | None]
    at: Mapped[int | None]
    wire: Mapped[bytes]
    log_index: Mapped[int | None]
    state: Mapped[str] = mapped_column(server_default=PENDING)
    erased: Mapped[bool] = mapped_column(server_default="0")
    origin: Mapped[str] = mapped_column(server_default="")
    accepted_at: Mapped[int]


class NewRecord(msgspec.Struct, frozen=True):
    """A record as the one door stores it."""

    id: RecordId
    group_id: RecordId
    type: str
    author: int | None
    key: int | None
    counter: int | None
    at: int | None
    wire: bytes
    accepted_at: int
    origin: str = ""
    state: State = "pending"
    erased: bool = False


class StoredRecord(msgspec.Struct, frozen=True):
    """A record as it is stored."""

    seq: int
    id: RecordId
    group_id: RecordId
    type: str
    author: int | None
    key: int | None
    counter: int | None
    at: int | None
    wire: bytes
    log_index: int | None
    state: str
    erased: bool
    origin: str
    accepted_at: int


RECORDS = table_of(RecordRow)
_COLUMNS = [RECORDS.c[name] for name in StoredRecord.__struct_fields__]


_INSERT: Final = EachRow(
    lambda engine: insert_on(engine, RECORDS).on_conflict_do_nothing(index_elements=["id"]), NewRecord.__struct_fields__
)


_LAST: Final = Prepared(lambda _: select(func.max(RECORDS.c.seq)))
_AFTER: Final = Prepared(
    lambda _: select(type_coerce(RECORDS.c.id, LargeBinary), RECORDS.c.seq).where(RECORDS.c.seq > bindparam("seq"))
)


async def insert_records(session: AsyncSession, records: Sequence[NewRecord]) -> dict[RecordId, int]:
    """Store the records that aren't here yet; returns these with their `seq`. Known records cost nothing."""
    if not records:
        return {}
    # Nobody else writes meanwhile, so the records with a higher number afterwards are the new ones.
    before = await _LAST.value(session)
    await _INSERT.run(session, [msgspec.structs.asdict(record) for record in records])
    numbers: dict[bytes, int] = dict(await _AFTER.run(session, seq=before or 0))
    places = {record.id: numbers.get(bytes_of_id(record.id)) for record in records}
    return {record: seq for record, seq in places.items() if seq is not None}


async def load_record(session: AsyncSession, record: RecordId) -> StoredRecord | None:
    row = (await session.execute(select(*_COLUMNS).where(RECORDS.c.id == record))).one_or_none()
    return StoredRecord(*row) if row else None


async def load_records(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, StoredRecord]:
    """Those of the records that are here, by id."""
    found: dict[RecordId, StoredRecord] = {}
    for some in chunks(records):
        for row in await session.execute(select(*_COLUMNS).where(RECORDS.c.id.in_(some))):
            found[row.id] = StoredRecord(*row)
    return found


async def load_known(session: AsyncSession, records: Collection[RecordId]) -> set[RecordId]:
    """Those of the records that are here, also refused ones."""
    known: set[RecordId] = set()
    for some in chunks(records):
        known.update(await session.scalars(select(RECORDS.c.id).where(RECORDS.c.id.in_(some))))
    return known


async def load_places(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, int]:
    """Where those of the records stand that a log has."""
    places: dict[RecordId, int] = {}
    for some in chunks(records):
        wanted = select(RECORDS.c.id, RECORDS.c.log_index).where(RECORDS.c.id.in_(some), RECORDS.c.log_index >= 0)
        places.update((row.id, row.log_index) for row in await session.execute(wanted))
    return places


async def list_records(
    session: AsyncSession, group: RecordId | None, after_seq: int, limit: int, *, author: int | None = None
) -> list[StoredRecord]:
    """Accepted records that still count, by `seq`; projections are folded from these."""
    wanted = (
        select(*_COLUMNS)
        .where(RECORDS.c.seq > after_seq, RECORDS.c.state != REFUSED)
        .where(RECORDS.c.group_id == group if group is not None else true())
        .where(RECORDS.c.author == author if author is not None else true())
        .order_by(RECORDS.c.seq)
        .limit(limit)
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]


async def list_pending(session: AsyncSession, group: RecordId, after_seq: int, limit: int) -> list[StoredRecord]:
    """Accepted records that the group's log lacks, by `seq`."""
    wanted = (
        select(*_COLUMNS)
        .where(RECORDS.c.group_id == group, RECORDS.c.state == PENDING, RECORDS.c.seq > after_seq)
        .order_by(RECORDS.c.seq)
        .limit(limit)
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]


async def list_own_pending(session: AsyncSession, group: RecordId, after_seq: int, limit: int) -> list[StoredRecord]:
    """Records written here that the group's log lacks, by `seq`."""
    wanted = (
        select(*_COLUMNS)
        .where(RECORDS.c.group_id == group, _OWN_PENDING, RECORDS.c.seq > after_seq)
        .order_by(RECORDS.c.seq)
        .limit(limit)
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]


async def has_pending(session: AsyncSession, group: RecordId, author: int, kind: str) -> bool:
    """Whether a record of this kind and author waits for the log."""
    wanted = select(RECORDS.c.id).where(RECORDS.c.group_id == group, _PENDING, RECORDS.c.author == author)
    return await session.scalar(wanted.where(RECORDS.c.type == kind).limit(1)) is not None


async def list_authors_of(session: AsyncSession, group: RecordId, states: Collection[str]) -> list[int]:
    """The authors with records of the group in one of these states, sorted."""
    wanted = select(RECORDS.c.author).where(RECORDS.c.group_id == group, RECORDS.c.state.in_(states)).distinct()
    return sorted(author for author in await session.scalars(wanted) if author is not None)


async def list_of_author(
    session: AsyncSession, group: RecordId, states: Collection[str], author: int
) -> list[StoredRecord]:
    """An author's records of the group in one of these states, by `seq`."""
    wanted = select(*_COLUMNS).where(
        RECORDS.c.group_id == group, RECORDS.c.state.in_(states), RECORDS.c.author == author
    )
    return [StoredRecord(*row) for row in await session.execute(wanted.order_by(RECORDS.c.seq))]


async def list_log(session: AsyncSession, group: RecordId, start: int, limit: int) -> list[StoredRecord]:
    """The group's log from index `start` on, in order."""
    wanted = (
        select(*_COLUMNS)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index >= start)
        .order_by(RECORDS.c.log_index)
        .limit(limit)
    )
    return [StoredRecord(*row) for row in await session.execute(wanted)]


async def count_erased(session: AsyncSession, group: RecordId, start: int, end: int) -> tuple[int, int]:
    """How many of the log's entries start … end − 1 are erased, and the sum of their places."""
    rows = await _ERASED_IN.run(session, group=group, start=start, end=end)
    return rows[0][0], int(rows[0][1] or 0)


_COUNT_AND_SUM: Final[list[ColumnElement[Any]]] = [func.count(), func.sum(RECORDS.c.log_index)]
_ERASED_IN: Final = Prepared(
    lambda _: select(*_COUNT_AND_SUM).where(
        RECORDS.c.group_id == bindparam("group"),
        _ERASED,
        RECORDS.c.log_index >= bindparam("start"),
        RECORDS.c.log_index < bindparam("end"),
    )
)


async def load_oldest_record(session: AsyncSession, group: RecordId, log_size: int) -> int | None:
    """When the oldest record that the first `log_size` log entries lack was accepted; None if there is none."""
    oldest = select(func.min(RECORDS.c.accepted_at)).where(RECORDS.c.group_id == group)
    pending: int | None = await session.scalar(oldest.where(RECORDS.c.state == PENDING))
    logged: int | None = await session.scalar(oldest.where(RECORDS.c.log_index >= log_size))
    return min((time for time in (pending, logged) if time is not None), default=None)


async def list_overtaken(
    session: AsyncSession, group: RecordId, *, accepted_before: int, limit: int
) -> list[tuple[RecordId, int]]:
    """Pending records (id, accepted at) accepted before then, although the log has some that came later."""
    latest = (
        select(RECORDS.c.accepted_at)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index.is_not(None))
        .order_by(RECORDS.c.log_index.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(RECORDS.c.id, RECORDS.c.accepted_at)
        .where(RECORDS.c.group_id == group, RECORDS.c.state == PENDING)
        .where(RECORDS.c.accepted_at < accepted_before, RECORDS.c.accepted_at < latest)
        .order_by(RECORDS.c.seq)
        .limit(limit)
    )
    return [(record, at) for record, at in await session.execute(wanted)]


async def list_placed(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, int]:
    """The log indexes of those records that are in their log."""
    found: dict[RecordId, int] = {}
    for some in chunks(records):
        wanted = select(RECORDS.c.id, RECORDS.c.log_index)
        rows = await session.execute(wanted.where(RECORDS.c.id.in_(some), RECORDS.c.log_index.is_not(None)))
        found.update((record, place) for record, place in rows)
    return found


_PENDING_SIZES: Final = AllKeys(
    lambda keys: (
        select(RECORDS.c.author, func.count(), func.sum(func.length(RECORDS.c.wire)))
        .where(RECORDS.c.group_id == bindparam("group"), _PENDING, RECORDS.c.author.in_(keys))
        .group_by(RECORDS.c.author)
    )
)


async def list_refused(session: AsyncSession, records: Collection[RecordId]) -> list[RecordId]:
    """Those of the records that are refused here."""
    found: list[RecordId] = []
    for some in chunks(records):
        wanted = select(RECORDS.c.id).where(RECORDS.c.id.in_(some), RECORDS.c.state == REFUSED)
        found += await session.scalars(wanted)
    return found


async def list_refused_of(session: AsyncSession, group: RecordId, authors: Collection[int]) -> list[int]:
    """Those of the authors who have refused records of the group here."""
    found: set[int] = set()
    for some in chunks(authors):
        wanted = select(RECORDS.c.author).where(RECORDS.c.group_id == group, RECORDS.c.author.in_(some))
        found.update(author for author in await session.scalars(wanted.where(RECORDS.c.state == REFUSED)) if author)
    return sorted(found)


async def load_pending_sizes(
    session: AsyncSession, group: RecordId, authors: Collection[int]
) -> dict[int, tuple[int, int]]:
    """For each of these authors the number of pending records and their bytes."""
    rows = await _PENDING_SIZES.run(session, authors, group=group)
    return {author: (count, size) for author, count, size in rows}


async def set_logged(session: AsyncSession, places: Sequence[tuple[RecordId, int]]) -> None:
    """Store the records' places in their group's log; raises IntegrityError if a place is taken."""
    await _update_each(session, [(record, {"log_index": index, "state": LOGGED}) for record, index in places])


async def set_state(session: AsyncSession, records: Collection[RecordId], state: State) -> None:
    """Set the records to this state: refused or pending."""
    for some in chunks(records):
        await session.execute(update(RECORDS).where(RECORDS.c.id.in_(some)).values(state=state))


async def cut_log(session: AsyncSession, group: RecordId, size: int) -> dict[RecordId, str]:
    """Cut the group's log at `size` entries; returns those that were cut, with their types: they are pending again."""
    cut = (
        update(RECORDS)
        .where(RECORDS.c.group_id == group, RECORDS.c.log_index >= size)
        .values(log_index=None, state=PENDING)
        .returning(RECORDS.c.id, RECORDS.c.type)
    )
    return {row.id: row.type for row in await session.execute(cut)}


async def erase_records(session: AsyncSession, shapes: Sequence[tuple[RecordId, bytes]]) -> None:
    """Replace the wires of erased records by their shapes, and delete their times."""
    await _update_each(session, [(record, {"wire": shape, "erased": True, "at": None}) for record, shape in shapes])


async def load_erased_authors(session: AsyncSession, records: Collection[RecordId]) -> dict[RecordId, int]:
    """For those records of which only the shape is here, the author that it names."""
    found: dict[RecordId, int] = {}
    for some in chunks(records):
        wanted = select(RECORDS.c.id, RECORDS.c.author).where(RECORDS.c.id.in_(some), RECORDS.c.erased.is_(True))
        found.update((own_id, author or 0) for own_id, author in await session.execute(wanted))
    return found


async def restore_record(session: AsyncSession, record: NewRecord) -> None:
    """Put a whole record in place of its shape; its log index stays."""
    whole = {name: getattr(record, name) for name in ("type", "author", "key", "counter", "at", "wire", "origin")}
    await session.execute(update(RECORDS).where(RECORDS.c.id == record.id).values(**whole, erased=False))


async def _update_each(session: AsyncSession, changes: Sequence[tuple[RecordId, dict[str, Any]]]) -> None:
    if changes:
        rows = [{"of_id": record, **{f"new_{n}": v for n, v in values.items()}} for record, values in changes]
        await _update_of(tuple(changes[0][1])).run(session, rows)


@cache
def _update_of(names: tuple[str, ...]) -> EachRow:
    new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return EachRow(lambda _: update(RECORDS).where(RECORDS.c.id == bindparam("of_id")).values(new), ())
