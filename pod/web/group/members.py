"""The members of a group with their weights and power, and a member's page with profile and posts."""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web

from pod.actions.groups.identity_claims import hide_identity, show_identity
from pod.actions.reading.group.members import (
    Balance,
    MemberPageSight,
    RosterLine,
    RosterPage,
    describe_roster_member,
    list_roster,
)
from pod.actions.reading.group.members import load_balance as load_weights
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.plot import Plot
from pod.plots.weights import WeightPiece, weight_strip
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.post_rows import PostLineView, written_row
from pod.web.group.wording import host_of, member_name, weight_words
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.queries import before_of, number_in, place_before, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of, signer_of

routes = web.RouteTableDef()
ON_A_PAGE = 100
POSTS_ON_A_PAGE = 30


class MemberLineView(msgspec.Struct, frozen=True):
    """A member in the table; `mark` and `word` say what the weight alone doesn't."""

    number: str
    href: str
    name: str
    pod: str
    weight: str
    mark: str
    word: str
    joined: str
    votes: str
    change: str


class MembersView(msgspec.Struct, frozen=True):
    """The members' table, a page of it; the strip of weights stands on the first."""

    frame: PageFrame
    rows: tuple[MemberLineView, ...]
    plot: Plot | None
    warning: str
    older: str


class MemberView(msgspec.Struct, frozen=True):
    """One member. `change` leads to a weight, `profile` to the reader's own profile; empty if they may not.

    `known`: show or hide, which one may do with one's own entry; empty where there is nothing to show.
    """

    frame: PageFrame
    name: str
    facts: tuple[tuple[str, str], ...]
    text: str
    identity: tuple[str, str]
    rows: tuple[PostLineView, ...]
    older: str
    change: str
    profile: str
    known: str


class KnownForm(msgspec.Struct, frozen=True):
    """The button that was pressed."""

    step: Literal["show", "hide"] = "hide"


@routes.get("/g/{group}/members")
@contract("reader", media_type=HTML)
@held
async def get_members_page(request: web.Request) -> web.Response:
    """Members by number, with weights, pods and votes; on the first page who decides how much."""
    seen, frame = await load_frame(request, "members")
    deps, say, reader, after = request.app[DEPS], say_of(request), reader_of(request), before_of(request, "after")
    page = await list_roster(deps, reader, seen.group, after=after or 0, limit=ON_A_PAGE)
    balance = None if after else await load_weights(deps, reader, seen.group)
    own = f"/g/{seen.group}/members"
    view = MembersView(
        frame=frame,
        rows=tuple(_row(say, own, member, page, may_change=bool(seen.weight)) for member in page.members),
        plot=strip_of(say, balance) if balance and balance.standings else None,
        warning=warning_of(say, balance) if balance else "",
        older=with_query(own, [("after", str(page.next or ""))]) if page.next else "",
    )
    return render(request, "group/members.html", view)


def _row(say: Translator, own: str, member: RosterLine, page: RosterPage, *, may_change: bool) -> MemberLineView:
    mark, word = weight_words(say, member.weight, left=member.left)
    keeper = say("keeper") if member.number in page.keepers else ""
    return MemberLineView(
        number=str(member.number),
        href=f"{own}/{member.number}",
        name=member.nickname or say("member %(number)s", number=member.number),
        pod=host_of(member.home_pod),
        weight=say.weight(member.weight),
        mark=mark or ("◆" if keeper else ""),
        word=word or keeper,
        joined=say.day(member.joined_at),
        votes=say.number(page.votes.get(member.number, 0)),
        change=f"{own}/{member.number}/weight" if may_change and not member.left else "",
    )


def strip_of(say: Translator, balance: Balance) -> Plot:
    """V11 of a group."""
    pieces = [
        WeightPiece(
            member_name(say, standing.number, balance.nicknames.get(standing.number, "")),
            standing.weight,
            standing.share,
            standing.power,
        )
        for standing in balance.standings
    ]
    return weight_strip(say, pieces, balance.others)


def warning_of(say: Translator, balance: Balance) -> str:
    """Said where one member has more than half of all weight, and others have any."""
    first = balance.standings[0] if balance.standings else None
    if first is None or balance.weighted < 2 or 2 * first.weight <= balance.whole:
        return ""
    name = member_name(say, first.number, balance.nicknames.get(first.number, ""))
    return say("%(name)s has more than half of all weight: the others' votes decide nothing.", name=name)


@routes.get("/g/{group}/members/{number}")
@contract("reader", media_type=HTML)
@held
async def get_member_page(request: web.Request) -> web.Response:
    """One member: standing, profile, and what they wrote here."""
    seen, frame = await load_frame(request, "members")
    number = number_in(request.match_info["number"], "number")
    sight = await describe_roster_member(
        request.app[DEPS], reader_of(request), seen.group, number, before=place_before(request), limit=POSTS_ON_A_PAGE
    )
    mine = seen.membership is not None and seen.membership.number == number
    entry = seen.state.members.get(number)
    view = _member_view(say_of(request), frame, sight, may_change=bool(seen.weight), mine=mine)
    if mine and entry is not None and entry.identity is not None and not entry.left:
        view = msgspec.structs.replace(view, known="hide" if sight.member.identity else "show")
    return render(request, "group/member.html", view)


@routes.post("/g/{group}/identity")
@contract("account", media_type=HTML)
async def post_identity(request: web.Request) -> web.Response:
    """Show that one's entry is one's own, or show it no more."""
    form, signer = await read_form(request, KnownForm), signer_of(request)
    seen, _ = await load_frame(request, "members")
    await (show_identity if form.step == "show" else hide_identity)(request.app[DEPS], signer, seen.group)
    return see_other(f"/g/{seen.group}/members/{seen.number or 1}", said="known" if form.step == "show" else "unknown")


def _member_view(
    say: Translator, frame: PageFrame, sight: MemberPageSight, *, may_change: bool, mine: bool
) -> MemberView:
    member, own = sight.member, f"/g/{frame.group}/members/{sight.member.number}"
    _, word = weight_words(say, member.weight, left=member.left)
    standing = f"{say.weight(member.weight)} · {word}" if word else say.weight(member.weight)
    facts = [
        (say("Number"), str(member.number)),
        (say("Weight"), standing),
        (say("At home on"), host_of(member.pod)),
        (
            say("Joined"),
            say("%(day)s, at item %(height)s", day=say.day(sight.seated.joined_at), height=member.joined_height),
        ),
        (say("Votes in the last 30 days"), say.number(sight.votes)),
    ]
    facts += [(say("Keeper"), say("yes: the pod confirms the group's order"))] if member.keeper else []
    name = member_name(say, member.number, member.nickname)
    return MemberView(
        frame=frame,
        name=name,
        facts=tuple(facts),
        text=member.text,
        identity=(sight.identity, f"/g/{member.identity}") if member.identity else ("", ""),
        rows=tuple(written_row(say, card, name) for card in sight.posts),
        older="" if sight.next is None else with_query(own, [("before", str(sight.next))]),
        change=f"{own}/weight" if may_change and not member.left else "",
        profile=f"/g/{frame.group}/profile" if mine and not member.left else "",
        known="",
    )
