"""Subjects: what each group writes under a public name, two groups side by side; and the list of a group's subjects."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize
from urllib.parse import quote

import msgspec
from aiohttp import web

from moderation.lens import Lens
from pod.actions.access import Reader
from pod.actions.reading.group.subjects import SubjectCard, list_cards, list_group_subjects
from pod.actions.reading.post.posts import describe_post
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.post_rows import tone_of
from pod.web.kit.queries import with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from protocol.limits import MAX_NAME_LENGTH

routes = web.RouteTableDef()
ON_A_PAGE: Final = 100
COMPARED: Final = 2
# Browsers go by these in a path, however they are written, instead of asking for them.
DOTS: Final = (".", "..")


class CardView(msgspec.Struct, frozen=True):
    """What a group says on the subject; without `href` it shows nothing yet."""

    group: str
    name: str
    group_href: str
    mine: str
    title: str
    href: str
    line: str
    score: str
    tone: str
    chosen: bool


class SubjectSideView(msgspec.Struct, frozen=True):
    """One group's text, beside another's."""

    name: str
    href: str
    language: str
    paragraphs: tuple[str, ...]
    more: str


class SubjectView(msgspec.Struct, frozen=True):
    """The page of a public name; `asked`: the same, where the address tells it by its query."""

    name: str
    asked: str
    sentence: str
    cards: tuple[CardView, ...]
    sides: tuple[SubjectSideView, ...]
    comparable: bool


class SubjectsView(msgspec.Struct, frozen=True):
    """The names that a group writes about, as (name, address, how much)."""

    frame: PageFrame
    rows: tuple[tuple[str, str, str], ...]
    older: str


def subject_address(name: str) -> str:
    """Where a public name is shown."""
    return with_query("/s/", [("name", name)]) if name in DOTS else f"/s/{quote(name, safe='')}"


# By itself, `{name}` would stand for no name with a brace in it.
@routes.get("/s/{name:[^/]*}")
@contract("reader", media_type=HTML)
@held
async def get_subject(request: web.Request) -> web.Response:
    """What each group says on a public name; no group owns it."""
    asked = "" if request.match_info["name"] else request.query.get("name", "")
    name = normalize("NFC", request.match_info["name"] or asked)[:MAX_NAME_LENGTH]
    say, reader = say_of(request), reader_of(request)
    cards = await list_cards(request.app[DEPS], reader, name)
    if not cards:
        raise GroupRule.NO_GROUP_ABOUT_THIS.error()
    chosen = [group for group in request.query.getall("compare", []) if group][:COMPARED]
    sides = [await _side(request, reader, card) for card in cards if card.group in chosen and card.reply]
    view = SubjectView(
        name=name,
        asked=asked,
        sentence=subject_sentence(say, name, len(cards)),
        cards=tuple(_card(say, card, chosen) for card in cards),
        sides=tuple(sides),
        comparable=sum(card.reply is not None for card in cards) > 1,
    )
    return render(request, "group/subject.html", view)


def subject_sentence(say: Translator, name: str, groups: int) -> str:
    """How many write about a name, and that nobody owns it."""
    return say.many(
        "%(count)s group writes about “%(name)s”; it doesn't own the word.",
        "%(count)s groups write about “%(name)s”; none owns the word.",
        groups,
        name=name,
    )


def _card(say: Translator, card: SubjectCard, chosen: list[str]) -> CardView:
    posts = say.many("%(count)s post", "%(count)s posts", card.posts)
    mine = {"lens": say("my lens"), "group": say("my group")}.get(card.mine, "")
    named = say("published under this name") if card.named else ""
    return CardView(
        group=card.group,
        name=card.name,
        group_href=f"/g/{card.group}",
        mine=" · ".join(part for part in (mine, named) if part),
        title=card.title or (say("What it says") if card.reply else say("Nothing is shown yet")),
        href=f"/g/{card.group}/posts/{card.reply}" if card.reply else "",
        line=say("%(posts)s · last shown text of %(day)s", posts=posts, day=say.day(card.at)) if card.reply else posts,
        score=say.score(card.score) if card.reply else "",
        tone=tone_of(card.score),
        chosen=card.group in chosen,
    )


async def _side(request: web.Request, reader: Reader, card: SubjectCard) -> SubjectSideView:
    assert card.reply is not None
    seen = await describe_post(request.app[DEPS], reader, card.group, card.reply, Lens((card.group,)))
    shown = tuple(paragraph.text for paragraph in seen.paragraphs if paragraph.shown)
    href = f"/g/{card.group}/posts/{card.reply}"
    more = "" if seen.next is None else with_query(href, [("from", str(seen.next))])
    return SubjectSideView(card.name, href, seen.language, shown, more)


@routes.get("/g/{group}/subjects")
@contract("reader", media_type=HTML)
@held
async def get_group_subjects(request: web.Request) -> web.Response:
    """The public names that a group writes about."""
    _, frame = await load_frame(request, "subjects")
    say, after = say_of(request), request.query.get("after", "")
    deps, reader, limit = request.app[DEPS], reader_of(request), ON_A_PAGE + 1
    found = await list_group_subjects(deps, reader, frame.group, after=after, limit=limit, language=say.language)
    shown = found[:ON_A_PAGE]
    own = f"/g/{frame.group}/subjects"
    rows = tuple(
        (line.subject, subject_address(line.subject), say.many("%(count)s post", "%(count)s posts", line.posts))
        for line in shown
    )
    older = with_query(own, [("after", shown[-1].subject)]) if len(found) > ON_A_PAGE else ""
    return render(request, "group/subjects.html", SubjectsView(frame, rows, older))
