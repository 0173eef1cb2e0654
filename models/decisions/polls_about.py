"""Polls that came from a post, by that post."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import POLLS, StoredPoll
from models.engine.statements import Prepared
from protocol.ids import RecordId


async def list_polls_about(session: AsyncSession, group: RecordId, about: RecordId, *, most: int) -> list[StoredPoll]:
    """The group's polls that came from a post, the latest first."""
    return [StoredPoll(*row) for row in await _ABOUT.run(session, group=group, about=about, most=most)]


_COLUMNS = [POLLS.c[name] for name in StoredPoll.__struct_fields__]
_ABOUT: Final = Prepared(
    lambda _: (
        select(*_COLUMNS)
        .where(POLLS.c.group_id == bindparam("group"), POLLS.c.about == bindparam("about"))
        .order_by(POLLS.c.place.desc(), POLLS.c.id)
        .limit(bindparam("most"))
    )
)
