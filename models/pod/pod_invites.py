"""Invitations to the pod: how many may come by each, until when, who invited, and who came."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ForeignKey, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_counted, insert_new
from models.people.accounts import ACCOUNTS


class InviteRow(Base):
    """An invitation. `code`: the SHA-256 of its code in hex, so that a copy of the database lets nobody in."""

    __tablename__ = "invites"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(unique=True)
    inviter_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str]
    most_uses: Mapped[int]
    uses: Mapped[int]
    approval: Mapped[bool]
    created_at: Mapped[int]
    expires_at: Mapped[int]
    revoked_at: Mapped[int | None]


class InvitedRow(Base):
    """A person who came by an invitation."""

    __tablename__ = "invited"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    invite_id: Mapped[int] = mapped_column(ForeignKey("invites.id"), index=True)


class Invite(msgspec.Struct, frozen=True):
    """An invitation; `approval`: an admin still decides on each person who uses it."""

    id: int
    code: str
    inviter_id: int
    note: str
    most_uses: int
    uses: int
    approval: bool
    created_at: int
    expires_at: int
    revoked_at: int | None

    def works(self, now: int) -> bool:
        """Whether a person may still use it."""
        return self.revoked_at is None and now < self.expires_at and self.uses < self.most_uses


class InviteLine(msgspec.Struct, frozen=True):
    """An invitation with the inviter's name, and the names of the people who came."""

    invite: Invite
    inviter: str
    came: tuple[str, ...]


INVITES = table_of(InviteRow)
INVITED = table_of(InvitedRow)
_COLUMNS = [INVITES.c[name] for name in Invite.__struct_fields__]


async def insert_invite(session: AsyncSession, invite: Invite) -> int:
    """Store an invitation without its `id`; returns its number."""
    values = msgspec.structs.asdict(invite)
    del values["id"]
    return await insert_counted(session, INVITES, values)


async def load_invite(session: AsyncSession, number: int) -> Invite | None:
    row = (await session.execute(select(*_COLUMNS).where(INVITES.c.id == number))).one_or_none()
    return Invite(*row) if row else None


async def load_invite_by_code(session: AsyncSession, code: str) -> Invite | None:
    row = (await session.execute(select(*_COLUMNS).where(INVITES.c.code == code))).one_or_none()
    return Invite(*row) if row else None


async def take_invite(session: AsyncSession, number: int, *, now: int) -> bool:
    """Use it once more; False if it is used up, expired or revoked."""
    taken = await session.scalar(
        update(INVITES)
        .where(INVITES.c.id == number, INVITES.c.uses < INVITES.c.most_uses, INVITES.c.expires_at > now)
        .where(INVITES.c.revoked_at.is_(None))
        .values(uses=INVITES.c.uses + 1)
        .returning(INVITES.c.id)
    )
    return taken is not None


async def note_invited(session: AsyncSession, account: int, invite: int) -> None:
    await insert_new(session, INVITED, [{"account_id": account, "invite_id": invite}])


async def revoke_invite(session: AsyncSession, number: int, *, now: int) -> None:
    await session.execute(
        update(INVITES).where(INVITES.c.id == number, INVITES.c.revoked_at.is_(None)).values(revoked_at=now)
    )


async def list_invites(session: AsyncSession, limit: int, *, before: int | None = None) -> list[InviteLine]:
    """Invitations, the latest first."""
    wanted: Any = (
        select(*_COLUMNS, ACCOUNTS.c.name)
        .join(ACCOUNTS, ACCOUNTS.c.id == INVITES.c.inviter_id)
        .where(INVITES.c.id < before if before is not None else true())
        .order_by(INVITES.c.id.desc())
        .limit(limit)
    )
    rows = (await session.execute(wanted)).all()
    came = await _who_came(session, [row[0] for row in rows])
    return [InviteLine(Invite(*row[:-1]), row[-1], tuple(came.get(row[0], ()))) for row in rows]


async def _who_came(session: AsyncSession, invites: list[int]) -> dict[int, list[str]]:
    wanted = (
        select(INVITED.c.invite_id, ACCOUNTS.c.name)
        .join(ACCOUNTS, ACCOUNTS.c.id == INVITED.c.account_id)
        .where(INVITED.c.invite_id.in_(invites))
        .order_by(ACCOUNTS.c.name)
    )
    came: dict[int, list[str]] = {}
    for invite, name in await session.execute(wanted):
        came.setdefault(invite, []).append(name)
    return came
