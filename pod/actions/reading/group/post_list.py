"""A page of posts with everything that a row of it says: names, how the words begin, how many answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec

from models.content.home_feed import count_replies
from models.content.lens_sources import load_group_names
from models.content.posts_and_votes import load_tallies
from models.content.search import load_excerpts
from moderation.lens import Lens
from pod.actions.access import Reader, open_group
from pod.actions.reading.group.page_facts import load_writers
from pod.actions.reading.lens.verdicts import Author
from pod.actions.reading.post.posts import PostPage, list_posts
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget

EXCERPT_LENGTH: Final = 240


class GroupPosts(msgspec.Struct, frozen=True):
    """A page of posts; nicknames by (group, member), beginnings and answers by post, where there are any.

    `names` are those of the groups from which posts are reposted.
    `plain`: the reader hides none of them, so the page is everybody's.
    """

    page: PostPage
    nicknames: Mapping[Author, str]
    names: Mapping[RecordId, str]
    excerpts: Mapping[RecordId, str]
    replies: Mapping[RecordId, int]
    plain: bool = True


async def list_group_posts(
    deps: Deps, reader: Reader, group: RecordId, lens: Lens, *, before: int | None, limit: int
) -> GroupPosts:
    """The group's posts in a lens, the latest here first; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        # Every reader is let in anew: what is remembered is asked for by none who may not see it.
        for one in {group, *lens.groups}:
            await open_group(session, deps, reader, one)
    seen = await deps.store.remember(
        ("posts", group, lens, before, limit), partial(_load_for_all, deps, reader, group, lens, before, limit)
    )
    own = reader.personal_group if reader else None
    if own is None:
        return seen
    async with deps.store.database.read() as session:
        tallies = await load_tallies(session, own, [PostTarget(line.post).token for line in seen.page.posts])
    hidden = {token for token, tally in tallies.items() if tally.sum_micro < 0}
    if not hidden:
        return seen
    page = await list_posts(deps, reader, group, lens, before=before, limit=limit)
    return msgspec.structs.replace(seen, page=page, plain=False)


async def _load_for_all(
    deps: Deps, reader: Reader, group: RecordId, lens: Lens, before: int | None, limit: int
) -> GroupPosts:
    """The page as everybody sees it who hides nothing; `reader` only opens what was opened before."""
    everybody = msgspec.structs.replace(reader, personal_group=None) if reader else None
    page = await list_posts(deps, everybody, group, lens, before=before, limit=limit)
    posts = [line.post for line in page.posts]
    async with deps.store.database.read() as session:
        nicknames = await load_writers(session, {(line.group, line.author) for line in page.posts})
        names = await load_group_names(session, {line.group for line in page.posts} - {group})
        excerpts = await load_excerpts(session, posts, EXCERPT_LENGTH)
        replies = await count_replies(session, posts)
    return GroupPosts(page, nicknames, names, excerpts, replies)
