"""Copies of accounts of other pods: lines as they came, which nothing but the copying itself reads.

No page, list, search or document asks these tables. The key of a line is kept as bytes, so both engines order lines as
the protocol does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, and_, delete, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_counted, insert_new, upsert
from protocol.copies import CopyLine
from protocol.ids import RecordId

MANIFESTS_KEPT: Final = 3


class CopyRow(Base):
    """A copy of the account with this personal group, from `pod`. `quota`: its most bytes. `marks`: as JSON."""

    __tablename__ = "copies"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    group_id: Mapped[RecordId] = mapped_column(index=True)
    pod: Mapped[str]
    quota: Mapped[int]
    begun_at: Mapped[int]
    marks: Mapped[bytes] = mapped_column(LargeBinary)


class CopyClassRow(Base):
    """What a copy holds of a class, what the last manifest announced, and how far it was read since it changed."""

    __tablename__ = "copy_classes"

    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    bytes: Mapped[int]
    announced_count: Mapped[int]
    announced_bytes: Mapped[int]
    read_to: Mapped[str] = mapped_column(server_default="")


class CopyLineRow(Base):
    """A line of a copy."""

    __tablename__ = "copy_lines"

    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)


class CopyManifestRow(Base):
    """One of the last manifests of a copy, as its person's key signed it."""

    __tablename__ = "copy_manifests"

    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"), primary_key=True)
    at: Mapped[int] = mapped_column(primary_key=True)
    wire: Mapped[bytes] = mapped_column(LargeBinary)


class KeptCopy(msgspec.Struct, frozen=True):
    """A copy. `marks`: what its pod said of each class when the copy was last equal to the account (`read_marks`)."""

    id: int
    group_id: RecordId
    pod: str
    quota: int
    begun_at: int
    marks: dict[str, str]


class ClassHeld(msgspec.Struct, frozen=True):
    """How much of a class a copy holds, and how much was announced.

    `read_to`: the last line that was read since the copy was equal to the account in this class; "": none.
    """

    count: int = 0
    bytes: int = 0
    announced_count: int = 0
    announced_bytes: int = 0
    read_to: str = ""


class LineSpan(msgspec.Struct, frozen=True):
    """The lines of a class above one key, up to another one, and below a third; "": no such bound."""

    copy: int
    name: str
    after: str = ""
    last: str = ""
    until: str = ""


COPIES: Final = table_of(CopyRow)
CLASSES_HELD: Final = table_of(CopyClassRow)
LINES: Final = table_of(CopyLineRow)
MANIFESTS: Final = table_of(CopyManifestRow)
_HELD: Final = [CLASSES_HELD.c[name] for name in ClassHeld.__struct_fields__]


async def insert_copy(session: AsyncSession, group: RecordId, pod: str, *, quota: int, now: int) -> int:
    """Begin a copy; returns its number."""
    row = {"group_id": group, "pod": pod, "quota": quota, "begun_at": now, "marks": b"{}"}
    return await insert_counted(session, COPIES, row)


async def load_copy(session: AsyncSession, copy: int) -> KeptCopy | None:
    """The copy of this number."""
    columns = [COPIES.c[name] for name in KeptCopy.__struct_fields__]
    row = (await session.execute(select(*columns).where(COPIES.c.id == copy))).mappings().one_or_none()
    return KeptCopy(**{**row, "marks": msgspec.json.decode(row["marks"])}) if row else None


async def delete_copy(session: AsyncSession, copy: int) -> None:
    """Delete a copy with all that belongs to it."""
    for table in (LINES, CLASSES_HELD, MANIFESTS):
        await session.execute(delete(table).where(table.c.copy_id == copy))
    await session.execute(delete(COPIES).where(COPIES.c.id == copy))


async def set_marks(session: AsyncSession, copy: int, marks: Mapping[str, str]) -> None:
    """Note up to which state of the other pod's classes the copy goes."""
    await session.execute(update(COPIES).where(COPIES.c.id == copy).values(marks=msgspec.json.encode(marks)))


async def load_held(session: AsyncSession, copy: int) -> dict[str, ClassHeld]:
    """What the copy holds of each class of which it was told."""
    wanted = select(CLASSES_HELD.c.name, *_HELD).where(CLASSES_HELD.c.copy_id == copy)
    return {name: ClassHeld(*held) for name, *held in await session.execute(wanted)}


async def save_held(session: AsyncSession, copy: int, held: Mapping[str, ClassHeld]) -> None:
    """Store what the copy holds of these classes."""
    rows = [{"copy_id": copy, "name": name, **msgspec.structs.asdict(one)} for name, one in held.items()]
    await upsert(session, CLASSES_HELD, rows)


async def save_manifest(session: AsyncSession, copy: int, at: int, wire: bytes) -> None:
    """Keep a manifest, and drop all but the last three."""
    await insert_new(session, MANIFESTS, [{"copy_id": copy, "at": at, "wire": wire}])
    own = MANIFESTS.c.copy_id == copy
    kept = select(MANIFESTS.c.at).where(own).order_by(MANIFESTS.c.at.desc()).limit(MANIFESTS_KEPT)
    await session.execute(delete(MANIFESTS).where(own, MANIFESTS.c.at.not_in(kept.scalar_subquery())))


async def load_last_manifest_at(session: AsyncSession, copy: int) -> int | None:
    """The time of the latest manifest, by its pod's clock (ms): when something had changed last."""
    latest: int | None = await session.scalar(select(func.max(MANIFESTS.c.at)).where(MANIFESTS.c.copy_id == copy))
    return latest


async def list_manifests(session: AsyncSession, copy: int) -> list[bytes]:
    """The manifests that are kept, the latest first."""
    wanted = select(MANIFESTS.c.wire).where(MANIFESTS.c.copy_id == copy).order_by(MANIFESTS.c.at.desc())
    return list(await session.scalars(wanted))


async def list_lines(session: AsyncSession, span: LineSpan, limit: int) -> list[CopyLine]:
    """The first lines of a span."""
    wanted = select(LINES.c.key, LINES.c.text).where(_within(span)).order_by(LINES.c.key).limit(limit)
    return [CopyLine(key.decode(), text) for key, text in await session.execute(wanted)]


async def load_last_key(session: AsyncSession, span: LineSpan) -> str:
    """The key of the span's last line; "" if it has none."""
    key = await session.scalar(select(LINES.c.key).where(_within(span)).order_by(LINES.c.key.desc()).limit(1))
    return key.decode() if key is not None else ""


async def measure_span(session: AsyncSession, span: LineSpan) -> tuple[int, int]:
    """How many lines a span has, and their bytes."""
    counted = select(func.count(), func.coalesce(func.sum(func.length(LINES.c.text)), 0)).where(_within(span))
    count, size = (await session.execute(counted)).one()
    return int(count), int(size)


async def replace_lines(session: AsyncSession, span: LineSpan, lines: Sequence[CopyLine]) -> None:
    """Have a span hold exactly these lines; one that is there already isn't written again."""
    keys = [line.key.encode() for line in lines]
    within = _within(span)
    await session.execute(delete(LINES).where(within, LINES.c.key.not_in(keys)))
    there = await session.execute(select(LINES.c.key, LINES.c.text).where(within))
    known: dict[bytes, bytes] = {row.key: row.text for row in there}
    rows: list[dict[str, Any]] = [
        {"copy_id": span.copy, "name": span.name, "key": key, "text": line.text}
        for key, line in zip(keys, lines, strict=True)
        if known.get(key) != line.text
    ]
    await upsert(session, LINES, rows)


def _within(span: LineSpan) -> ColumnElement[bool]:
    return and_(
        LINES.c.copy_id == span.copy,
        LINES.c.name == span.name,
        LINES.c.key > span.after.encode(),
        LINES.c.key <= span.last.encode() if span.last else true(),
        LINES.c.key < span.until.encode() if span.until else true(),
    )
