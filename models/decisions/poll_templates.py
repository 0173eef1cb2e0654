"""What a group's polls begin with: lengths, kind and quorum under a name, kept by this pod for each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import LargeBinary, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.engine.columns import Base, table_of
from models.engine.statements import Prepared
from models.engine.upserts import upsert
from protocol.ids import RecordId


class PollTemplateRow(Base):
    """A template of a group. `says`: it as JSON."""

    __tablename__ = "poll_templates"

    group_id: Mapped[RecordId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    says: Mapped[bytes] = mapped_column(LargeBinary)


class StoredTemplate(msgspec.Struct, frozen=True):
    """A template as it is stored."""

    group_id: RecordId
    name: str
    says: bytes


POLL_TEMPLATES: Final = table_of(PollTemplateRow)
_COLUMNS: Final = [POLL_TEMPLATES.c[name] for name in StoredTemplate.__struct_fields__]


async def save_template(session: AsyncSession, template: StoredTemplate) -> None:
    """Store a template; one of the same name is replaced."""
    await upsert(session, POLL_TEMPLATES, [msgspec.structs.asdict(template)])


async def list_templates(session: AsyncSession, group: RecordId, limit: int) -> Sequence[StoredTemplate]:
    """The group's templates by name."""
    return [StoredTemplate(*row) for row in await _BY_NAME.run(session, group=group, most=limit)]


_BY_NAME: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(POLL_TEMPLATES.c.group_id == bindparam("group"))
        .order_by(POLL_TEMPLATES.c.name)
        .limit(bindparam("most"))
    )
)


async def delete_template(session: AsyncSession, group: RecordId, name: str) -> None:
    """Delete a template."""
    await session.execute(
        delete(POLL_TEMPLATES).where(POLL_TEMPLATES.c.group_id == group, POLL_TEMPLATES.c.name == name)
    )
