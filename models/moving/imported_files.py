"""Copies of accounts that came as files, one for each person; and files that browsers sent and nobody has read yet."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import ForeignKey, LargeBinary, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_new, upsert
from models.moving.kept_copies import CLASSES_HELD, delete_copy
from protocol.ids import RecordId
from protocol.keys import DidKey

WAITING: Final = "waiting"
READ: Final = "read"
REFUSED: Final = "refused"
MOST_ALIKE: Final = 20
MOST_DROPPED: Final = 20  # copies at once: a long one takes a while


class FileCopyRow(Base):
    """A copy that came as a file. See `FileCopy`."""

    __tablename__ = "file_copies"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"))
    recovery: Mapped[DidKey] = mapped_column(index=True)
    name: Mapped[str]
    at: Mapped[int]
    due_at: Mapped[int | None] = mapped_column(index=True)
    expires_at: Mapped[int]
    outcome: Mapped[bytes | None] = mapped_column(LargeBinary)
    rank: Mapped[str] = mapped_column(server_default="")


class FileCopy(msgspec.Struct, frozen=True):
    """A person's copy that came as a file. `recovery`: their public recovery key in it; `at`: its manifest's time.

    `name`: wished here, or "". `due_at`: when what the words brought here is next looked at; None: no words were given.
    `outcome`: as JSON, once the copy has given its account here what it holds. `rank`: of its chain (`chain_rank`).
    """

    group_id: RecordId
    copy_id: int
    recovery: DidKey
    name: str
    at: int
    due_at: int | None
    expires_at: int
    outcome: bytes | None = None
    rank: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """Of two copies of one person the one with the higher place counts: the longer chain, then the later one."""
        return self.rank, self.at


class UploadRow(Base):
    """A file that a browser sent. See `Upload`."""

    __tablename__ = "uploads"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    file: Mapped[str]
    state: Mapped[str]
    size: Mapped[int]
    part: Mapped[str]
    done: Mapped[int]
    total: Mapped[int]
    tries: Mapped[int]
    said: Mapped[bytes | None] = mapped_column(LargeBinary)
    group_id: Mapped[RecordId | None]
    due_at: Mapped[int] = mapped_column(index=True)
    payer: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[int] = mapped_column(server_default="0")


class Upload(msgspec.Struct, frozen=True):
    """A file that a browser sent, known by the hash of the secret that it keeps. `file`: the name under which it lies.

    `state`: waiting, read or refused. `part`, `done`, `total`: how far reading is; `tries`: how often it was begun.
    `said`: why it was refused, as JSON. `group_id`: whose copy it became. `due_at`: when it is read, or forgotten.
    `payer`: the hash of the network address that it came from, while it waits. `at`: the time of its manifest.
    """

    sha256: bytes
    file: str
    state: str
    size: int
    part: str = ""
    done: int = 0
    total: int = 0
    tries: int = 0
    said: bytes | None = None
    group_id: RecordId | None = None
    due_at: int = 0
    payer: bytes | None = None
    at: int = 0


FILE_COPIES: Final = table_of(FileCopyRow)
UPLOADS: Final = table_of(UploadRow)
_OF_COPY = [FILE_COPIES.c[name] for name in FileCopy.__struct_fields__]
_OF_UPLOAD = [UPLOADS.c[name] for name in Upload.__struct_fields__]


async def put_file_copy(session: AsyncSession, copy: FileCopy) -> None:
    """Store it in place of what was known of the person's copy."""
    await upsert(session, FILE_COPIES, [msgspec.structs.asdict(copy)])


async def load_file_copy(session: AsyncSession, group: RecordId) -> FileCopy | None:
    """The copy of this person that came as a file."""
    row = (await session.execute(select(*_OF_COPY).where(FILE_COPIES.c.group_id == group))).one_or_none()
    return FileCopy(*row) if row else None


async def find_file_copies(session: AsyncSession, dids: Collection[DidKey]) -> list[FileCopy]:
    """The newest copies that name one of these recovery keys. Anybody can found a group that names another's key."""
    wanted = select(*_OF_COPY).where(FILE_COPIES.c.recovery.in_(dids)).order_by(FILE_COPIES.c.copy_id.desc())
    return [FileCopy(*row) for row in await session.execute(wanted.limit(MOST_ALIKE))]


async def next_due_copy(session: AsyncSession) -> FileCopy | None:
    """Of the copies whose persons gave their words here, the one that is looked at next."""
    wanted = select(*_OF_COPY).where(FILE_COPIES.c.due_at.is_not(None)).order_by(FILE_COPIES.c.due_at).limit(1)
    row = (await session.execute(wanted)).one_or_none()
    return FileCopy(*row) if row else None


async def drop_old_file_copies(session: AsyncSession, *, now: int) -> None:
    """Drop some of the copies that became no account in time, and those that gave theirs all they hold."""
    wanted = select(*_OF_COPY).where(FILE_COPIES.c.expires_at <= now)
    for row in (await session.execute(wanted.limit(MOST_DROPPED))).all():
        await drop_file_copy(session, FileCopy(*row))


async def drop_file_copy(session: AsyncSession, copy: FileCopy) -> None:
    """Delete a copy that came as a file."""
    await session.execute(delete(FILE_COPIES).where(FILE_COPIES.c.group_id == copy.group_id))
    await delete_copy(session, copy.copy_id)


async def first_unclaimed_file(session: AsyncSession, *, until: int) -> FileCopy | None:
    """The copy for which nobody gave their words and that ends first, by `until`; None: each ends later."""
    wanted = select(*_OF_COPY).where(FILE_COPIES.c.due_at.is_(None), FILE_COPIES.c.expires_at <= until)
    row = (await session.execute(wanted.order_by(FILE_COPIES.c.expires_at).limit(1))).one_or_none()
    return FileCopy(*row) if row else None


async def put_upload(session: AsyncSession, upload: Upload) -> None:
    """Store that a file was sent."""
    await insert_new(session, UPLOADS, [msgspec.structs.asdict(upload)])


async def load_upload(session: AsyncSession, sha256: bytes) -> Upload | None:
    row = (await session.execute(select(*_OF_UPLOAD).where(UPLOADS.c.sha256 == sha256))).one_or_none()
    return Upload(*row) if row else None


async def count_uploads(session: AsyncSession, payer: bytes) -> tuple[int, int]:
    """How many files lie here to be read, and how many of them came from this address."""
    of_payer = func.count().filter(UPLOADS.c.payer == payer)
    row = (await session.execute(select(func.count(), of_payer).where(UPLOADS.c.state == WAITING))).one()
    return int(row[0]), int(row[1])


async def measure_file_copies(session: AsyncSession) -> int:
    """The bytes of all copies that came as files."""
    held = select(func.coalesce(func.sum(CLASSES_HELD.c.bytes), 0))
    return int(await session.scalar(held.where(CLASSES_HELD.c.copy_id.in_(select(FILE_COPIES.c.copy_id)))) or 0)


async def claim_upload(session: AsyncSession, *, now: int, until: int) -> Upload | None:
    """Claim the file that waits longest until `until`; one at a time is read on a pod."""
    busy = select(UPLOADS.c.sha256).where(UPLOADS.c.state == WAITING, UPLOADS.c.tries > 0, UPLOADS.c.due_at > now)
    if await session.scalar(busy.limit(1)) is not None:
        return None
    due = select(*_OF_UPLOAD).where(UPLOADS.c.state == WAITING, UPLOADS.c.due_at <= now)
    row = (await session.execute(due.order_by(UPLOADS.c.due_at, UPLOADS.c.sha256).limit(1))).one_or_none()
    if row is None:
        return None
    found = Upload(*row)
    claimed = msgspec.structs.replace(found, due_at=until, tries=found.tries + 1)
    await upsert(session, UPLOADS, [msgspec.structs.asdict(claimed)])
    return claimed


async def note_upload(session: AsyncSession, upload: Upload) -> bool:
    """Store how far it is; False if another process reads it now, or it was given up."""
    mine = (UPLOADS.c.sha256 == upload.sha256, UPLOADS.c.tries == upload.tries, UPLOADS.c.state == WAITING)
    changes = msgspec.structs.asdict(upload)
    return await session.scalar(update(UPLOADS).where(*mine).values(changes).returning(UPLOADS.c.file)) is not None


async def first_import_at(session: AsyncSession) -> int | None:
    """When something is next to be done for any file or copy; None: never."""
    times = [
        await session.scalar(select(func.min(column)))
        for column in (UPLOADS.c.due_at, FILE_COPIES.c.due_at, FILE_COPIES.c.expires_at)
    ]
    return min((time for time in times if time is not None), default=None)


async def forget_uploads(session: AsyncSession, *, now: int) -> None:
    """Forget those that were read or refused a while ago."""
    await session.execute(delete(UPLOADS).where(UPLOADS.c.state != WAITING, UPLOADS.c.due_at <= now))


async def list_upload_files(session: AsyncSession) -> list[str]:
    """The names of all files that wait to be read; `count_uploads` bounds them. What isn't named is deleted."""
    return list(await session.scalars(select(UPLOADS.c.file).where(UPLOADS.c.state == WAITING)))
