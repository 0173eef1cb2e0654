"""What some people did in polls: the polls of their groups in one list, their ballots, and when they last acted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import BALLOTS, OPENINGS, POLLS, StoredBallot
from models.engine.statements import AllKeys, Prepared, listed
from models.groups.groups_and_items import ITEMS
from models.groups.records import RECORDS
from protocol.ids import RecordId


class OpenedPoll(msgspec.Struct, frozen=True):
    """A poll, its group, and when (ms) it was opened."""

    group: RecordId
    poll: RecordId
    at: int


async def list_opened(
    session: AsyncSession, groups: Collection[RecordId], *, before: int, most: int
) -> list[OpenedPoll]:
    """The polls of these groups that were opened before a time, the latest first."""
    if not groups:
        return []
    rows = await _OPENED.run(session, groups=list(groups), before=before, most=most)
    return [OpenedPoll(*row) for row in rows]


_opened_at = func.min(ITEMS.c.at)
_OPENED: Final = Prepared(
    lambda _: (
        select(POLLS.c.group_id, POLLS.c.id, _opened_at)
        .join(OPENINGS, (OPENINGS.c.poll_id == POLLS.c.id) & (OPENINGS.c.group_id == POLLS.c.group_id))
        .join(ITEMS, ITEMS.c.id == OPENINGS.c.item_id)
        .where(POLLS.c.group_id.in_(listed("groups")), ITEMS.c.on_chain)
        .group_by(POLLS.c.group_id, POLLS.c.id)
        .having(_opened_at < bindparam("before"))
        .order_by(_opened_at.desc(), POLLS.c.id)
        .limit(bindparam("most"))
    )
)


async def list_ballots_by(
    session: AsyncSession, group: RecordId, poll: RecordId, authors: Collection[int]
) -> list[StoredBallot]:
    """The ballots of these members in a poll, also those that the log lacks."""
    return [StoredBallot(*row) for row in await _BALLOTS_BY.run(session, authors, group=group, poll=poll)]


_BALLOTS_BY: Final = AllKeys(
    lambda keys: select(*(BALLOTS.c[name] for name in StoredBallot.__struct_fields__)).where(
        BALLOTS.c.group_id == bindparam("group"),
        BALLOTS.c.poll_id == bindparam("poll"),
        BALLOTS.c.author.in_(keys),
    )
)


async def load_last_acts(session: AsyncSession, group: RecordId, authors: Collection[int]) -> dict[int, int]:
    """By member, the time (ms) that they gave the last record that they signed with their newest key."""
    found: dict[int, int] = {}
    for author in authors:
        at = await _LAST.value(session, group=group, author=author)
        if at is not None:
            found[author] = at
    return found


_LAST: Final = Prepared(
    lambda _: (
        select(RECORDS.c.at)
        .where(RECORDS.c.group_id == bindparam("group"), RECORDS.c.author == bindparam("author"))
        .order_by(RECORDS.c.key.desc(), RECORDS.c.counter.desc())
        .limit(1)
    )
)
