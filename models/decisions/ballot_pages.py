"""The ballots of a poll page by page, in the order of the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import BALLOTS, StoredBallot
from models.engine.statements import AllKeys, Prepared
from protocol.ids import RecordId


async def list_ballot_page(
    session: AsyncSession, poll: RecordId, group: RecordId, *, above: int, below: int, most: int
) -> list[StoredBallot]:
    """The first ballots whose places are above one and below another."""
    rows = await _PAGE.run(session, poll=poll, group=group, above=above, below=below, most=most)
    return [StoredBallot(*row) for row in rows]


async def list_ballots_by(
    session: AsyncSession, poll: RecordId, group: RecordId, authors: Collection[int], *, below: int
) -> list[StoredBallot]:
    """All ballots of these members whose places are below one."""
    rows = await _BY.run(session, authors, poll=poll, group=group, below=below)
    return [StoredBallot(*row) for row in rows]


_COLUMNS = [BALLOTS.c[name] for name in StoredBallot.__struct_fields__]
_PAGE: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(
            BALLOTS.c.poll_id == bindparam("poll"),
            BALLOTS.c.group_id == bindparam("group"),
            BALLOTS.c.place > bindparam("above"),
            BALLOTS.c.place < bindparam("below"),
        )
        .order_by(BALLOTS.c.place)
        .limit(bindparam("most"))
    )
)
_BY: Final = AllKeys(
    lambda keys: select(*_COLUMNS).where(
        BALLOTS.c.author.in_(keys),
        BALLOTS.c.poll_id == bindparam("poll"),
        BALLOTS.c.group_id == bindparam("group"),
        BALLOTS.c.place < bindparam("below"),
    )
)
