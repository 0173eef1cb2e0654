"""The titles of polls that a list of other things names, of those that this pod shows."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.named_polls import load_titles
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget


async def load_poll_titles(
    session: AsyncSession, deps: Deps, group: RecordId, polls: Collection[RecordId]
) -> dict[RecordId, str]:
    """Titles by poll. The caller has checked that the reader may read the group; what the floor hides is left out."""
    if not polls:
        return {}
    titles = await load_titles(session, group, polls)
    tokens = {poll: PostTarget(poll).token for poll in titles}
    hidden = await list_unhosted(session, deps, tokens.values())
    return {poll: title for poll, title in titles.items() if tokens[poll] not in hidden}
