"""Records as a steward and keepers look at them: what they judge by, and what follows from a place in the log."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.statements import AllKeys, Prepared
from models.engine.upserts import chunks
from models.groups.records import PENDING, RECORDS
from protocol.ids import RecordId


class NextEntry(msgspec.Struct, frozen=True):
    """What of a record says what follows when it gets its place in the log."""

    id: RecordId
    type: str
    author: int | None
    state: str


class Claimed(msgspec.Struct, frozen=True):
    """The part of a record that tells whether it counts: claimed author and key, and the signed text."""

    id: RecordId
    type: str
    author: int | None
    key: int | None
    wire: bytes


_CLAIMS = [RECORDS.c[name] for name in Claimed.__struct_fields__]


async def list_claims_pending(session: AsyncSession, group: RecordId, limit: int) -> list[Claimed]:
    """As `list_pending` from the start, in the form by which a steward judges."""
    return [Claimed(*row) for row in await _CLAIMS_PENDING.run(session, group=group, most=limit)]


_CLAIMS_PENDING: Final = Prepared(
    lambda _: (
        select(*_CLAIMS)
        .where(RECORDS.c.group_id == bindparam("group"), RECORDS.c.state == PENDING)
        .order_by(RECORDS.c.seq)
        .limit(bindparam("most", type_=Integer))
    )
)


async def list_claims_logged(session: AsyncSession, group: RecordId, start: int, end: int) -> list[Claimed]:
    """Log entries start … end − 1, in the form by which a keeper judges."""
    wanted = select(*_CLAIMS).where(
        RECORDS.c.group_id == group, RECORDS.c.log_index >= start, RECORDS.c.log_index < end
    )
    return [Claimed(*row) for row in (await session.execute(wanted.order_by(RECORDS.c.log_index))).all()]


async def load_claims(session: AsyncSession, records: Collection[RecordId]) -> list[Claimed]:
    """Those of the records that are here, in the form by which a keeper judges."""
    found: list[Claimed] = []
    for some in chunks(records):
        found += [Claimed(*row) for row in await session.execute(select(*_CLAIMS).where(RECORDS.c.id.in_(some)))]
    return found


_ENTRIES: Final = AllKeys(
    lambda keys: select(*(RECORDS.c[name] for name in NextEntry.__struct_fields__)).where(RECORDS.c.id.in_(keys))
)


async def load_entries(session: AsyncSession, records: Sequence[RecordId]) -> list[NextEntry]:
    """The records, which are here, in their order."""
    found = {row[0]: NextEntry(*row) for row in await _ENTRIES.run(session, records)}
    return [found[record] for record in records]
