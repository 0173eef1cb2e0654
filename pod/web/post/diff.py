"""Two versions of a post, or of a paragraph, word by word: in one text on narrow screens, side by side on wide ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from aiohttp import web
from markupsafe import Markup, escape

from moderation.diffs import Change, diff_words
from moderation.versions import Step
from pod.actions.reading.post.history import Difference, Entry, compare_versions
from pod.actions.reading.post.slices import slice_from
from pod.app_keys import DEPS
from pod.budgets.heavy import computed
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.post.links import Link, PostLinks, address_in, anchor_of, links_of
from pod.web.post.page import number_of, page_tabs
from pod.web.post.wording import TAGS, language_of, marked, post_title, writer_name
from protocol.ids import RecordId, parse_id
from protocol.records.content import Address

routes = web.RouteTableDef()
NEAR: Final = 2  # unchanged paragraphs that stay open beside a change
ALL_STEPS: Final = 400_000  # of all comparisons of one page together


class StepView(msgspec.Struct, frozen=True):
    """A paragraph in both versions. `kind` is same, changed, gone or new; `label` says it, `sign` is its letter."""

    kind: str
    sign: str
    label: str
    tag: str
    style: str
    inline: Markup
    before: Markup
    after: Markup


class DiffRunView(msgspec.Struct, frozen=True):
    """Steps in a row; `folded` counts those that are folded because nothing changed in or beside them."""

    folded: str
    steps: tuple[StepView, ...]


class DiffView(msgspec.Struct, frozen=True):
    """The page of a comparison."""

    title: str
    back: Link
    tabs: tuple[tuple[str, str, bool], ...]
    before: Link
    after: Link
    counts: str
    language: str
    runs: tuple[DiffRunView, ...]
    turned: str
    more: str


@routes.get("/g/{group}/posts/{post}/diff")
@contract(media_type=HTML)
@held
async def get_diff(request: web.Request) -> web.Response:
    """What changed between two records of a post, or between two versions of a paragraph."""
    links = links_of(request)
    first, second = (_end(request.query.get(name, links.post)) for name in ("from", "to"))
    reader, deps = reader_of(request), request.app[DEPS]
    found = await compare_versions(deps, reader, links.group, links.post, first, second)
    start = number_of(request, "start")

    def draw() -> web.Response:
        return render(request, "post/diff.html", diff_view(say_of(request), links, found, start))

    return await computed(len(found.steps), draw)


def _end(text: str) -> RecordId | Address:
    return address_in(text) if "." in text else parse_id(text)


def diff_view(say: Translator, links: PostLinks, found: Difference, start: int) -> DiffView:
    """The page of the comparison from `start` on; what changed is open, with the paragraphs beside it."""
    title = post_title(say, found.reading, found.nicknames)
    part, following = slice_from(found.steps, start, lambda step: _length(found, step))
    most = ALL_STEPS // max(1, sum(1 for step in part if not step.stays))
    views = [_step(say, found, step, most) for step in part]
    before, after = _name(found.before), _name(found.after)
    return DiffView(
        title=say("Changes in “%(title)s”", title=title),
        back=Link(title, links.to()),
        tabs=page_tabs(say, links, "history"),
        before=_end_link(say, links, found, found.before),
        after=_end_link(say, links, found, found.after),
        counts=_counts(say, found.steps),
        language=language_of(found.reading.card.language),
        runs=tuple(_runs(say, views)),
        turned=links.to("diff", **{"from": after, "to": before}),
        more="" if following is None else links.to("diff", **{"from": before, "to": after, "start": str(following)}),
    )


def _length(found: Difference, step: Step) -> int:
    return sum(len(found.reading.words(at) or "") for at in {step.before, step.after} if at)


def _name(end: Entry | Address) -> str:
    return end.sheet.id if isinstance(end, Entry) else f"{end.record}.{end.index}"


def _end_link(say: Translator, links: PostLinks, found: Difference, end: Entry | Address) -> Link:
    if isinstance(end, Address):
        who = writer_name(say, found.reading, found.reading.text.sheets[end.record], found.nicknames)
        return Link(say("version by %(who)s", who=who), links.to(mode="wiki", anchor=anchor_of(end)))
    who, number = writer_name(say, found.reading, end.sheet, found.nicknames), say.number(end.number)
    when = say.moment(end.at) if end.at else ""
    text = say("after record %(number)s by %(who)s, %(when)s", number=number, who=who, when=when)
    return Link(text, links.to("history", anchor=f"e-{end.sheet.id[-12:]}"))


def _step(say: Translator, found: Difference, step: Step, most_steps: int) -> StepView:
    before, after = _words(say, found, step.before), _words(say, found, step.after)
    at = step.after or step.before
    paragraph = found.reading.text.paragraph(at) if at else None
    style = paragraph.style if paragraph else "text"
    tag = TAGS.get(style, "p")
    if step.stays:
        text = escape(before)
        return StepView("same", "", "", tag, style, text, text, text)
    kind, sign, label = _kind(say, step)
    pieces = diff_words(before, after, most_steps=most_steps)
    inline = marked(pieces)
    return StepView(
        kind, sign, label, tag, style, inline, marked(pieces, without=Change.NEW), marked(pieces, without=Change.GONE)
    )


def _words(say: Translator, found: Difference, at: Address | None) -> str:
    if at is None:
        return ""
    words = found.reading.words(at)
    if words is not None:
        return words
    erased = found.reading.text.paragraph(at) is None
    return say("erased by its author") if erased else say("not shown on this pod")


def _kind(say: Translator, step: Step) -> tuple[str, str, str]:
    if step.before is None:
        return "new", "+", say("added")
    if step.after is None:
        return "gone", "−", say("deleted")
    return "changed", "~", say("changed")


def _counts(say: Translator, steps: Sequence[Step]) -> str:
    kinds = ["same" if step.stays else _kind(say, step)[0] for step in steps]
    if all(kind == "same" for kind in kinds):
        return say("Nothing differs.")
    return say(
        "%(new)s added, %(gone)s deleted, %(changed)s changed",
        new=say.number(kinds.count("new")),
        gone=say.number(kinds.count("gone")),
        changed=say.number(kinds.count("changed")),
    )


def _runs(say: Translator, views: Sequence[StepView]) -> list[DiffRunView]:
    """Unchanged paragraphs far from any change are folded."""
    changed = [at for at, view in enumerate(views) if view.kind != "same"]
    near = {at + by for at in changed for by in range(-NEAR, NEAR + 1)} if changed else set(range(len(views)))
    runs: list[tuple[bool, list[StepView]]] = []
    for at, view in enumerate(views):
        if not runs or runs[-1][0] != (at in near):
            runs.append((at in near, []))
        runs[-1][1].append(view)
    return [DiffRunView("" if is_open else _folded(say, len(steps)), tuple(steps)) for is_open, steps in runs]


def _folded(say: Translator, count: int) -> str:
    return say.many("%(count)s paragraph without changes", "%(count)s paragraphs without changes", count)
