"""Which posts followers on other software weren't told of yet, of those that the group and this pod's floor show."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.reposts import list_untold_reposts
from models.fediverse.followers import list_untold
from pod.actions.reading.lens.verdicts import shows_of
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.state import GroupState

LATEST_REPOSTS: Final = 50
LATEST_POSTS: Final = 500  # what was shown so late that more were written since isn't told any more


async def list_untold_posts(session: AsyncSession, deps: Deps, state: GroupState, since: int) -> list[RecordId]:
    """The group's own posts that came after record number `since`, the oldest first, then its reposts."""
    shows = await shows_of(session, deps, state)
    untold = await list_untold(session, shows, since, LATEST_POSTS)
    if state.kind == "group":
        untold += await list_untold_reposts(session, shows, since, LATEST_REPOSTS)
    return untold
