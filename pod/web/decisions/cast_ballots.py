"""Who cast what in a voting that has ended, as the group's log has it."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.cast_ballots import CastLine, list_cast_ballots
from pod.actions.reading.decisions.polls import VisiblePoll
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.ballot_words import told_in
from pod.web.decisions.poll_header import PollHeader, header_of, load_poll_page
from pod.web.group.wording import member_name
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of

routes = web.RouteTableDef()
ON_A_PAGE: Final = 50


class CastLineView(msgspec.Struct, frozen=True):
    """A ballot in words; `note`: why it doesn't hold, empty if it does."""

    who: str
    href: str
    at: str
    said: str
    note: str


class CastView(msgspec.Struct, frozen=True):
    """A page of ballots."""

    header: PollHeader
    rows: tuple[CastLineView, ...]
    further: str


@routes.get("/g/{group}/polls/{poll}/ballots")
@contract("reader", media_type=HTML)
async def get_cast_ballots_page(request: web.Request) -> web.Response:
    """Who cast what, in the order of the log, once voting has ended."""
    deps, say, seen = request.app[DEPS], say_of(request), await load_poll_page(request)
    poll, above = seen.sight.poll, before_of(request, "above")
    found = await list_cast_ballots(
        deps, reader_of(request), seen.group, poll.id, above=-1 if above is None else above, limit=ON_A_PAGE
    )
    header = header_of(say, seen, deps.clock())
    own = f"/g/{seen.group}/members"
    further = with_query(f"{header.path}/ballots", [("above", str(found.next))]) if found.next is not None else ""
    view = CastView(header, tuple(_row(say, poll, own, line) for line in found.lines), further)
    return render(request, "decisions/cast_ballots.html", view)


def _row(say: Translator, poll: VisiblePoll, own: str, line: CastLine) -> CastLineView:
    return CastLineView(
        who=member_name(say, line.number, line.nickname),
        href=f"{own}/{line.number}",
        at=say.moment(line.says.at),
        said=told_in(say, poll, line.says),
        note="" if line.holds else say("another one of theirs counts"),
    )
