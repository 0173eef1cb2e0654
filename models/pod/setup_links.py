"""One-time links to the set-up page: only the hash of each is kept, each works once and for a while."""

from __future__ import annotations

import msgspec
from sqlalchemy import LargeBinary, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of


class SetupLinkRow(Base):
    """A link that a person with a shell on the pod's machine made."""

    __tablename__ = "setup_links"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    created_at: Mapped[int]
    expires_at: Mapped[int]
    used_at: Mapped[int | None]


class SetupLink(msgspec.Struct, frozen=True):
    """A link, as it is stored; valid while `used_at` is None and before `expires_at`."""

    created_at: int
    expires_at: int
    used_at: int | None

    def works(self, now: int) -> bool:
        """Whether it opens the set-up page at `now`."""
        return self.used_at is None and now < self.expires_at


SETUP_LINKS = table_of(SetupLinkRow)


async def insert_setup_link(session: AsyncSession, *, sha256: bytes, now: int, expires_at: int) -> None:
    """Store a new link; deletes links that ended a day ago."""
    await session.execute(delete(SETUP_LINKS).where(SETUP_LINKS.c.expires_at < now - 24 * 3600 * 1000))
    row = {"sha256": sha256, "created_at": now, "expires_at": expires_at, "used_at": None}
    await session.execute(SETUP_LINKS.insert().values(row))


async def load_setup_link(session: AsyncSession, sha256: bytes) -> SetupLink | None:
    """The link of this hash, used or not."""
    wanted = select(SETUP_LINKS.c.created_at, SETUP_LINKS.c.expires_at, SETUP_LINKS.c.used_at)
    row = (await session.execute(wanted.where(SETUP_LINKS.c.sha256 == sha256))).one_or_none()
    return SetupLink(*row) if row else None


async def take_setup_link(session: AsyncSession, sha256: bytes, now: int) -> bool:
    """Use the link up; False if it doesn't exist, was used before, or expired."""
    taken = await session.scalar(
        update(SETUP_LINKS)
        .where(SETUP_LINKS.c.sha256 == sha256, SETUP_LINKS.c.used_at.is_(None), SETUP_LINKS.c.expires_at > now)
        .values(used_at=now)
        .returning(SETUP_LINKS.c.created_at)
    )
    return taken is not None
