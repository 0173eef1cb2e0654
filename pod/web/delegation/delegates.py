"""The delegates of a group, and what one of them did with the voices that followed them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import msgspec
from aiohttp import web

from decisions.agreement import agrees
from pod.actions.reading.decisions.delegates import (
    Advice,
    Declaration,
    DelegateCard,
    DelegatePage,
    DelegateSight,
    TrackLine,
    describe_delegate,
    list_delegates,
)
from pod.actions.reading.decisions.delegations import list_areas
from pod.actions.reading.decisions.track_records import Attendance
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.plot import Plot
from pod.plots.track_strip import TrackCell, track_strip
from pod.plots.weights import percent
from pod.translations import Translator
from pod.web.decisions.ballot_words import told_in
from pod.web.decisions.wording import option_name, poll_title
from pod.web.delegation.wording import called, scope_name
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.follow_button import FollowButton, load_follow_button
from pod.web.kit.queries import before_of, number_in, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of

routes = web.RouteTableDef()
ON_A_PAGE = 20


class DelegateCardView(msgspec.Struct, frozen=True):
    """A delegate in the list; `add` puts them on one's list, unsigned."""

    name: str
    href: str
    add: str
    statement: str
    facts: tuple[tuple[str, str], ...]


class DelegatesView(msgspec.Struct, frozen=True):
    """Declared delegates; `areas` are (where, name, whether it is this page)."""

    frame: PageFrame
    areas: tuple[tuple[str, str, bool], ...]
    recommended: tuple[tuple[str, str, str], ...]
    cards: tuple[DelegateCardView, ...]
    older: str
    member: bool


class TrackRow(msgspec.Struct, frozen=True):
    """A poll in a track record. `voices`: how many came through them; `given`: their score of what was decided."""

    title: str
    href: str
    mark: str
    ballot: str
    chosen: str
    voices: str
    given: str


class DelegateView(msgspec.Struct, frozen=True):
    """One delegate's record."""

    frame: PageFrame
    name: str
    member: str
    add: str
    facts: tuple[tuple[str, str], ...]
    named: tuple[tuple[str, str], ...]
    declarations: tuple[tuple[str, str], ...]
    record: tuple[TrackRow, ...]
    strip: Plot | None
    older: str
    follow: FollowButton | None = None


@routes.get("/g/{group}/delegates")
@contract("reader", media_type=HTML)
async def get_delegates_page(request: web.Request) -> web.Response:
    """Who offers to be followed, by subject area; for members also who scored like them, and why that is said."""
    deps, say, reader = request.app[DEPS], say_of(request), reader_of(request)
    seen, frame = await load_frame(request, "delegates")
    area, after = request.query.get("area", ""), before_of(request, "after") or 0
    page = await list_delegates(deps, reader, seen.group, area=area, after=after, limit=ON_A_PAGE)
    areas = dict(await list_areas(deps, reader, seen.group))
    own = f"/g/{seen.group}/delegates"
    return render(request, "delegation/delegates.html", _list_view(say, frame, page, areas, own, area, seen.number))


def _list_view(  # noqa: PLR0917  (a page's parts, each of its own kind)
    say: Translator,
    frame: PageFrame,
    page: DelegatePage,
    areas: Mapping[str, str],
    own: str,
    area: str,
    number: int | None,
) -> DelegatesView:
    tabs = [(own, say("All areas"), not area)]
    tabs += [(with_query(own, [("area", one)]), name, one == area) for one, name in areas.items()]
    advice = {one.number: one for one in page.advice}
    follow = with_query(f"/g/{frame.group}/delegation", [("area", area)])
    return DelegatesView(
        frame=frame,
        areas=tuple(tabs) if areas else (),
        recommended=tuple((_name(say, one), f"{own}/{one.number}", _because(say, one)) for one in page.recommended),
        cards=tuple(
            _card(say, card, areas, own, with_query(follow, [("add", str(card.number))]), advice.get(card.number))
            for card in page.delegates
        ),
        older=with_query(own, [("area", area), ("after", str(page.next))]) if page.next else "",
        member=number is not None,
    )


def _name(say: Translator, one: Advice) -> str:
    return called(say, one.number, {one.number: one.nickname})


def _because(say: Translator, one: Advice) -> str:
    return say(
        "because you and they agree by %(percent)s on %(count)s options that both scored in final polls",
        percent=percent(say, Fraction(one.alike, 1000)),
        count=say.number(one.proposals),
    )


def _card(
    say: Translator, card: DelegateCard, areas: Mapping[str, str], own: str, add: str, advice: Advice | None
) -> DelegateCardView:
    facts = [(say("Areas"), _areas(say, card.said, areas))]
    facts += [
        (
            say("Voices: %(scope)s", scope=scope_name(say, one.scope, areas)),
            say("%(first)s in first place, %(all)s in all", first=say.number(one.first), all=say.number(one.any)),
        )
        for one in card.followers
    ]
    facts.append((say("Votes cast"), _cast(say, card.attendance)))
    if advice is not None:
        facts.append((say("Agreement with you"), _because(say, advice)))
    if card.active_at is not None:
        facts.append((say("Last active"), say.day(card.active_at)))
    name = called(say, card.number, {card.number: card.nickname})
    return DelegateCardView(name, f"{own}/{card.number}", add, card.said.statement, tuple(facts))


def _areas(say: Translator, said: Declaration, areas: Mapping[str, str]) -> str:
    return ", ".join(areas.get(area, area) for area in said.areas) or say("all")


def _cast(say: Translator, seen: Attendance) -> str:
    if not seen.possible:
        return say("no poll yet in which they could vote as a delegate")
    return say.many(
        "%(cast)s of %(count)s poll",
        "%(cast)s of the %(count)s latest polls",
        seen.possible,
        cast=say.number(seen.cast),
    )


@routes.get("/g/{group}/delegates/{number}")
@contract("reader", media_type=HTML)
async def get_delegate_page(request: web.Request) -> web.Response:
    """All polls since a delegate's first day, also of a former one; nothing of it goes away."""
    deps, say, reader = request.app[DEPS], say_of(request), reader_of(request)
    seen, frame = await load_frame(request, "delegates")
    number = number_in(request.match_info["number"], "number")
    sight = await describe_delegate(deps, reader, seen.group, number, below=before_of(request))
    areas = dict(await list_areas(deps, reader, seen.group))
    view = _record_view(say, frame, sight, areas)
    follow = await load_follow_button(request, seen.group, "delegate", str(number), view.name)
    return render(request, "delegation/delegate.html", msgspec.structs.replace(view, follow=follow))


def _record_view(say: Translator, frame: PageFrame, sight: DelegateSight, areas: Mapping[str, str]) -> DelegateView:
    group = f"/g/{frame.group}"
    facts = [(say("Delegate"), say("yes") if sight.declared else say("no longer"))]
    facts += [
        (
            say("Voices: %(scope)s", scope=scope_name(say, one.scope, areas)),
            say("%(first)s in first place, %(all)s in all", first=say.number(one.first), all=say.number(one.any)),
        )
        for one in sight.followers
    ]
    facts.append((say("Votes cast"), _cast(say, sight.attendance)))
    own = f"{group}/delegates/{sight.number}"
    return DelegateView(
        frame=frame,
        name=called(say, sight.number, {sight.number: sight.nickname}),
        member=f"{group}/members/{sight.number}",
        add=f"{group}/delegation?add={sight.number}" if sight.declared else "",
        facts=tuple(facts),
        named=tuple(
            (called(say, one.number, {one.number: one.nickname}), f"{group}/members/{one.number}")
            for one in sight.named
        ),
        declarations=tuple(_declared(say, one) for one in sight.declarations),
        record=tuple(_row(say, line, group) for line in sight.record),
        strip=_strip(say, sight) if sight.record else None,
        older=with_query(own, [("before", str(sight.next))]) if sight.next is not None else "",
    )


def _declared(say: Translator, said: Declaration) -> tuple[str, str]:
    day = say.day(said.at)
    word = say("%(day)s: delegate", day=day) if said.declared else say("%(day)s: resigned", day=day)
    return word, said.statement


def _row(say: Translator, line: TrackLine, group: str) -> TrackRow:
    chosen = line.chosen
    outcome = ""
    if chosen is not None:
        outcome = ", ".join(option_name(say, line.poll, option) for option in chosen) or say("nothing")
    return TrackRow(
        title=poll_title(say, line.poll),
        href=f"{group}/polls/{line.poll.id}",
        mark="●" if line.ballot is not None else "○",
        ballot=told_in(say, line.poll, line.ballot) if line.ballot is not None else say("didn't vote"),
        chosen=outcome,
        voices=say.number(line.voices) if line.voices is not None else "",
        given=_given(say, line),
    )


def _given(say: Translator, line: TrackLine) -> str:
    """Their score of what was decided, in a poll with scores."""
    scores = line.ballot.scores if line.ballot is not None else None
    if not scores or not line.chosen:
        return ""
    given = scores.get(line.chosen[0])
    return say("no opinion") if given is None else say.number(given)


def _strip(say: Translator, sight: DelegateSight) -> Plot:
    """The polls of this page, the oldest first."""
    cells = [
        TrackCell(poll_title(say, line.poll), line.ballot is not None, agrees(line.ballot, line.chosen), line.voices)
        for line in reversed(sight.record)
    ]
    return track_strip(say, cells, key=f"delegate-{sight.number}")
