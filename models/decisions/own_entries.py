"""What some members said of delegates in a group, without a look at anybody else's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.delegations import StoredDelegation
from models.decisions.polls import DELEGATIONS
from models.engine.statements import AllKeys, Prepared
from protocol.ids import RecordId

DECLARATION: Final = ""  # the scope of a declaration


async def list_declarations_of(session: AsyncSession, group: RecordId, author: int) -> list[StoredDelegation]:
    """A member's declarations as delegate, also those that the log lacks."""
    return [StoredDelegation(*row) for row in await _DECLARATIONS.run(session, group=group, author=author)]


async def list_declarations_by(
    session: AsyncSession, group: RecordId, authors: Collection[int], *, below: int
) -> list[StoredDelegation]:
    """The declarations as delegate of these members whose places are below one."""
    return [StoredDelegation(*row) for row in await _DECLARED.run(session, authors, group=group, below=below)]


_COLUMNS = [DELEGATIONS.c[name] for name in StoredDelegation.__struct_fields__]
_DECLARATIONS: Final = Prepared(
    lambda _: select(*_COLUMNS).where(
        DELEGATIONS.c.group_id == bindparam("group"),
        DELEGATIONS.c.author == bindparam("author"),
        DELEGATIONS.c.scope == DECLARATION,
    )
)
_DECLARED: Final = AllKeys(
    lambda keys: select(*_COLUMNS).where(
        DELEGATIONS.c.author.in_(keys),
        DELEGATIONS.c.group_id == bindparam("group"),
        DELEGATIONS.c.scope == DECLARATION,
        DELEGATIONS.c.place < bindparam("below"),
    )
)
