"""Search by words, names, handles, addresses and ids; the page says what it searched and counts what is hidden."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from moderation.lens import Layer
from pod.actions.reading.search import KINDS, FoundPoll, Hit, SearchQuestion, Seen, seek
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.post_rows import LONGEST_TITLE, PostLineView, cut, hidden_by, titled, tone_of
from pod.web.group.subjects import subject_address
from pod.web.group.wording import member_name
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.person.home import GroupCard
from protocol.ids import parse_id

routes = web.RouteTableDef()
ON_A_PAGE: Final = 30
LONGEST: Final = 300
Option = tuple[str, str]


class SearchView(msgspec.Struct, frozen=True):
    """What was asked, and what was found. `elsewhere`: the words look like an address that another pod may know."""

    q: str
    kind: str
    group: str
    language: str
    kinds: tuple[Option, ...]
    languages: tuple[Option, ...]
    direct: tuple[Option, ...]
    groups: tuple[GroupCard, ...]
    subjects: tuple[Option, ...]
    rows: tuple[PostLineView, ...]
    hidden: str
    show: str
    older: str
    nothing: bool
    elsewhere: bool
    signed_in: bool
    coverage: str


@routes.get("/search")
@contract("reader", media_type=HTML)
@held
async def get_search(request: web.Request) -> web.Response:
    """Search what this pod has stored."""
    say, reader = say_of(request), reader_of(request)
    fields = {name: request.query.get(name, "").strip()[:LONGEST] for name in ("q", "kind", "group", "language")}
    area = {"group": "groups"}.get(fields["kind"], fields["kind"])
    fields["kind"] = area = area if area in KINDS else ""
    query = SearchQuestion(
        terms=fields["q"],
        area=area,
        group=parse_id(fields["group"]) if fields["group"] else None,
        language=fields["language"],
    )
    before = before_of(request)
    seen = await seek(request.app[DEPS], reader, query, before=before, limit=ON_A_PAGE, in_order_of=say.language)
    everything = request.query.get("show") == "all"
    view = _view(say, fields, seen, everything=everything, signed_in=reader is not None)
    return render(request, "group/search.html", view)


def _view(say: Translator, fields: dict[str, str], seen: Seen, *, everything: bool, signed_in: bool) -> SearchView:
    hidden = sum(not hit.shown for hit in seen.hits)
    here = list(fields.items())
    direct = [(line.name, f"/g/{line.id}") for line in seen.direct]
    direct += [(say("The post with this id"), f"/g/{seen.post[0]}/posts/{seen.post[1]}")] if seen.post else []
    direct += [(f"@{seen.person}", f"/@{seen.person}")] if seen.person else []
    rows = tuple(_row(say, hit) for hit in seen.hits if hit.shown or everything)
    looks = any(mark in fields["q"] for mark in ("@", "://", "bagaaiera"))
    found = bool(direct or seen.groups or seen.subjects or seen.hits)
    return SearchView(
        **fields,
        kinds=_kinds(say),
        languages=(("", say("any language")), ("en", "English"), ("sv", "Svenska")),
        direct=tuple(direct),
        groups=tuple(GroupCard(f"/g/{one.group}", one.name, "") for one in seen.groups),
        subjects=tuple((name, subject_address(name)) for name in seen.subjects),
        rows=rows,
        hidden=say.many("%(count)s hidden by its group", "%(count)s hidden by their groups", hidden) if hidden else "",
        show="" if everything else with_query("/search", [*here, ("show", "all")]),
        older=with_query("/search", [*here, ("before", str(seen.next))]) if seen.next else "",
        nothing=bool(fields["q"]) and not found,
        elsewhere=looks and not direct,
        signed_in=signed_in,
        coverage=say.many(
            "Searched: what this pod has stored, %(count)s public group and your own.",
            "Searched: what this pod has stored, %(count)s public groups and your own.",
            seen.public,
        ),
    )


def _kinds(say: Translator) -> tuple[Option, ...]:
    return (
        ("", say("everything")),
        ("posts", say("posts")),
        ("polls", say("polls")),
        ("people", say("people")),
        ("groups", say("groups")),
        ("subjects", say("subjects")),
    )


def _poll_row(say: Translator, hit: Hit, poll: FoundPoll, name: str) -> PostLineView:
    own = f"/g/{hit.group}"
    proposed = hit.kind == "proposal"
    text = hit.text if proposed else hit.text.removeprefix(poll.title)
    return PostLineView(
        href=f"{own}/polls/{poll.id}" + ("/proposals" if proposed else ""),
        title=poll.title,
        excerpt=cut(" ".join(text.split()), 2 * LONGEST_TITLE),
        language=hit.language,
        byline=say("proposal by %(name)s", name=name) if proposed else say("poll by %(name)s", name=name),
        at="",
        score="",
        tone="even",
        note="",
        answers="",
        origin=hit.group_name,
        origin_href=own,
    )


def _row(say: Translator, hit: Hit) -> PostLineView:
    name, own, card = member_name(say, hit.author, hit.nickname), f"/g/{hit.group}", hit.card
    if hit.poll is not None:
        return _poll_row(say, hit, hit.poll, name)
    if card is None:
        text = " ".join(hit.text.removeprefix(hit.nickname).split())
        return PostLineView(
            f"{own}/members/{hit.author}", name, cut(text, 2 * LONGEST_TITLE), "", say("a member's profile"),
            "", "", "even", "", "", hit.group_name, own,
        )  # fmt: skip
    edit = hit.kind == "patch"
    title, excerpt = titled(say, card, member_name(say, card.author, card.nickname))
    said = cut(" ".join(hit.text.split()), 2 * LONGEST_TITLE)
    return PostLineView(
        href=f"{own}/posts/{card.post}",
        title=title,
        excerpt=said if edit else excerpt,
        language=hit.language,
        byline=say("edit by %(name)s", name=name) if edit else name,
        at="",
        score=say.score(card.score),
        tone=tone_of(card.score),
        note="" if hit.shown else hidden_by(say, card.layer or Layer.LENS),
        answers="",
        origin=hit.group_name,
        origin_href=own,
    )
