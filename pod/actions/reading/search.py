"""Search: posts and people by their words, groups and subjects by name, anything by its id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.content.home_feed import FeedCard, load_cards
from models.content.posts_and_votes import load_profiles
from models.content.search import Found, Query, search
from models.content.subjects import OnSubject, count_public, find_groups, find_subjects
from models.groups.groups_and_items import GroupLine, load_lines
from models.groups.records import load_record
from models.people.accounts import load_account_named
from moderation.scores import is_shown
from pod.actions.access import Reader, open_those
from pod.actions.chain.views import load_view
from pod.actions.fediverse.actor_documents import handle_host
from pod.actions.reading.group.subjects import own_groups
from pod.deps import Deps
from protocol.ids import RecordId, parse_id

MOST_NAMED: Final = 12
_ID: Final = re.compile(r"bagaaiera[a-z2-7]{51}[aq]")
_NAME: Final = re.compile(r"@?([a-z0-9][a-z0-9_-]{0,29})(?:@([^@\s/]{1,255}))?")
KINDS: Final = {"posts": ("post", "patch"), "people": ("profile",), "groups": (), "subjects": ()}


class Hit(msgspec.Struct, frozen=True):
    """A record whose words match. `score` (micro) and `shown` are those of its own group."""

    found: Found
    group_name: str
    nickname: str
    title: str
    score: int
    shown: bool


class Seen(msgspec.Struct, frozen=True):
    """What a search found. `direct`, `post`: what an id leads to; `public`: how many public groups there are."""

    hits: tuple[Hit, ...]
    groups: tuple[OnSubject, ...]
    subjects: tuple[str, ...]
    person: str
    direct: tuple[GroupLine, ...]
    post: tuple[RecordId, RecordId] | None
    public: int
    next: int | None = None


async def seek(deps: Deps, reader: Reader, query: Query, *, area: str, before: int | None, limit: int) -> Seen:
    """Look for words, names and ids; `area` narrows to one of KINDS."""
    async with deps.store.database.read() as session:
        _, own = await own_groups(session, reader)
        whole = msgspec.structs.replace(query, own=tuple(sorted(own)))
        named = before is None and not query.group
        hits, following = await _hits(session, deps, whole, area, before, limit)
        return Seen(
            hits=tuple(hits),
            groups=tuple(await find_groups(session, query.words, own, MOST_NAMED))
            if named and query.words and area in {"", "groups"}
            else (),
            subjects=tuple(await find_subjects(session, query.words, own, MOST_NAMED))
            if named and query.words and area in {"", "subjects"}
            else (),
            person=await _person(session, deps, query.words),
            direct=await _groups_named(session, deps, reader, query.words),
            post=await _post_named(session, deps, reader, query.words),
            public=await count_public(session),
            next=following,
        )


async def _hits(
    session: AsyncSession, deps: Deps, query: Query, area: str, before: int | None, limit: int
) -> tuple[list[Hit], int | None]:
    kinds = KINDS.get(area, ("post", "patch", "profile"))
    if not kinds or _ID.search(query.words):
        return [], None
    narrowed = msgspec.structs.replace(query, kind=kinds[0] if len(kinds) == 1 else "")
    found = await search(session, narrowed, limit + 1, before=before)
    wanted = [one for one in found[:limit] if one.kind in kinds]
    lines = await load_lines(session, {one.group_id for one in wanted})
    cards = await load_cards(session, {one.post_id for one in wanted if one.post_id is not None})
    nicknames: dict[tuple[RecordId, int], str] = {}
    for group in {one.group_id for one in wanted}:
        authors = {one.author for one in wanted if one.group_id == group}
        profiles = await load_profiles(session, group, authors)
        nicknames |= {(group, number): profile.nickname for number, profile in profiles.items()}
    defaults = {group: (await load_view(session, deps, group)).state.default_score for group in lines}
    hits = [_hit(one, lines, cards, nicknames.get((one.group_id, one.author), ""), defaults) for one in wanted]
    return hits, found[limit - 1].seq if len(found) > limit else None


def _hit(
    found: Found,
    lines: Mapping[RecordId, GroupLine],
    cards: Mapping[RecordId, FeedCard],
    nickname: str,
    defaults: Mapping[RecordId, int],
) -> Hit:
    name = lines[found.group_id].name if found.group_id in lines else ""
    card = cards.get(found.post_id) if found.post_id is not None else None
    if card is None:
        return Hit(found, name, nickname, "", 0, shown=True)
    score = defaults[found.group_id] + card.sum_micro
    return Hit(found, name, nickname, card.title, score, is_shown(score))


async def _person(session: AsyncSession, deps: Deps, words: str) -> str:
    """Somebody at home here whose name or handle was typed."""
    matched = _NAME.fullmatch(words.strip().lower())
    if matched is None or matched.group(2) not in (None, handle_host(deps)):
        return ""
    account = await load_account_named(session, matched.group(1))
    return account.name if account and not account.disabled else ""


async def _groups_named(session: AsyncSession, deps: Deps, reader: Reader, words: str) -> tuple[GroupLine, ...]:
    found = _ID.search(words)
    if found is None:
        return ()
    line = (await load_lines(session, [parse_id(found.group())])).get(parse_id(found.group()))
    return (line,) if line and await open_those(session, deps, reader, [line.id]) else ()


async def _post_named(
    session: AsyncSession, deps: Deps, reader: Reader, words: str
) -> tuple[RecordId, RecordId] | None:
    """(group, post) that an id, or the last one in an address, leads to."""
    ids = _ID.findall(words)
    record = await load_record(session, parse_id(ids[-1])) if ids else None
    if record is None or record.type != "Post":
        return None
    readable = await open_those(session, deps, reader, [record.group_id])
    return (record.group_id, record.id) if readable else None
