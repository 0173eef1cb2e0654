"""Members and used invitations of each group's settled state, a row each, so that a change costs what it changes.

With the group's snapshot, which holds all else of that state, they are what a view is folded from.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import upsert
from protocol.ids import RecordId


class SettledMemberRow(Base):
    """A member in the group's settled state, as `dump_member` writes it."""

    __tablename__ = "settled_members"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    wire: Mapped[bytes]


class UsedInvitationRow(Base):
    """How many settled joins carried an invitation."""

    __tablename__ = "used_invitations"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    invitation: Mapped[RecordId] = mapped_column(primary_key=True)
    uses: Mapped[int]


_MEMBERS = table_of(SettledMemberRow)
_INVITATIONS = table_of(UsedInvitationRow)


async def put_settled(
    session: AsyncSession, group: RecordId, members: Mapping[int, bytes], uses: Mapping[RecordId, int]
) -> None:
    """Store members and uses that are new or changed."""
    await upsert(session, _MEMBERS, [{"group_id": group, "number": n, "wire": wire} for n, wire in members.items()])
    rows = [{"group_id": group, "invitation": one, "uses": count} for one, count in uses.items()]
    await upsert(session, _INVITATIONS, rows)


async def delete_settled(session: AsyncSession, group: RecordId) -> None:
    """Delete a group's members and uses, because another state replaces them."""
    for table in (_MEMBERS, _INVITATIONS):
        await session.execute(delete(table).where(table.c.group_id == group))


async def load_settled(session: AsyncSession, group: RecordId) -> tuple[list[bytes], dict[RecordId, int]]:
    """All members, and the number of uses of each invitation."""
    members = await session.scalars(select(_MEMBERS.c.wire).where(_MEMBERS.c.group_id == group))
    uses = await session.execute(
        select(_INVITATIONS.c.invitation, _INVITATIONS.c.uses).where(_INVITATIONS.c.group_id == group)
    )
    return list(members), {row.invitation: row.uses for row in uses}
