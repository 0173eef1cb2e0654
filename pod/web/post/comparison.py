"""Two lenses side by side: on the paragraphs of a post, and on the last posts of a group before a person follows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from aiohttp import web

from moderation.clusters import beginning
from moderation.lens import MOST_GROUPS, Layer, Lens
from pod.actions.reading.lens.choices import LensChoices, list_lens_choices
from pod.actions.reading.lens.comparison import Compared, Preview, compare_lenses, preview_lens
from pod.actions.reading.lens.verdicts import home_lens
from pod.actions.reading.post.posts import PostLine
from pod.actions.reading.post.slices import slice_from
from pod.app_keys import DEPS
from pod.budgets.heavy import computed
from pod.contracts import HTML, contract
from pod.plots.plot import Plot
from pod.plots.stripes import PlotStripe, lens_stripes
from pod.rules.posts import PostRule
from pod.translations import Translator
from pod.web.kit.lens_bar import OFF, group_in, lens_fields, lens_name, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.post.history import shortened
from pod.web.post.links import Link, PostLinks, anchor_of, links_of
from pod.web.post.page import number_of, page_tabs
from pod.web.post.wording import TAGS, Score, called, language_of, post_title, score_view, title_of
from protocol.ids import parse_id
from protocol.records.content import PostTarget
from protocol.visibility import Judged

routes = web.RouteTableDef()
LETTERS: Final = "ABCDEFGH"
EXCERPT: Final = 40


class SideView(msgspec.Struct, frozen=True):
    """A paragraph in two lenses. `kind` is both, first, second or neither; `marks` are the letters that show it."""

    kind: str
    marks: tuple[str, ...]
    label: str
    tag: str
    style: str
    text: str
    href: str


class RunView(msgspec.Struct, frozen=True):
    """Paragraphs in a row; those that neither lens shows are folded under `folded`."""

    folded: str
    sides: tuple[SideView, ...]


class CompareView(msgspec.Struct, frozen=True):
    """The page of two lenses over a post."""

    title: str
    back: Link
    tabs: tuple[tuple[str, str, bool], ...]
    action: str
    choices: tuple[tuple[str, str], ...]
    first: str
    second: str
    names: tuple[Link, Link]
    counts: tuple[str, ...]
    language: str
    runs: tuple[RunView, ...]
    plot: Plot
    turned: str
    more: str


class PreviewLine(msgspec.Struct, frozen=True):
    """A post that a new lens would hide or show."""

    link: Link
    byline: str
    score: Score


class PreviewView(msgspec.Struct, frozen=True):
    """What following a lens would change among a group's last posts."""

    title: str
    back: Link
    lens: Link
    sentence: str
    counts: tuple[str, str, str]
    hidden: tuple[PreviewLine, ...]
    shown: tuple[PreviewLine, ...]
    follow: str
    here: str


@routes.get("/g/{group}/posts/{post}/compare")
@contract(media_type=HTML)
@held
async def get_compare(request: web.Request) -> web.Response:
    """What two lenses show of a post: only one, only the other, both."""
    links, deps, reader = links_of(request), request.app[DEPS], reader_of(request)
    first, second = _lens(request, "a") or Lens((links.group,)), _lens(request, "b")
    compared = await compare_lenses(deps, reader, links.group, links.post, first, second)
    named = list(dict.fromkeys(group for lens in compared.lenses for group in lens.groups))
    choices = await list_lens_choices(deps, reader, named, PostTarget(links.post).token)
    start = number_of(request, "from")

    def draw() -> web.Response:
        return render(request, "post/compare.html", compare_view(say_of(request), links, compared, choices, start))

    return await computed(len(compared.reading.all_judged), draw)


@routes.get("/g/{group}/preview")
@contract(media_type=HTML)
@held
async def get_preview(request: web.Request) -> web.Response:
    """What would change in a group if one followed a lens."""
    deps, reader, group = request.app[DEPS], reader_of(request), parse_id(request.match_info["group"])
    lens = _lens(request, "lens")
    if lens is None or len(lens.groups) != 1:
        raise PostRule.LENS_NAMES_ONE.error()
    home = await home_lens(deps, reader) if reader else None
    preview = await preview_lens(deps, reader, group, home or Lens((group,)), lens.groups[0])
    view = preview_view(say_of(request), preview, follow=reader is not None, home=home is not None)
    return render(request, "post/preview.html", view)


def _lens(request: web.Request, name: str) -> Lens | None:
    """The lens that some fields of the address name; None if they name none."""
    named = [text for value in request.query.getall(name, []) if (text := value.strip())]
    groups = tuple(dict.fromkeys(group_in(text) for text in named if text != OFF))
    if len(groups) > MOST_GROUPS:
        raise PostRule.LENS_TOO_LARGE.error(most=MOST_GROUPS)
    return Lens(groups) if named else None


def compare_view(
    say: Translator, links: PostLinks, compared: Compared, choices: LensChoices, start: int
) -> CompareView:
    """The page, from what was compared."""
    reading, (first, second) = compared.reading, compared.lenses
    part, following = slice_from(reading.all_judged, start, lambda judged: len(reading.words(judged.address) or ""))
    sides = [_side(say, links, compared, judged) for judged in part]
    names = [lens_name(say, lens, compared.names) for lens in compared.lenses]
    named_links = [
        Link(names[at], msgspec.structs.replace(links, lens=lens).to()) for at, lens in enumerate(compared.lenses)
    ]
    title = post_title(say, reading, compared.nicknames)
    return CompareView(
        title=say("“%(title)s” in two lenses", title=title),
        back=Link(title, links.to()),
        tabs=page_tabs(say, links, "compare"),
        action=f"{links.path}/compare",
        choices=_choices(say, choices),
        first=_value(first),
        second=_value(second),
        names=(named_links[0], named_links[1]),
        counts=_counts(say, [_kind(compared, judged) for judged in reading.all_judged]),
        language=language_of(reading.card.language),
        runs=tuple(_runs(say, sides)),
        plot=lens_stripes(say, _stripes(compared, names), [_excerpt(say, compared, judged) for judged in part]),
        turned=compare_path(links, second, first),
        more="" if following is None else compare_path(links, first, second, start=following),
    )


def compare_path(links: PostLinks, first: Lens, second: Lens, *, start: int = 0) -> str:
    """The page of two lenses over a post, of its text from `start` on."""
    fields = [("a", group) for group in _fields(first)] + [("b", group) for group in _fields(second)]
    fields += [("from", str(start))] if start else []
    return with_query(f"{links.path}/compare", fields)


def _fields(lens: Lens) -> list[str]:
    return [str(group) for group in lens.groups] or [OFF]


def _value(lens: Lens) -> str:
    return _fields(lens)[0]


def _choices(say: Translator, choices: LensChoices) -> tuple[tuple[str, str], ...]:
    every = (*choices.named, *choices.own, *choices.voted, *choices.public)
    groups = dict.fromkeys((str(choice.group), choice.name) for choice in every)
    return ((OFF, say("no lens")), *groups)


def _side(say: Translator, links: PostLinks, compared: Compared, judged: Judged) -> SideView:
    reading, at = compared.reading, judged.address
    marks = tuple(letter for letter, shown in (("A", compared.first), ("B", compared.second)) if at in shown)
    paragraph, words = reading.text.paragraph(at), reading.words(at)
    style = paragraph.style if paragraph else "text"
    kind = _kind(compared, judged)
    label = {
        "both": say("shown in both"),
        "first": say("only in A"),
        "second": say("only in B"),
        "neither": say("in neither"),
    }[kind]
    gone = say("erased by its author") if paragraph is None else say("not shown on this pod")
    return SideView(kind, marks, label, TAGS.get(style, "p"), style, words or gone, links.to(anchor=anchor_of(at)))


def _kind(compared: Compared, judged: Judged) -> str:
    shown = judged.address in compared.first, judged.address in compared.second
    return {(True, True): "both", (True, False): "first", (False, True): "second"}.get(shown, "neither")


def _counts(say: Translator, kinds: Sequence[str]) -> tuple[str, ...]:
    texts = {
        "first": say("only in A: %(count)s", count=say.number(kinds.count("first"))),
        "second": say("only in B: %(count)s", count=say.number(kinds.count("second"))),
        "both": say("in both: %(count)s", count=say.number(kinds.count("both"))),
        "neither": say("in neither: %(count)s", count=say.number(kinds.count("neither"))),
    }
    return tuple(texts.values())


def _runs(say: Translator, sides: Iterable[SideView]) -> list[RunView]:
    runs: list[tuple[bool, list[SideView]]] = []
    for side in sides:
        folded = side.kind == "neither"
        if not runs or runs[-1][0] != folded:
            runs.append((folded, []))
        runs[-1][1].append(side)
    return [
        RunView(
            say.many("%(count)s paragraph in neither", "%(count)s paragraphs in neither", len(found)) if folded else "",
            tuple(found),
        )
        for folded, found in runs
    ]


def _stripes(compared: Compared, names: Sequence[str]) -> list[PlotStripe]:
    order = [judged.address for judged in compared.reading.all_judged]
    every = [(names[0], compared.first), (names[1], compared.second)]
    every += [(stripe.name, stripe.shown) for stripe in compared.stripes]
    return [
        PlotStripe(letter, name, tuple(at in shown for at in order))
        for letter, (name, shown) in zip(LETTERS, every, strict=False)
    ]


def _excerpt(say: Translator, compared: Compared, judged: Judged) -> str:
    words = compared.reading.words(judged.address)
    return shortened(beginning(words, EXCERPT)) if words else say("not shown")


def preview_view(say: Translator, preview: Preview, *, follow: bool, home: bool) -> PreviewView:
    """The page; `home`: what is compared with is the reader's home lens, not the group's own."""
    compared, lines = preview.comparison, {line.post: line for line in preview.posts}
    same = len(compared.both) + len(compared.neither)
    total = len(preview.posts)
    path = f"/g/{preview.summary.group}"
    here = with_query(f"{path}/preview", [("lens", preview.lens.group)])
    last = say.many("Of the last %(count)s post here", "Of the last %(count)s posts here", total)
    now = say("your lens of now") if home else say("this group's own lens")
    return PreviewView(
        title=say("Follow %(lens)s?", lens=preview.lens.name),
        back=Link(preview.summary.name, path),
        lens=Link(preview.lens.name, f"/g/{preview.lens.group}"),
        sentence=say("%(last)s, compared with %(now)s:", last=last, now=now),
        counts=(
            say.many("%(count)s stays the same", "%(count)s stay the same", same),
            say.many("%(count)s would be hidden", "%(count)s would be hidden", len(compared.only_first)),
            say.many("%(count)s would be newly shown", "%(count)s would be newly shown", len(compared.only_second)),
        ),
        hidden=tuple(_line(say, preview, lines[post]) for post in compared.only_first),
        shown=tuple(_line(say, preview, lines[post]) for post in compared.only_second),
        follow=str(preview.lens.group) if follow else "",
        here=here,
    )


def _line(say: Translator, preview: Preview, line: PostLine) -> PreviewLine:
    who = called(say, line.author, {line.author: preview.nicknames.get((line.group, line.author), "")})
    floored = any(hide.layer is Layer.POD for hide in line.hides)
    title = (
        say("A post that this server doesn't show") if floored else title_of(say, line.title, who, erased=line.erased)
    )
    fields = lens_fields(Lens((preview.lens.group,)), (line.group,))
    href = with_query(f"/g/{line.group}/posts/{line.post}", fields)
    return PreviewLine(Link(title, href), f"{who} · {say.day(line.at)}", score_view(say, line.score))
