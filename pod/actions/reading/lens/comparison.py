"""Two lenses over the same things: a post's paragraphs, or the last posts of a group before somebody follows a lens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.lens_sources import list_voted, load_group_names, load_sums
from moderation.lens import Comparison, Lens, compare
from moderation.shown import lets_through
from pod.actions.access import Reader, open_group
from pod.actions.reading.group.page_facts import GroupSummary, describe_summary
from pod.actions.reading.group.profiles import load_nicknames, load_writers
from pod.actions.reading.lens.verdicts import Author
from pod.actions.reading.post.posts import PostLine, list_posts
from pod.actions.reading.post.text import VisiblePost, author_of, load_reading
from pod.budgets.heavy import computed
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import Address, PostTarget
from protocol.visibility import see

MOST_STRIPES = 6
POSTS_TO_PREVIEW = 50


class Stripe(msgspec.Struct, frozen=True):
    """The paragraphs of the post that one group, which voted on it, shows."""

    group: RecordId
    name: str
    shown: frozenset[Address]


class Compared(msgspec.Struct, frozen=True):
    """A post in two lenses: `first` and `second` are the paragraphs that each lens shows."""

    reading: VisiblePost
    lenses: tuple[Lens, Lens]
    first: frozenset[Address]
    second: frozenset[Address]
    stripes: tuple[Stripe, ...]
    names: Mapping[RecordId, str]
    nicknames: Mapping[int, str]


class Preview(msgspec.Struct, frozen=True):
    """The last posts of a group as they are shown now, and as a new lens would show them."""

    summary: GroupSummary
    lens: GroupSummary
    posts: tuple[PostLine, ...]
    comparison: Comparison
    nicknames: Mapping[Author, str]


async def compare_lenses(
    deps: Deps, reader: Reader, group: RecordId, post: RecordId, first: Lens, second: Lens | None
) -> Compared:
    """A post in two lenses. Without `second`, that is the group with most votes on the post besides `first`."""
    async with deps.store.database.read() as session:
        reading = await load_reading(session, deps, reader, group, post, first)
        account = reader.id if reader else None
        voted = await list_voted(session, PostTarget(post).token, MOST_STRIPES + 2, account=account)
        others = [found.group for found in voted if (found.group,) != first.groups]
        other = second if second is not None else Lens(tuple(others[:1]))
        beside = await load_reading(session, deps, reader, group, post, other)
        drawn = [found for found in others if (found,) != other.groups][:MOST_STRIPES]
        names = await load_group_names(session, [*first.groups, *other.groups, *drawn])
        writers = {author_of(sheet) for sheet in reading.text.sheets.values()}
        return Compared(
            reading,
            (first, other),
            _let(reading),
            _let(beside),
            await _stripes(session, deps, reader, reading, drawn, names),
            names,
            await load_nicknames(session, deps, group, writers),
        )


def _let(reading: VisiblePost) -> frozenset[Address]:
    return frozenset(judged.address for judged in reading.all_judged if lets_through(reading.lens, judged))


async def _stripes(
    session: AsyncSession,
    deps: Deps,
    reader: Reader,
    reading: VisiblePost,
    groups: Sequence[RecordId],
    names: Mapping[RecordId, str],
) -> tuple[Stripe, ...]:
    for group in groups:
        await open_group(session, deps, reader, group)
    sums = await load_sums(session, groups, list(reading.tokens.values()))
    found = []
    for group in groups:
        standing = {at: sums.get((group, token), 0) for at, token in reading.tokens.items()}
        all_judged = await computed(len(standing), see, reading.text, [standing])
        found.append(Stripe(group, names[group], frozenset(judged.address for judged in all_judged if judged.shown)))
    return tuple(found)


async def preview_lens(deps: Deps, reader: Reader, group: RecordId, now: Lens, lens: RecordId) -> Preview:
    """The last posts of a group, as lens `now` and as the group `lens` would show them; raises UnknownGroupError."""
    summary, other = await describe_summary(deps, reader, group), await describe_summary(deps, reader, lens)
    pages = [
        await list_posts(deps, reader, group, looked, before=None, limit=POSTS_TO_PREVIEW, folded=True)
        for looked in (now, Lens((lens,)))
    ]
    shown = [{line.post: line.shown for line in page.posts} for page in pages]
    posts = pages[1].posts
    async with deps.store.database.read() as session:
        nicknames = await load_writers(session, deps, {(line.group, line.author) for line in posts})
    known = [line.post for line in posts if line.post in shown[0]]
    return Preview(summary, other, posts, compare(known, *shown), nicknames)
