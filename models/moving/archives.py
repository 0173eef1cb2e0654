"""The archives that people asked for: one for each account, being made or ready, until it is too old.

A process that makes one claims it for a while and claims it again as it goes on: if the process dies, another one
begins anew. The row goes when words of the account are erased, and with it the file.
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import ForeignKey, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from models.people.accounts import MEMBERSHIPS
from protocol.ids import RecordId


class ArchiveRow(Base):
    """`name`: of its file; `due_at`: when it is made, claimed anew, or dropped. See `StoredArchive`."""

    __tablename__ = "archives"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    private: Mapped[bool]
    state: Mapped[str]
    asked_at: Mapped[int]
    due_at: Mapped[int] = mapped_column(index=True)
    tries: Mapped[int]
    file: Mapped[str]
    number: Mapped[int]
    files: Mapped[int]
    done: Mapped[int]
    total: Mapped[int]
    bytes: Mapped[int]
    made_at: Mapped[int | None]


class StoredArchive(msgspec.Struct, frozen=True):
    """An account's archive. `state`: making, ready, too-large or failed; `tries`: how often it was begun.

    While it is made, `file`, `number`, `files`, `done` and `total` say how far it is; `bytes`: how long it is so far.
    """

    account_id: int
    name: str
    private: bool
    state: str
    asked_at: int
    due_at: int
    tries: int = 0
    file: str = ""
    number: int = 0
    files: int = 0
    done: int = 0
    total: int = 0
    bytes: int = 0
    made_at: int | None = None


ARCHIVES: Final = table_of(ArchiveRow)
MAKING: Final = "making"
_COLUMNS = [ARCHIVES.c[name] for name in StoredArchive.__struct_fields__]


async def put_archive(session: AsyncSession, archive: StoredArchive) -> None:
    """Store it in place of the account's former one."""
    await upsert(session, ARCHIVES, [msgspec.structs.asdict(archive)])


async def load_archive(session: AsyncSession, account: int) -> StoredArchive | None:
    row = (await session.execute(select(*_COLUMNS).where(ARCHIVES.c.account_id == account))).one_or_none()
    return StoredArchive(*row) if row else None


async def first_archive_at(session: AsyncSession) -> int | None:
    """When something is next to be done for any archive; None: never."""
    first: int | None = await session.scalar(select(func.min(ARCHIVES.c.due_at)))
    return first


async def claim_archive(session: AsyncSession, *, now: int, until: int) -> StoredArchive | None:
    """Claim the one that waits longest until `until`, unless another is being made now: one at a time on a pod."""
    busy = select(ARCHIVES.c.account_id).where(
        ARCHIVES.c.state == MAKING, ARCHIVES.c.tries > 0, ARCHIVES.c.due_at > now
    )
    if await session.scalar(busy.limit(1)) is not None:
        return None
    due = select(*_COLUMNS).where(ARCHIVES.c.state == MAKING, ARCHIVES.c.due_at <= now)
    row = (await session.execute(due.order_by(ARCHIVES.c.asked_at, ARCHIVES.c.account_id).limit(1))).one_or_none()
    if row is None:
        return None
    found = StoredArchive(*row)
    claimed = msgspec.structs.replace(found, due_at=until, tries=found.tries + 1)
    await put_archive(session, claimed)
    return claimed


async def note_archive(session: AsyncSession, archive: StoredArchive) -> bool:
    """Store how far it is; False if it isn't asked for any more, or another process makes it."""
    changes = msgspec.structs.asdict(archive)
    mine = (
        ARCHIVES.c.account_id == archive.account_id,
        ARCHIVES.c.name == archive.name,
        ARCHIVES.c.tries == archive.tries,
        ARCHIVES.c.state == MAKING,
    )
    noted = await session.scalar(update(ARCHIVES).where(*mine).values(changes).returning(ARCHIVES.c.account_id))
    return noted is not None


async def drop_old_archives(session: AsyncSession, *, now: int) -> None:
    """Drop those that are no more being made and whose time is over."""
    await session.execute(delete(ARCHIVES).where(ARCHIVES.c.state != MAKING, ARCHIVES.c.due_at <= now))


async def drop_archives_of(session: AsyncSession, group: RecordId, member: int) -> None:
    """Drop that of the account here that is this member: it holds words that were erased just now."""
    account = select(MEMBERSHIPS.c.account_id).where(MEMBERSHIPS.c.group_id == group, MEMBERSHIPS.c.number == member)
    await session.execute(delete(ARCHIVES).where(ARCHIVES.c.account_id.in_(account)))


async def list_archive_names(session: AsyncSession) -> list[str]:
    """The names of all files that are asked for: one an account and week at most. What isn't named is deleted."""
    return list(await session.scalars(select(ARCHIVES.c.name)))
