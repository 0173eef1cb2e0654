"""A page of posts with everything that a row of it says: names, how the words begin, how many answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from models.content import load_profiles
from models.feed import count_replies
from models.searched import load_excerpts
from moderation.lens import Lens
from pod.actions.reading.access import Reader
from pod.actions.reading.posts import PostPage, list_posts
from pod.deps import Deps
from protocol.ids import RecordId

EXCERPT_LENGTH: Final = 240


class GroupPosts(msgspec.Struct, frozen=True):
    """A page of posts; nicknames by member, beginnings and answers by post, where there are any."""

    page: PostPage
    nicknames: Mapping[int, str]
    excerpts: Mapping[RecordId, str]
    replies: Mapping[RecordId, int]


async def list_group_posts(
    deps: Deps, reader: Reader, group: RecordId, lens: Lens, *, before: int | None, limit: int
) -> GroupPosts:
    """The group's posts in a lens, the latest here first; raises UnknownGroupError."""
    page = await list_posts(deps, reader, group, lens, before=before, limit=limit)
    posts = [line.post for line in page.posts]
    async with deps.database.read() as session:
        profiles = await load_profiles(session, group, {line.author for line in page.posts})
        excerpts = await load_excerpts(session, posts, EXCERPT_LENGTH)
        replies = await count_replies(session, posts)
    nicknames = {number: profile.nickname for number, profile in profiles.items()}
    return GroupPosts(page, nicknames, excerpts, replies)
