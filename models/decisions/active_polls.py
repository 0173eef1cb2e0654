"""Polls that aren't final yet, and the groups in which there are some, found without a look at those that are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.deadlines import NEVER
from models.decisions.polls import OPENINGS, POLLS, StoredPoll
from models.engine.statements import AllKeys, Prepared
from models.groups.groups_and_items import ITEMS
from protocol.ids import RecordId


async def list_active(session: AsyncSession, groups: Collection[RecordId], *, most: int) -> list[StoredPoll]:
    """The groups' opened polls that aren't final, the latest first; `most` of them."""
    rows = await _ACTIVE.run(session, groups, never=NEVER, most=most)
    found = {row[0]: StoredPoll(*row) for row in rows}
    return sorted(found.values(), key=lambda one: (-one.place, one.id))[:most]


async def list_deciding(session: AsyncSession) -> list[RecordId]:
    """Groups in which an opened poll isn't final."""
    return [group for (group,) in await _DECIDING.run(session, never=NEVER)]


_DECIDING: Final = Prepared(
    lambda _: select(OPENINGS.c.group_id).distinct().where(OPENINGS.c.look_at < bindparam("never"))
)


_COLUMNS: Final = [POLLS.c[name] for name in StoredPoll.__struct_fields__]
_ACTIVE: Final = AllKeys(
    lambda keys: (
        select(*_COLUMNS)
        .join(OPENINGS, (POLLS.c.id == OPENINGS.c.poll_id) & (POLLS.c.group_id == OPENINGS.c.group_id))
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(OPENINGS.c.group_id.in_(keys), OPENINGS.c.look_at < bindparam("never"), ITEMS.c.on_chain)
        .order_by(POLLS.c.place.desc(), POLLS.c.id)
        .limit(bindparam("most", type_=Integer))
    )
)
