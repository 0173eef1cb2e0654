"""A post's history: its records with what each brought, and who wrote each paragraph that stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from moderation.clusters import beginning
from pod.actions.reading.post.history import AuthorShares, Entry, Past, read_past
from pod.actions.reading.post.slices import slice_from
from pod.app_keys import DEPS
from pod.budgets.heavy import computed
from pod.contracts import HTML, contract
from pod.plots.patches import PatchNode, patch_graph
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.kit.lens_bar import LensBar, load_lens_bar
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.post.links import Link, PostLinks, anchor_of, links_of
from pod.web.post.page import number_of, page_tabs
from pod.web.post.wording import Score, post_title, reason_sentence, score_view, writer_name
from protocol.ids import RecordId
from protocol.records.content import Address, PostTarget
from protocol.visibility import Judged

routes = web.RouteTableDef()
MOST_ENTRIES: Final = 200
MOST_NODES: Final = 14
EXCERPT: Final = 90


class EntryView(msgspec.Struct, frozen=True):
    """A record of the text: who, when, how many paragraphs came, went and were replaced, where it is shown."""

    record: str
    anchor: str
    number: str
    who: str
    when: str
    counts: tuple[tuple[str, str], ...]
    excerpt: str
    shown: str
    lenses: tuple[tuple[str, str], ...]
    changes: str
    first: bool
    last: bool


class HistoryView(msgspec.Struct, frozen=True):
    """The page of a post's past."""

    title: str
    back: Link
    lens: LensBar
    tabs: tuple[tuple[str, str, bool], ...]
    action: str
    entries: tuple[EntryView, ...]
    older: str
    newer: str
    plot: Plot


class BlameLine(msgspec.Struct, frozen=True):
    """A paragraph that stands, with who wrote it, by which record, and what it replaced."""

    text: str
    who: str
    when: str
    href: str
    change: str
    replaced: str
    score: Score
    reason: str


class BlameView(msgspec.Struct, frozen=True):
    """The page that tells who wrote what."""

    title: str
    back: Link
    lens: LensBar
    tabs: tuple[tuple[str, str, bool], ...]
    lines: tuple[BlameLine, ...]
    more: str


@routes.get("/g/{group}/posts/{post}/history")
@contract(media_type=HTML)
@held
async def get_history(request: web.Request) -> web.Response:
    """All records of a post's text, and any two of them to compare."""
    links = links_of(request)
    past = await read_past(request.app[DEPS], reader_of(request), links.group, links.post, links.lens)
    bar = await load_lens_bar(request, links.lens, usual=(links.group,), token=PostTarget(links.post).token)
    page = _page(request.query.get("page", "0"), len(past.entries))

    def draw() -> web.Response:
        return render(request, "post/history.html", history_view(say_of(request), links, past, bar, page))

    return await computed(_size(past), draw)


@routes.get("/g/{group}/posts/{post}/blame")
@contract(media_type=HTML)
@held
async def get_blame(request: web.Request) -> web.Response:
    """Who wrote each paragraph that is shown, a page of them."""
    links = links_of(request)
    past = await read_past(request.app[DEPS], reader_of(request), links.group, links.post, links.lens)
    bar = await load_lens_bar(request, links.lens, usual=(links.group,), token=PostTarget(links.post).token)
    start = number_of(request, "from")

    def draw() -> web.Response:
        return render(request, "post/blame.html", blame_view(say_of(request), links, past, bar, start))

    return await computed(_size(past), draw)


def _size(past: Past) -> int:
    return len(past.reading.all_judged) + len(past.entries)


def _page(asked: str, entries: int) -> int:
    last = max(0, (entries - 1) // MOST_ENTRIES)
    return min(int(asked), last) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 0


def history_view(say: Translator, links: PostLinks, past: Past, lens: LensBar, page: int) -> HistoryView:
    """The latest records first; page 0 has the latest."""
    reading = past.reading
    title = post_title(say, reading, past.nicknames)
    newest_first = past.entries[::-1]
    shown = newest_first[page * MOST_ENTRIES : (page + 1) * MOST_ENTRIES]
    return HistoryView(
        title=say("History of “%(title)s”", title=title),
        back=Link(title, links.to()),
        lens=lens,
        tabs=page_tabs(say, links, "history"),
        action=f"{links.path}/diff",
        entries=tuple(_entry(say, links, past, entry) for entry in shown),
        older=links.to("history", page=str(page + 1)) if len(newest_first) > (page + 1) * MOST_ENTRIES else "",
        newer=links.to("history", page=str(page - 1)) if page else "",
        plot=patch_graph(say, _nodes(say, past), len(past.entries)),
    )


def _entry(say: Translator, links: PostLinks, past: Past, entry: Entry) -> EntryView:
    sheet, last = entry.sheet, past.entries[-1]
    total = len([paragraph for paragraph in sheet.paragraphs if paragraph])
    previous = past.entries[entry.number - 2].sheet.id if entry.number > 1 else ""
    ends = {"from": previous, "to": sheet.id}
    share, *others = past.lenses
    return EntryView(
        record=sheet.id,
        anchor=f"e-{sheet.id[-12:]}",
        number=say.number(entry.number),
        who=writer_name(say, past.reading, entry.sheet, past.nicknames),
        when=say.moment(entry.at) if entry.at else "",
        counts=_counts(say, entry),
        excerpt=say("erased by its author") if sheet.erased else _excerpt(say, past, entry),
        shown=_shown(say, share, sheet.id, total),
        lenses=tuple((other.name, _shown(say, other, sheet.id, total)) for other in others) if total else (),
        changes=links.to("diff", **ends) if previous else "",
        first=entry.number == max(1, last.number - 1),
        last=entry.number == last.number,
    )


def _counts(say: Translator, entry: Entry) -> tuple[tuple[str, str], ...]:
    """(as written, as read aloud): +2 ¶, −1 ¶, ~1 ¶."""
    marks = entry.sheet.marks
    replaced = sum(1 for mark in marks if mark.replaced_by)
    deleted = sum(1 for mark in marks if mark.deleted)
    added = max(0, len(entry.sheet.paragraphs) - replaced)
    back = len(marks) - replaced - deleted
    found = (
        (added, f"+{added} ¶", say.many("%(count)s paragraph added", "%(count)s paragraphs added", added)),
        (deleted, f"−{deleted} ¶", say.many("%(count)s paragraph deleted", "%(count)s paragraphs deleted", deleted)),
        (replaced, f"~{replaced} ¶", say.many("%(count)s paragraph changed", "%(count)s paragraphs changed", replaced)),
        (back, f"↺{back} ¶", say.many("%(count)s mark taken back", "%(count)s marks taken back", back)),
    )
    return tuple((sign, text) for count, sign, text in found if count)


def _excerpt(say: Translator, past: Past, entry: Entry) -> str:
    found = [at for at, paragraph in enumerate(entry.sheet.paragraphs) if paragraph and paragraph.text.strip()]
    if not found:
        return ""
    words = past.reading.words(Address(entry.sheet.id, found[0]))
    return say("not shown on this pod") if words is None else shortened(words)


def shortened(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(beginning(text, 2 * EXCERPT).split())
    return f"{beginning(line, EXCERPT).rstrip()}…" if len(line) > EXCERPT else line


def _shown(say: Translator, share: AuthorShares, record: RecordId, total: int) -> str:
    shown = share.shown.get(record, 0)
    return say("%(shown)s of %(total)s shown", shown=say.number(shown), total=say.number(total)) if total else ""


def _nodes(say: Translator, past: Past) -> list[PatchNode]:
    entries = past.entries[-MOST_NODES:]
    known = {entry.sheet.id for entry in entries}
    return [
        PatchNode(
            entry.number,
            writer_name(say, past.reading, entry.sheet, past.nicknames),
            say.day(entry.at) if entry.at else "",
            tuple(sorted(_upon(entry) & known - {entry.sheet.id})),
            entry.sheet.id,
        )
        for entry in entries
    ]


def _upon(entry: Entry) -> set[RecordId]:
    """The records that a record builds on: its paragraphs hang on theirs, or it marks them."""
    sheet = entry.sheet
    return {after.record for after in sheet.afters if after} | {mark.paragraph.record for mark in sheet.marks}


def blame_view(say: Translator, links: PostLinks, past: Past, lens: LensBar, start: int) -> BlameView:
    """The paragraphs that are shown, in reading order, from `start` on."""
    reading = past.reading
    title = post_title(say, reading, past.nicknames)
    entries = {entry.sheet.id: entry for entry in past.entries}
    shown = [judged for judged in reading.all_judged if not reading.hiding(judged)]
    part, following = slice_from(shown, start, lambda judged: len(reading.words(judged.address) or ""))
    replaced = frozenset((at, mark.replaced_by) for (_, at), mark in reading.text.marks.items())
    return BlameView(
        title=say("Who wrote what in “%(title)s”", title=title),
        back=Link(title, links.to()),
        lens=lens,
        tabs=page_tabs(say, links, "blame"),
        lines=tuple(_blame(say, links, past, entries, judged, replaced) for judged in part),
        more="" if following is None else links.to("blame", **{"from": str(following)}),
    )


def _blame(
    say: Translator,
    links: PostLinks,
    past: Past,
    entries: Mapping[RecordId, Entry],
    judged: Judged,
    replaced: frozenset[tuple[Address, Address | None]],
) -> BlameLine:
    reading, address = past.reading, judged.address
    words, entry = reading.words(address), entries.get(address.record)
    earlier = [at for at in reading.text.slots.get(address, ()) if (at, address) in replaced]
    ends = (
        {"from": f"{earlier[0].record}.{earlier[0].index}", "to": f"{address.record}.{address.index}"}
        if earlier
        else {}
    )
    return BlameLine(
        text=say("not shown on this pod") if words is None else words,
        who=writer_name(say, reading, reading.text.sheets[address.record], past.nicknames),
        when=say.moment(entry.at) if entry and entry.at else "",
        href=links.to(anchor=anchor_of(address)),
        change=links.to("history", anchor=f"e-{address.record[-12:]}"),
        replaced=links.to("diff", **ends) if ends else "",
        score=score_view(say, reading.score_of(judged)),
        reason=reason_sentence(say, judged.reason),
    )
