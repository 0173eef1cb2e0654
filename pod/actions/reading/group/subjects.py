"""What groups say on a public name: one card a group, in an order that prefers nobody but the reader's own choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.belonging import list_belonging
from models.content.posts_and_votes import load_post
from models.content.subjects import (
    OnSubject,
    SubjectLine,
    find_subjects,
    list_on_subject,
    list_replies_to_subject,
    list_shown_names,
    list_subjects,
)
from models.people.subscriptions import list_followings
from moderation.lens import Layer, Lens
from moderation.scores import Reply, chosen_reply
from pod.actions.access import Reader, open_group, open_state, open_those
from pod.actions.groups.subscriptions import MOST_FOLLOWED
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.lens.verdicts import load_layers, shows_of
from pod.actions.reading.name_order import MOST_SORTED, name_place
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import PostTarget, SubjectTarget

MOST_GROUPS: Final = 100
MOST_REPLIES: Final = 200
MOST_FOUND: Final = 500  # further names with this beginning are cut, in the order of code points


class SubjectCard(msgspec.Struct, frozen=True):
    """What one group says: its chosen reply, if any, and its number of posts. `mine`: "lens", "group" or "".

    `named`: the group was published under this name.
    """

    group: RecordId
    name: str
    posts: int
    mine: str
    reply: RecordId | None = None
    title: str = ""
    score: int = 0
    at: int = 0
    named: bool = False


async def own_groups(session: AsyncSession, reader: Reader) -> tuple[set[RecordId], set[RecordId]]:
    """(groups that are lenses of the reader, groups that the reader belongs to)."""
    if reader is None:
        return set(), set()
    followings = await list_followings(session, reader.id, MOST_FOLLOWED)
    lenses = {following.group_id for following in followings if following.lens}
    return lenses, await list_belonging(session, reader.id)


async def list_cards(deps: Deps, reader: Reader, subject: str) -> tuple[SubjectCard, ...]:
    """A card for each group that has posts on the name or is published under it.

    Order: the reader's lenses, the reader's own groups, groups published under the name, then the latest writers.
    """
    async with deps.store.database.read() as session:
        if await list_unhosted(session, deps, [SubjectTarget(subject).token]):
            return ()
        lenses, own = await own_groups(session, reader)
        found = await list_on_subject(session, subject, own, MOST_GROUPS)
        kinds = {one.group: "lens" if one.group in lenses else "group" if one.group in own else "" for one in found}
        cards = [await _card(session, deps, reader, one, subject, kinds[one.group]) for one in found]
    order = {"lens": 0, "group": 1, "": 2}
    return tuple(sorted(cards, key=lambda card: order[card.mine]))


async def _card(
    session: AsyncSession, deps: Deps, reader: Reader, one: OnSubject, subject: str, mine: str
) -> SubjectCard:
    chosen = await _chosen(session, deps, reader, one.group, subject)
    post = await load_post(session, one.group, chosen.post) if chosen else None
    if chosen is None or post is None:
        return SubjectCard(one.group, one.name, one.posts, mine, named=one.named)
    return SubjectCard(one.group, one.name, one.posts, mine, chosen.post, post.title, chosen.score, post.at, one.named)


async def _chosen(session: AsyncSession, deps: Deps, reader: Reader, group: RecordId, subject: str) -> Reply | None:
    """The reply that the group shows, among those that this pod doesn't withhold."""
    default = (await open_state(session, deps, reader, group)).default_score
    replies = await list_replies_to_subject(session, group, subject, default, MOST_REPLIES)
    tokens = {reply.post: PostTarget(reply.post).token for reply in replies}
    layers = await load_layers(session, deps, reader, [], list(tokens.values()))
    hosted = [reply for reply in replies if layers.judge(Lens(), tokens[reply.post]).layer is not Layer.POD]
    return chosen_reply(hosted)


async def list_group_subjects(
    deps: Deps, reader: Reader, group: RecordId, *, after: str, limit: int, language: str
) -> tuple[SubjectLine, ...]:
    """The names on which a group shows posts, in the language's order; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        shows = await shows_of(session, deps, opened.state)
        found = await list_subjects(session, shows, MOST_SORTED + 1)
        if len(found) > MOST_SORTED:
            page = await list_subjects(session, shows, limit, after=after)
            hosted = await _hosted(session, deps, page)
            return tuple(line for line in page if line.subject in hosted)
        hosted = await _hosted(session, deps, found)
        found = [line for line in found if line.subject in hosted]
    behind = name_place(after, language)
    there = [line for line in found if name_place(line.subject, language) > behind]
    return tuple(sorted(there, key=lambda line: name_place(line.subject, language))[:limit])


async def find_names(session: AsyncSession, deps: Deps, reader: Reader, beginning: str) -> list[str]:
    """Names with this beginning on which some group that the reader may find shows a post."""
    _, own = await own_groups(session, reader)
    found = await find_subjects(session, beginning, own, MOST_FOUND)
    opened = await open_those(session, deps, reader, {group for _, group in found})
    shows = [await shows_of(session, deps, one.state) for one in opened.values() if one.is_met]
    shown = await list_shown_names(session, shows, {name for name, _ in found}) if shows else set()
    hidden = await list_unhosted(session, deps, [SubjectTarget(name).token for name in shown])
    return sorted(name for name in shown if SubjectTarget(name).token not in hidden)


async def _hosted(session: AsyncSession, deps: Deps, found: Sequence[SubjectLine]) -> set[str]:
    tokens = {line.subject: SubjectTarget(line.subject).token for line in found}
    hidden = await list_unhosted(session, deps, tokens.values())
    return {name for name, token in tokens.items() if token not in hidden}
