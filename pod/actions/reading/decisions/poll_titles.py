"""The titles of polls that a list of other things names, of those that this pod shows."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.decisions.named_polls import load_titles
from models.decisions.polls import load_poll
from models.decisions.said import load_poll_of
from pod.actions.reading.lens.floor import list_unhosted
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget


class CommentedPoll(msgspec.Struct, frozen=True):
    """A poll that a post comments; its title is empty if this pod hides it."""

    id: RecordId
    title: str


async def load_commented(session: AsyncSession, deps: Deps, group: RecordId, record: RecordId) -> CommentedPoll | None:
    """The poll that a record of the group is, or is a proposal or prediction of; else None."""
    stored = await load_poll(session, record)
    poll = stored.id if stored and stored.group_id == group else await load_poll_of(session, group, record)
    if poll is None:
        return None
    return CommentedPoll(poll, (await load_poll_titles(session, deps, group, [poll])).get(poll, ""))


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
