"""Polls that other things name, by their titles."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.polls import POLLS, StoredPoll
from models.engine.statements import AllKeys
from protocol.ids import RecordId


async def load_titles(session: AsyncSession, group: RecordId, polls: Collection[RecordId]) -> dict[RecordId, str]:
    """The titles of those polls that stand in this group."""
    rows = await _NAMED.run(session, polls, group=group)
    found = (StoredPoll(*row) for row in rows)
    return {poll.id: poll.content.title for poll in found}


_COLUMNS = [POLLS.c[name] for name in StoredPoll.__struct_fields__]
_NAMED: Final = AllKeys(
    lambda keys: select(*_COLUMNS).where(POLLS.c.id.in_(keys), POLLS.c.group_id == bindparam("group"))
)
