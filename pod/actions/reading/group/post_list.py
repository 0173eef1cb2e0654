"""A page of posts with everything that a row of it says: names, how the words begin, how many answered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import load_group_names
from models.content.places import LogPlace
from models.content.posts_and_votes import load_tallies
from models.content.replies import count_answers
from models.people.accounts import Account
from models.people.mutes import load_muted
from moderation.lens import Lens
from pod.actions.access import Reader, open_state
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.lens.verdicts import Author
from pod.actions.reading.post.cards import load_excerpts
from pod.actions.reading.post.posts import PostPage, list_posts
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget


class GroupPosts(msgspec.Struct, frozen=True):
    """A page of posts. `nicknames` by (group, member); `excerpts` and `replies` (their number) by post.

    `names`: of the groups from which posts are reposted. `plain`: the reader hides none of the posts, so every reader
    gets the same page.
    """

    page: PostPage
    nicknames: Mapping[Author, str]
    names: Mapping[RecordId, str]
    excerpts: Mapping[RecordId, str]
    replies: Mapping[RecordId, int]
    plain: bool = True


async def list_group_posts(
    deps: Deps, reader: Reader, group: RecordId, lens: Lens, *, before: LogPlace | None, limit: int
) -> GroupPosts:
    """The group's posts in a lens, the last in the group's log first; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        # The reader's right is checked every time, also if the page is already in memory.
        for one in {group, *lens.groups}:
            await open_state(session, deps, reader, one)
        seen = await deps.store.remember(
            ("posts", group, lens, before, limit),
            partial(_load, deps, reader, group, lens, before, limit, everybody=True),
        )
        if reader is None:
            return seen
        hides = await _hides_any(session, reader, seen.page)
        replies = await _count_answers(session, reader, group, lens, seen.page)
    if hides:
        return msgspec.structs.replace(await _load(deps, reader, group, lens, before, limit), plain=False)
    # The reader may also count answers in groups that not everybody may read.
    return seen if replies == seen.replies else msgspec.structs.replace(seen, replies=replies, plain=False)


async def _count_answers(
    session: AsyncSession, reader: Reader, group: RecordId, lens: Lens, page: PostPage
) -> Mapping[RecordId, int]:
    account = reader.id if reader else None
    return await count_answers(session, [line.post for line in page.posts], account, {group, *lens.groups})


async def _hides_any(session: AsyncSession, reader: Account, page: PostPage) -> bool:
    """Whether the reader hides a post of the page or mutes a writer of one."""
    own = reader.personal_group
    if own is None:
        return False
    tallies = await load_tallies(session, own, [PostTarget(line.post).token for line in page.posts])
    if any(tally.sum_micro < 0 for tally in tallies.values()):
        return True
    return bool(await load_muted(session, reader.id, {(line.group, line.author) for line in page.posts}))


async def _load(
    deps: Deps,
    reader: Reader,
    group: RecordId,
    lens: Lens,
    before: LogPlace | None,
    limit: int,
    *,
    everybody: bool = False,
) -> GroupPosts:
    """The page as the reader sees it. `everybody`: as it is without the reader's own hides."""
    page = await list_posts(deps, reader, group, lens, before=before, limit=limit, everybody=everybody, folded=True)
    told = [line.post for line in page.posts if not line.withheld and not line.warned]
    async with deps.store.database.read() as session:
        nicknames = await load_writers(session, deps, {(line.group, line.author) for line in page.posts})
        names = await load_group_names(session, {line.group for line in page.posts} - {group})
        lenses = dict.fromkeys(told, lens)
        excerpts = await load_excerpts(session, deps, reader, lenses, everybody=everybody)
        replies = await _count_answers(session, None if everybody else reader, group, lens, page)
    return GroupPosts(page, nicknames, names, excerpts, replies)
