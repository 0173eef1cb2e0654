"""What followers on other software are told of a group: what it shows and this pod's floor, own posts, polls, reposts.

Nobody is told of a repost that the post's own group hides, because other software gets it as that group shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models.content.places import LogPlace, where_now
from models.content.posts_and_votes import post_target_key
from models.content.reposts import (
    RepostedPost,
    count_shown_reposts,
    list_reposts,
    list_shown_reposts,
    list_untold_reposts,
)
from models.fediverse.followers import count_shown, list_shown, list_untold
from models.fediverse.told_polls import count_opened_polls, list_opened_polls
from moderation.scores import is_shown
from pod.actions.chain.views import load_view
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.lens.verdicts import shows_of
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget
from protocol.state import GroupState

LATEST_REPOSTS: Final = 50
LATEST_POSTS: Final = 500  # a post that is first shown after more than so many newer ones isn't told any more


async def list_untold_posts(session: AsyncSession, deps: Deps, state: GroupState, since: int) -> list[RecordId]:
    """The group's own posts after record number `since`, the oldest first, then its reposts."""
    shows = await shows_of(session, deps, state)
    untold = await list_untold(session, shows, since, LATEST_POSTS)
    if state.kind == "group":
        reposts = await list_untold_reposts(session, shows, since, LATEST_REPOSTS)
        untold += await _shown_at_home(session, deps, reposts)
    return untold


async def list_told_posts(
    session: AsyncSession, deps: Deps, state: GroupState, limit: int, before: LogPlace | None
) -> tuple[list[RecordId], LogPlace | None]:
    """A page of the group's outbox, the last in its log first, and the `before` of the next page."""
    shows, group = await shows_of(session, deps, state), state.group
    before = await where_now(session, group, before)
    own = await list_shown(session, shows, limit + 1, before=before)
    polls = await list_opened_polls(session, group, limit + 1, before=before)
    reposts = await list_reposts(session, group, limit + 1, before=before) if state.kind == "group" else []
    both = [*own, *polls, *((one.place, one.post) for one in reposts)]
    both.sort(key=lambda found: (found[0], post_target_key(found[1])), reverse=True)
    page = both[:limit]
    asked = [one for one in reposts if (one.place, one.post) in page]
    told = {post for _, post in own}
    told |= {*await _shown_at_home(session, deps, await list_shown_reposts(session, shows, asked))}
    tokens = {poll: PostTarget(poll).token for place, poll in polls if (place, poll) in page}
    hidden = await list_unhosted(session, deps, tokens.values())
    told |= {poll for poll, token in tokens.items() if token not in hidden}
    return [post for _, post in page if post in told], LogPlace(*page[-1]) if len(both) > limit else None


async def count_told_posts(session: AsyncSession, deps: Deps, state: GroupState) -> int:
    """The number of posts and polls in the outbox, also of reposts that their group and polls that the floor hides."""
    shows = await shows_of(session, deps, state)
    reposts = await count_shown_reposts(session, shows) if state.kind == "group" else 0
    return await count_shown(session, shows) + await count_opened_polls(session, state.group) + reposts


async def _shown_at_home(session: AsyncSession, deps: Deps, reposts: Sequence[RepostedPost]) -> list[RecordId]:
    """Those of the reposted posts that their own groups show."""
    groups = {one.group for one in reposts}
    defaults = {group: (await load_view(session, deps, group)).state.default_score for group in groups}
    return [one.post for one in reposts if is_shown(defaults[one.group] + one.sum_micro)]
