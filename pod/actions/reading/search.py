"""Search: posts, polls and people by their words, groups and subjects by name, anything by its id.

Only shown posts are results: a post whose matching words are hidden is counted as hidden; posts that this pod withholds
aren't counted at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import load_cards
from models.content.search import FoundRecord, Query, search
from models.content.subjects import OnSubject, count_public, find_groups
from models.content.word_pieces import has_terms
from models.groups.groups_and_items import StoredGroupLine, load_lines
from models.groups.records import load_record
from models.people.accounts import load_account_named
from moderation.lens import Layer, Lens
from pod.actions.access import Reader, open_those
from pod.actions.fediverse.actor_documents import handle_host
from pod.actions.reading.decisions.poll_titles import load_poll_titles
from pod.actions.reading.group.profiles import load_writers
from pod.actions.reading.group.subjects import find_names, own_groups
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.lens.verdicts import load_layers
from pod.actions.reading.name_order import MOST_SORTED, name_place
from pod.actions.reading.post.cards import Bounds, VisibleCard, VisibleWords, load_words, visible_card
from pod.deps import Deps
from protocol.ids import RecordId, parse_id
from protocol.records.content import Address, PostTarget, ProfileTarget

MOST_NAMED: Final = 12
SEARCHED: Final = Bounds(sheets=500, paragraphs=5000)
_ID: Final = re.compile(r"bagaaiera[a-z2-7]{51}[aq]")
_NAME: Final = re.compile(r"@?([a-z0-9][a-z0-9_-]{0,29})(?:@([^@\s/]{1,255}))?")
KINDS: Final = {
    "posts": ("post", "patch"),
    "polls": ("poll", "proposal"),
    "people": ("profile",),
    "groups": (),
    "subjects": (),
}


class SearchQuestion(msgspec.Struct, frozen=True):
    """A search: terms, a kind (one of KINDS), a group, a language; an empty field matches all."""

    terms: str
    area: str = ""
    group: RecordId | None = None
    language: str = ""


class FoundPoll(msgspec.Struct, frozen=True):
    """The poll in which words were found, with its title."""

    id: RecordId
    title: str


class Hit(msgspec.Struct, frozen=True):
    """A record whose words match: a member's profile, or (`card`) a post or an edit of it, judged by its own group.

    Or a poll or a proposal in it (`poll`). `text`: the shown text of the profile, edit, poll or proposal. `shown`: the
    matching words are shown.
    """

    kind: str
    group: RecordId
    group_name: str
    author: int
    nickname: str
    language: str
    text: str
    card: VisibleCard | None
    shown: bool
    poll: FoundPoll | None = None


class Seen(msgspec.Struct, frozen=True):
    """The results. `direct`, `post`: where an id in the question leads; `public`: the number of public groups."""

    hits: tuple[Hit, ...]
    groups: tuple[OnSubject, ...]
    subjects: tuple[str, ...]
    person: str
    direct: tuple[StoredGroupLine, ...]
    post: tuple[RecordId, RecordId] | None
    public: int
    next: int | None = None


async def seek(
    deps: Deps, reader: Reader, query: SearchQuestion, *, before: int | None, limit: int, in_order_of: str
) -> Seen:
    """Search for words, names and ids; `in_order_of`: the language whose order the names follow."""
    area = query.area
    async with deps.store.database.read() as session:
        _, own = await own_groups(session, reader)
        named = before is None and not query.group
        found, following = await _find(session, query, own, before, limit)
        hits = await _hits(session, deps, reader, query, found)
        return Seen(
            hits=tuple(hits),
            groups=await _groups(session, query.terms, own, in_order_of) if named and area in {"", "groups"} else (),
            subjects=await _subjects(session, deps, reader, query.terms, in_order_of)
            if named and area in {"", "subjects"}
            else (),
            person=await _person(session, deps, query.terms),
            direct=await _groups_named(session, deps, reader, query.terms),
            post=await _post_named(session, deps, reader, query.terms),
            public=await count_public(session),
            next=following,
        )


async def _groups(session: AsyncSession, terms: str, own: Collection[RecordId], language: str) -> tuple[OnSubject, ...]:
    found = await find_groups(session, terms, own, MOST_SORTED)
    return tuple(sorted(found, key=lambda one: (name_place(one.name, language), one.group))[:MOST_NAMED])


async def _subjects(session: AsyncSession, deps: Deps, reader: Reader, terms: str, language: str) -> tuple[str, ...]:
    found = await find_names(session, deps, reader, terms)
    return tuple(sorted(found, key=lambda name: name_place(name, language))[:MOST_NAMED])


async def _find(
    session: AsyncSession, query: SearchQuestion, own: Collection[RecordId], before: int | None, limit: int
) -> tuple[list[FoundRecord], int | None]:
    """The hits of the index, shown or not, and the `before` of the next page."""
    kinds = KINDS.get(query.area)
    if kinds == () or _ID.search(query.terms):
        return [], None
    narrowed = Query(query.terms, tuple(sorted(own)), kinds or (), query.group, query.language)
    found = await search(session, narrowed, limit + 1, before=before)
    return found[:limit], found[limit - 1].seq if len(found) > limit else None


async def _hits(
    session: AsyncSession, deps: Deps, reader: Reader, query: SearchQuestion, wanted: Sequence[FoundRecord]
) -> list[Hit]:
    opened = await open_those(session, deps, reader, {one.group_id for one in wanted})
    wanted = [one for one in wanted if one.group_id in opened and opened[one.group_id].is_met]
    posts = [one.post_id for one in wanted if one.post_id is not None and one.kind in KINDS["posts"]]
    looked = await _look(session, deps, reader, posts)
    polls = await _polls_of(session, deps, [one for one in wanted if one.kind in KINDS["polls"]])
    nicknames = await load_writers(session, deps, {(one.group_id, one.author) for one in wanted})
    profiles = {one.record_id: ProfileTarget(one.record_id).token for one in wanted if one.kind == "profile"}
    hidden = await list_unhosted(session, deps, profiles.values())
    hits = (
        _poll_hit(one, opened[one.group_id].name, nicknames.get((one.group_id, one.author), ""), polls, query)
        if one.kind in KINDS["polls"]
        else _hit(one, opened[one.group_id].name, nicknames.get((one.group_id, one.author), ""), looked, query)
        for one in wanted
        if profiles.get(one.record_id) not in hidden
    )
    return [hit for hit in hits if hit is not None]


async def _polls_of(session: AsyncSession, deps: Deps, found: Sequence[FoundRecord]) -> dict[RecordId, FoundPoll]:
    """By record, the poll in which its words stand; without what this pod's floor hides, or whose poll it hides."""
    tokens = {one.record_id: PostTarget(one.record_id).token for one in found}
    hidden = await list_unhosted(session, deps, tokens.values())
    by_group: dict[RecordId, set[RecordId]] = {}
    for one in found:
        if one.post_id is not None:
            by_group.setdefault(one.group_id, set()).add(one.post_id)
    titles = {
        group: await load_poll_titles(session, deps, group, sorted(polls)) for group, polls in sorted(by_group.items())
    }
    return {
        one.record_id: FoundPoll(one.post_id, titles[one.group_id][one.post_id])
        for one in found
        if one.post_id is not None
        if one.post_id in titles[one.group_id]
        if tokens[one.record_id] not in hidden
    }


def _poll_hit(
    found: FoundRecord, group_name: str, nickname: str, polls: Mapping[RecordId, FoundPoll], query: SearchQuestion
) -> Hit | None:
    """A poll or proposal; None if this pod withholds it."""
    poll = polls.get(found.record_id)
    if poll is None or not has_terms(found.text, query.terms):
        return None
    place = found.kind, found.group_id, group_name, found.author, nickname, found.language
    return Hit(*place, found.text, None, shown=True, poll=poll)


class _Looked(msgspec.Struct, frozen=True):
    """A post that was found: its card, and what its own group shows of it to the reader."""

    card: VisibleCard
    words: Mapping[Address, VisibleWords]

    def said(self, record: RecordId | None, *, folded: bool) -> str:
        """The post's title and text, or (`record`) what one edit adds; `folded`: with hidden but not withheld words."""
        texts = [
            words.text
            for address, words in self.words.items()
            if record in (None, address.record) and (folded or not words.folded)
        ]
        return "\n".join([self.card.title, *texts] if record is None else texts)


async def _look(
    session: AsyncSession, deps: Deps, reader: Reader, posts: Collection[RecordId]
) -> dict[RecordId, _Looked]:
    cards = await load_cards(session, posts)
    lenses = {post: Lens((card.group_id,)) for post, card in cards.items()}
    words = await load_words(session, deps, reader, lenses, SEARCHED)
    writers = {(card.group_id, card.author) for card in cards.values()}
    groups = sorted({card.group_id for card in cards.values()})
    layers = await load_layers(session, deps, reader, groups, [PostTarget(post).token for post in cards], writers)
    nicknames = await load_writers(session, deps, writers)
    found = {}
    for post, card in cards.items():
        verdict = layers.judge(lenses[post], PostTarget(post).token, (card.group_id, card.author))
        shown = words.get(post, {})
        excerpt = "\n".join(said.text for said in shown.values() if not said.folded)
        told = visible_card(
            card,
            verdict.groups[0].score,
            verdict.layer,
            excerpt,
            nicknames.get((card.group_id, card.author), ""),
        )
        found[post] = _Looked(told, shown)
    return found


def _hit(
    found: FoundRecord, group_name: str, nickname: str, posts: Mapping[RecordId, _Looked], query: SearchQuestion
) -> Hit | None:
    """The hit as the reader may see it; None if this pod withholds it, so that not even its existence shows."""
    if found.kind == "profile":
        if not has_terms(found.text, query.terms):
            return None
        return Hit("profile", found.group_id, group_name, found.author, nickname, "", found.text, None, shown=True)
    looked = posts.get(found.post_id) if found.post_id is not None else None
    if looked is None or looked.card.layer is Layer.POD:
        return None
    edit = found.record_id if found.kind == "patch" else None
    said = looked.said(edit, folded=False)
    matches = has_terms(said, query.terms)
    if not matches and not has_terms(looked.said(edit, folded=True), query.terms):
        return None
    shown = looked.card.layer is None and matches
    return Hit(
        found.kind,
        found.group_id,
        group_name,
        found.author,
        nickname,
        found.language,
        said if edit else "",
        looked.card,
        shown,
    )


async def _person(session: AsyncSession, deps: Deps, terms: str) -> str:
    """The name of the local person whose name or handle was typed; empty if there is none."""
    matched = _NAME.fullmatch(terms.strip().lower())
    if matched is None or matched.group(2) not in (None, handle_host(deps)):
        return ""
    account = await load_account_named(session, matched.group(1))
    return account.name if account and not account.disabled else ""


async def _groups_named(session: AsyncSession, deps: Deps, reader: Reader, terms: str) -> tuple[StoredGroupLine, ...]:
    found = _ID.search(terms)
    if found is None:
        return ()
    line = (await load_lines(session, [parse_id(found.group())])).get(parse_id(found.group()))
    return (line,) if line and await open_those(session, deps, reader, [line.id]) else ()


async def _post_named(
    session: AsyncSession, deps: Deps, reader: Reader, terms: str
) -> tuple[RecordId, RecordId] | None:
    """(group, post) of the id in the terms, or of the last id in an address; None if there is none."""
    ids = _ID.findall(terms)
    record = await load_record(session, parse_id(ids[-1])) if ids else None
    if record is None or record.type != "Post":
        return None
    readable = await open_those(session, deps, reader, [record.group_id])
    return (record.group_id, record.id) if readable else None
