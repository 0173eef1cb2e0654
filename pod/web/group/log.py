"""The public log lists who did what and why; readers filter it, and get the same as CSV, JSON and Atom."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions.reading.group.log import POLLED, Logbook, LogEntry, LogFilter, list_logbook
from pod.app_keys import DEPS
from pod.contracts import ATOM, CSV, HTML, contract
from pod.rules.groups import GroupRule
from pod.spreadsheets import spreadsheet
from pod.translations import Translator
from pod.web.group.log_kinds import SHOWN
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.post_rows import titled
from pod.web.group.wording import member_name
from pod.web.kit.queries import before_of, number_in, with_query
from pod.web.kit.templates import FILE_HEADERS, held, render, templates
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()
ON_A_PAGE: Final = 50
IN_A_FEED: Final = 50
IN_A_FILE: Final = 1000
FILTERS: Final = ("kind", "member", "thing", "sign", "reason")
Option = tuple[str, str]


class LogRow(msgspec.Struct, frozen=True):
    """An entry in words; `href` leads to what it is about, empty where there is no page."""

    index: str
    at: str
    who: str
    who_href: str
    did: str
    thing: str
    href: str
    reason: str


class LogView(msgspec.Struct, frozen=True):
    """A page of the log; the fields of the filter as they stand, and the same list as files."""

    frame: PageFrame
    rows: tuple[LogRow, ...]
    size: str
    kinds: tuple[Option, ...]
    signs: tuple[Option, ...]
    kind: str
    member: str
    thing: str
    sign: str
    reason: str
    files: tuple[Option, ...]
    older: str
    atom: str


class LogFile(msgspec.Struct, frozen=True):
    """The log as JSON: entries with the record's id, the newest first."""

    group: RecordId
    size: int
    entries: tuple[LogEntry, ...]
    next: int | None = None


class AtomEntry(msgspec.Struct, frozen=True):
    """An entry of the feed; times by RFC 3339."""

    id: str
    title: str
    updated: str
    author: str
    link: str
    summary: str


class AtomView(msgspec.Struct, frozen=True):
    """The feed."""

    id: str
    title: str
    updated: str
    own: str
    page: str
    entries: tuple[AtomEntry, ...]


@routes.get("/g/{group}/log")
@contract("reader", media_type=HTML)
@held
async def get_log_page(request: web.Request) -> web.Response:
    """Every act in the group, the newest first."""
    _, frame = await load_frame(request, "log")
    say, fields = say_of(request), _fields(request)
    book = await _book(request, frame.group, ON_A_PAGE)
    own = f"/g/{frame.group}/log"
    kinds = [(name, say(shown.many)) for name, shown in SHOWN]
    view = LogView(
        frame=frame,
        rows=tuple(_row(say, frame.group, entry, book) for entry in book.entries),
        size=say.many("%(count)s entry in all", "%(count)s entries in all", book.size),
        kinds=(("", say("everything")), *kinds),
        signs=(("", say("all")), ("+", say("in favour")), ("-", say("against"))),
        **{name: fields.get(name, "") for name in FILTERS},
        files=tuple((name, with_query(f"{own}.{end}", fields.items())) for name, end in _FILES),
        older="" if book.next is None else with_query(own, [*fields.items(), ("before", str(book.next))]),
        atom=with_query(f"{own}.atom", fields.items()),
    )
    return render(request, "group/log.html", view)


_FILES: Final = (("CSV", "csv"), ("JSON", "json"), ("Atom", "atom"))


def _fields(request: web.Request) -> dict[str, str]:
    return {name: request.query[name].strip() for name in FILTERS if request.query.get(name, "").strip()}


async def _book(request: web.Request, group: RecordId, limit: int) -> Logbook:
    return await list_logbook(
        request.app[DEPS], reader_of(request), group, _filter(request), before=before_of(request), limit=limit
    )


def _filter(request: web.Request) -> LogFilter:
    fields = _fields(request)
    if fields.get("kind", "") not in ("", *(name for name, _ in SHOWN)) or fields.get("sign", "") not in ("", "+", "-"):
        raise GroupRule.LOG_FILTER.error()
    member = fields.get("member", "")
    return LogFilter(
        fields.get("kind", ""),
        number_in(member, "member") if member else None,
        fields.get("thing", ""),
        fields.get("sign", ""),
        fields.get("reason", ""),
    )


def _row(say: Translator, group: RecordId, entry: LogEntry, book: Logbook) -> LogRow:
    return LogRow(
        index=str(entry.index),
        at=say.moment(entry.at),
        who=member_name(say, entry.author, book.nicknames.get(entry.author, "")),
        who_href=f"/g/{group}/members/{entry.author}" if entry.author else "",
        did=did_in(say, entry),
        thing=_thing(say, entry, book),
        href=_href(group, entry, book),
        reason=entry.reason,
    )


def did_in(say: Translator, entry: LogEntry) -> str:
    """What an entry did, in words."""
    if entry.erased:
        return say("wrote something whose text is erased")
    shown = SHOWN.of(entry.kind)
    return shown.did(say, entry) if shown else entry.kind


def _thing(say: Translator, entry: LogEntry, book: Logbook) -> str:
    shown = SHOWN.of(entry.kind)
    if entry.erased or (shown is not None and not shown.named):
        return ""
    if entry.kind in POLLED and not entry.thing:
        return ""
    if entry.kind in POLLED:
        return book.polls.get(RecordId(entry.thing)) or say("a poll")
    card = book.things.get(RecordId(entry.post)) if entry.post else None
    if card is not None:
        who = member_name(say, card.author, card.nickname)
        return titled(say, card, who)[0]
    return say("something that isn't shown here") if entry.post else entry.thing


def _href(group: RecordId, entry: LogEntry, book: Logbook) -> str:
    """The page of what an entry is about: of a post of this group even if that isn't shown, for it says why."""
    if entry.kind in POLLED and entry.thing:
        return f"/g/{group}/polls/{entry.thing}"
    card = book.things.get(RecordId(entry.post)) if entry.post else None
    if card is not None:
        return f"/g/{card.group}/posts/{card.post}" + (f"?lens={group}" if card.group != group else "")
    return f"/g/{group}/posts/{entry.post}" if entry.kind == "Post" else ""


@routes.get("/g/{group}/log.csv")
@contract("reader", media_type=CSV)
async def get_log_csv(request: web.Request) -> web.Response:
    """The log as a table for spreadsheets."""
    book = await _book(request, parse_id(request.match_info["group"]), IN_A_FILE)
    names = LogEntry.__struct_fields__
    table = spreadsheet(names, ([getattr(entry, name) for name in names] for entry in book.entries))
    headers = {"Content-Disposition": 'attachment; filename="log.csv"', **FILE_HEADERS}
    return web.Response(text=table, content_type=CSV, charset="utf-8", headers=headers)


@routes.get("/g/{group}/log.json")
@contract("reader", answer=LogFile)
async def get_log_json(request: web.Request) -> web.Response:
    """The log as JSON, the newest first; `before` goes on."""
    group = parse_id(request.match_info["group"])
    book = await _book(request, group, IN_A_FILE)
    body = msgspec.json.encode(LogFile(group, book.size, book.entries, book.next))
    return web.Response(body=body, content_type="application/json", headers=FILE_HEADERS)


@routes.get("/g/{group}/log.atom")
@contract("reader", media_type=ATOM)
async def get_log_atom(request: web.Request) -> web.Response:
    """The newest entries as an Atom feed (RFC 4287)."""
    seen, frame = await load_frame(request, "log")
    say, base = say_of(request), request.app[DEPS].identity.base_url
    book = await _book(request, frame.group, IN_A_FEED)
    entries = tuple(_atom_entry(say, base, frame.group, entry, book) for entry in book.entries)
    view = AtomView(
        id=f"{base}/g/{frame.group}/log",
        title=_xml(say("Log of %(name)s", name=frame.name)),
        updated=entries[0].updated if entries else _rfc3339(say, seen.founded_at),
        own=base + request.path_qs,
        page=f"{base}/g/{frame.group}/log",
        entries=entries,
    )
    text = templates().get_template("group/log.xml").render(view=view, language=say.language)
    return web.Response(text=text, content_type=ATOM, charset="utf-8", headers=FILE_HEADERS)


def _atom_entry(say: Translator, base: str, group: RecordId, entry: LogEntry, book: Logbook) -> AtomEntry:
    row = _row(say, group, entry, book)
    return AtomEntry(
        id=f"{base}/records/{entry.record}",
        title=_xml(f"{row.did} {row.thing}".strip()),
        updated=_rfc3339(say, entry.at),
        author=_xml(row.who),
        link=base + (row.href or f"/g/{group}/log"),
        summary=_xml(row.reason),
    )


def _rfc3339(say: Translator, at_ms: int) -> str:
    return say.stamp(at_ms) or say.stamp(0)


def _xml(text: str) -> str:
    """The text without what XML 1.0 has no place for."""
    return "".join(letter for letter in text if letter in "\t\n\r" or (letter >= " " and letter not in "\ufffe\uffff"))
