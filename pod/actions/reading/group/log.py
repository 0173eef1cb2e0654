"""The log as people read it: what every record did, filtered; an entry stays when its text is erased.

The thing of an entry is named by the words that the group shows to the reader, or not at all.

Each answer looks at a bounded stretch of the log, so that a filter that finds little costs no more than one that finds
much; `next` says where the following stretch begins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.log_pages import list_log_back
from models.groups.records import StoredRecord
from pod.actions.access import Reader, open_group
from pod.actions.reading.decisions.poll_titles import load_poll_titles
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.floor import list_unhosted
from pod.actions.reading.post.cards import VisibleCard
from pod.actions.reading.post.shown_things import load_shown_things
from pod.actions.record_kinds import TELLING
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.content import SubjectTarget, parse_content

STRETCH: Final = 500
MOST_STRETCHES: Final = 4
POLLED: Final = frozenset({"Poll", "Ballot", "Delegation"})  # kinds whose thing is a poll


class LogFilter(msgspec.Struct, frozen=True):
    """Which entries to list; empty fields match all. `sign` is + or −, `thing` the id of something they are about."""

    kind: str = ""
    author: int | None = None
    thing: str = ""
    sign: str = ""
    reason: str = ""


class LogEntry(msgspec.Struct, frozen=True):
    """An entry: who did what to which thing (a record's id or a name), with which vote (thousandths) and reason.

    `declared`: whether the author became a delegate, or resigned.
    """

    index: int
    record: RecordId
    kind: str
    author: int
    at: int
    erased: bool
    thing: str = ""
    post: str = ""
    value: int | None = None
    reason: str = ""
    title: str = ""
    declared: bool | None = None


class Logbook(msgspec.Struct, frozen=True):
    """Entries, the newest first; `next` is the `before` of the next page, `size` that of the whole log.

    `things`: for a record's id the post that it belongs to, if this group shows it to the reader; `polls`: the titles
    of the polls that entries are about, if this pod shows them.
    """

    entries: tuple[LogEntry, ...]
    size: int
    nicknames: Mapping[int, str]
    things: Mapping[RecordId, VisibleCard]
    polls: Mapping[RecordId, str]
    next: int | None = None


async def list_logbook(
    deps: Deps, reader: Reader, group: RecordId, wanted: LogFilter, *, before: int | None, limit: int
) -> Logbook:
    """A page of the group's log; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        size = (await open_group(session, deps, reader, group)).state.log.size
        place = size if before is None else min(before, size)
        found: list[LogEntry] = []
        for _ in range(MOST_STRETCHES):
            stretch = await list_log_back(session, group, place, STRETCH, kind=wanted.kind, author=wanted.author)
            entries = [entry for entry in map(_entry, stretch) if _matches(entry, wanted)]
            found += entries
            place = max(place - STRETCH, 0)
            if len(found) >= limit or place == 0:
                break
        shown = found[:limit]
        nicknames = await load_nicknames(session, deps, group, {entry.author for entry in shown})
        named = {RecordId(entry.post) for entry in shown if entry.post}
        things = await load_shown_things(session, deps, reader, group, named)
        polls = await load_poll_titles(
            session, deps, group, {RecordId(one.thing) for one in shown if one.kind in POLLED and one.thing}
        )
        nameless = await _withheld_names(session, deps, {entry.thing for entry in shown})
    following = shown[-1].index if len(found) > limit or (len(found) == limit and place) else place or None
    return Logbook(tuple(_told(entry, things, nameless) for entry in shown), size, nicknames, things, polls, following)


async def _withheld_names(session: AsyncSession, deps: Deps, things: Collection[str]) -> frozenset[str]:
    """Those of `things` that are public names which this pod's floor hides."""
    names = {thing: SubjectTarget(thing).token for thing in things if thing and not _is_id(thing)}
    hidden = await list_unhosted(session, deps, names.values())
    return frozenset(name for name, token in names.items() if token in hidden)


def _told(entry: LogEntry, things: Mapping[RecordId, VisibleCard], nameless: Collection[str]) -> LogEntry:
    """The entry with the post's title; if the group doesn't show the post, the entry has neither title nor subject.

    `nameless`: names that this pod withholds.
    """
    if entry.thing in nameless:
        entry = msgspec.structs.replace(entry, thing="")
    if entry.kind != "Post" or entry.erased:
        return entry
    card = things.get(entry.record)
    thing = entry.thing if card or _is_id(entry.thing) else ""
    return msgspec.structs.replace(entry, thing=thing, title=card.title if card else "")


def _matches(entry: LogEntry, wanted: LogFilter) -> bool:
    if wanted.thing and wanted.thing not in (entry.thing, entry.post, entry.record):
        return False
    if wanted.sign and (entry.value is None or (entry.value > 0) != (wanted.sign == "+") or entry.value == 0):
        return False
    return wanted.reason.casefold() in entry.reason.casefold()


def _is_id(text: str) -> bool:
    return text.startswith("bagaaiera")


def _entry(stored: StoredRecord) -> LogEntry:
    entry = LogEntry(stored.log_index or 0, stored.id, stored.type, stored.author or 0, stored.at or 0, stored.erased)
    kind = TELLING.of(stored.type)
    if kind is None or stored.erased:
        return entry
    line = kind.line(stored.id, parse_content(stored.type, msgspec.json.decode(stored.wire)))
    return msgspec.structs.replace(entry, **msgspec.structs.asdict(line))
