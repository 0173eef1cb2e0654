"""Records get places in their log, or lose them with a lost branch: what is ordered by them follows."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from sqlalchemy import Column, Table, Update, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import select_place
from models.content.posts_and_votes import VOTES
from models.content.projections.kinds import PROJECTED
from models.content.projections.votes import note_reposts
from models.engine.statements import AllKeys, Parameter
from protocol.ids import RecordId


def _placed(own_id: Column[Any], keys: Parameter) -> Update:
    return update(own_id.table).where(own_id.in_(keys)).values(place=select_place(own_id).scalar_subquery())


# A table's rows have a record each, which is its primary key.
_PLACED: Final = {
    table: AllKeys(partial(_placed, *table.primary_key))
    for table in dict.fromkeys(table for _, kind in PROJECTED for table in kind.ordered if table is not VOTES)
}
_REPOSTS: Final = AllKeys(
    lambda keys: (
        update(VOTES)
        .where(VOTES.c.record_id.in_(keys), VOTES.c.reposted.is_not(None))
        .values(repost_place=select_place(VOTES.c.record_id).scalar_subquery())
        .returning(VOTES.c.group_id, VOTES.c.target)
    )
)


async def project_places(session: AsyncSession, records: Mapping[RecordId, str]) -> None:
    """Give the rows of these records, named with their types, the places that the store has for the records now."""
    in_tables: dict[Table, list[RecordId]] = {table: [] for table in (*_PLACED, VOTES)}
    for record, type_name in records.items():
        kind = PROJECTED.of(type_name)
        for table in kind.ordered if kind is not None else ():
            in_tables[table].append(record)
    for table, placed in _PLACED.items():
        await placed.run(session, in_tables[table])
    await note_reposts(session, {(group, target) for group, target in await _REPOSTS.run(session, in_tables[VOTES])})
