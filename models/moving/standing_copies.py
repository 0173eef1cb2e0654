"""Copies that stay: how far each follows its account, what of it shrank, and the copy that was before that."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import ForeignKey, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.upserts import insert_counted, insert_new
from models.moving.kept_copies import CLASSES_HELD, COPIES, LINES, MANIFESTS, delete_copy
from protocol.ids import RecordId


class StandingCopyRow(Base):
    """See `StandingCopy`."""

    __tablename__ = "standing_copies"

    copy_id: Mapped[int] = mapped_column(ForeignKey("copies.id"), primary_key=True)
    equal_at: Mapped[int]
    refused_at: Mapped[int | None]
    recovery: Mapped[str] = mapped_column(server_default="", index=True)
    shrank: Mapped[str] = mapped_column(server_default="")
    former_id: Mapped[int | None] = mapped_column(ForeignKey("copies.id"))
    former_until: Mapped[int | None]
    rank: Mapped[str] = mapped_column(server_default="")


class StandingCopy(msgspec.Struct, frozen=True):
    """A copy that is kept up to date. `equal_at`: when it was last equal to the account (ms).

    `refused_at`: since when its pod refuses. `recovery`: the person's public recovery key in it. `shrank`: the classes
    that lost half at once, with blanks between; the copy as it was before is `former_id`, until `former_until`.
    `rank`: of its chain (`chain_rank`).
    """

    copy_id: int
    equal_at: int
    refused_at: int | None = None
    recovery: str = ""
    shrank: str = ""
    former_id: int | None = None
    former_until: int | None = None
    rank: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """As of a copy that came as a file."""
        return self.rank, self.equal_at


MOST_ALIKE: Final = 20
STANDING_COPIES: Final = table_of(StandingCopyRow)
_COLUMNS: Final = [STANDING_COPIES.c[name] for name in StandingCopy.__struct_fields__]


async def insert_standing(session: AsyncSession, standing: StandingCopy) -> None:
    """Have a copy stay, unless that is stored already."""
    await insert_new(session, STANDING_COPIES, [msgspec.structs.asdict(standing)])


async def load_standing(session: AsyncSession, copy: int) -> StandingCopy | None:
    row = (await session.execute(select(*_COLUMNS).where(STANDING_COPIES.c.copy_id == copy))).one_or_none()
    return StandingCopy(*row) if row else None


async def load_standing_of(session: AsyncSession, group: RecordId) -> StandingCopy | None:
    """The standing copy of this person that counts."""
    joined = select(*_COLUMNS).join(COPIES, COPIES.c.id == STANDING_COPIES.c.copy_id)
    order = STANDING_COPIES.c.rank.desc(), STANDING_COPIES.c.equal_at.desc(), STANDING_COPIES.c.copy_id.desc()
    row = (await session.execute(joined.where(COPIES.c.group_id == group).order_by(*order).limit(1))).one_or_none()
    return StandingCopy(*row) if row else None


async def set_standing(session: AsyncSession, copy: int, **changes: Any) -> None:
    """Set columns by name."""
    await session.execute(update(STANDING_COPIES).where(STANDING_COPIES.c.copy_id == copy).values(**changes))


async def find_standing(
    session: AsyncSession, dids: Collection[str], *, groups: Collection[RecordId] | None = None
) -> list[StandingCopy]:
    """The newest standing copies that name one of these keys; `groups`: of these people, if not of all.

    Anybody can found a group that names another's key, so the copy of a group that is known is asked for by the group.
    """
    wanted = select(*_COLUMNS).where(STANDING_COPIES.c.recovery.in_(dids)).order_by(STANDING_COPIES.c.copy_id.desc())
    if groups is not None:
        wanted = wanted.join(COPIES, COPIES.c.id == STANDING_COPIES.c.copy_id).where(COPIES.c.group_id.in_(groups))
    return [StandingCopy(*row) for row in await session.execute(wanted.limit(MOST_ALIKE))]


async def delete_standing(session: AsyncSession, copy: int) -> None:
    """Have a copy stand no more; its lines stay."""
    await session.execute(delete(STANDING_COPIES).where(STANDING_COPIES.c.copy_id == copy))


async def duplicate_copy(session: AsyncSession, copy: int, *, now: int) -> int:
    """A second copy with the same lines, which nothing brings up to date; its number."""
    row = (await session.execute(select(COPIES).where(COPIES.c.id == copy))).mappings().one()
    values = {name: value for name, value in row.items() if name != "id"} | {"begun_at": now}
    made = await insert_counted(session, COPIES, values)
    for table in (LINES, CLASSES_HELD, MANIFESTS):
        names = [column.name for column in table.c if column.name != "copy_id"]
        same = select(literal(made), *(table.c[name] for name in names)).where(table.c.copy_id == copy)
        await session.execute(insert(table).from_select(["copy_id", *names], same))
    return made


async def drop_former(session: AsyncSession, standing: StandingCopy) -> None:
    """Delete the copy as it was before a class shrank."""
    await set_standing(session, standing.copy_id, shrank="", former_id=None, former_until=None)
    if standing.former_id is not None:
        await delete_copy(session, standing.former_id)


async def erase_standing(session: AsyncSession, standing: StandingCopy) -> None:
    """Delete a copy, and the one that it was before a class shrank."""
    await delete_standing(session, standing.copy_id)
    for copy in (standing.former_id, standing.copy_id):
        if copy is not None:
            await delete_copy(session, copy)
