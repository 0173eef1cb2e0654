"""Members and used invitations of each group's settled state, a row each, so that a change costs what it changes.

With the group's snapshot, which holds all else of that state, they are what a view is folded from. Each row tells at
which height it was written, so that who knows an earlier state reads what changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Index, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import upsert
from protocol.ids import RecordId


class SettledMemberRow(Base):
    """A member in the group's settled state, as `dump_member` writes it."""

    __tablename__ = "settled_members"
    __table_args__ = (Index(None, "group_id", "height"),)

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    wire: Mapped[bytes]
    height: Mapped[int] = mapped_column(server_default="0")


class UsedInvitationRow(Base):
    """How many settled joins carried an invitation."""

    __tablename__ = "used_invitations"
    __table_args__ = (Index(None, "group_id", "height"),)

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    invitation: Mapped[RecordId] = mapped_column(primary_key=True)
    uses: Mapped[int]
    height: Mapped[int] = mapped_column(server_default="0")


_MEMBERS = table_of(SettledMemberRow)
_INVITATIONS = table_of(UsedInvitationRow)


async def put_settled(
    session: AsyncSession, group: RecordId, members: Mapping[int, bytes], uses: Mapping[RecordId, int], *, height: int
) -> None:
    """Store members and uses that are new or changed in the settled state of this height."""
    of = {"group_id": group, "height": height}
    await upsert(session, _MEMBERS, [{**of, "number": n, "wire": wire} for n, wire in members.items()])
    await upsert(session, _INVITATIONS, [{**of, "invitation": one, "uses": count} for one, count in uses.items()])


async def delete_settled(session: AsyncSession, group: RecordId) -> None:
    """Delete a group's members and uses, because another state replaces them."""
    for table in (_MEMBERS, _INVITATIONS):
        await session.execute(delete(table).where(table.c.group_id == group))


async def load_settled(
    session: AsyncSession, group: RecordId, *, above: int = -1
) -> tuple[list[bytes], dict[RecordId, int]]:
    """The members, and the uses of each invitation, that were written at a height above this one."""
    members = await _LATER_MEMBERS.run(session, group=group, above=above)
    uses = await _LATER_USES.run(session, group=group, above=above)
    return [wire for (wire,) in members], dict(uses)


_LATER_MEMBERS: Final = Prepared(
    lambda _: select(_MEMBERS.c.wire).where(
        _MEMBERS.c.group_id == bindparam("group"), _MEMBERS.c.height > bindparam("above")
    )
)
_LATER_USES: Final = Prepared(
    lambda _: select(_INVITATIONS.c.invitation, _INVITATIONS.c.uses).where(
        _INVITATIONS.c.group_id == bindparam("group"), _INVITATIONS.c.height > bindparam("above")
    )
)
