"""The polls of a group, the latest first."""

from __future__ import annotations

from typing import Final

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.polls import VisiblePoll, list_group_polls
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.status_sentence import relative, stage_name
from pod.web.decisions.wording import kind_name, poll_title
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.queries import before_of, with_query
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of

routes = web.RouteTableDef()
ON_A_PAGE: Final = 30


class PollLine(msgspec.Struct, frozen=True):
    """A poll in a list: its title, where it stands, until when."""

    title: str
    href: str
    kind: str
    stage: str
    until: str


class PollsView(msgspec.Struct, frozen=True):
    """The list."""

    frame: PageFrame
    rows: tuple[PollLine, ...]
    older: str


@routes.get("/g/{group}/polls")
@contract("reader", media_type=HTML)
async def get_polls_page(request: web.Request) -> web.Response:
    """The group's polls, the latest first."""
    _, frame = await load_frame(request, "polls")
    deps, say = request.app[DEPS], say_of(request)
    found = await list_group_polls(
        deps, reader_of(request), frame.group, below=before_of(request, "below"), limit=ON_A_PAGE
    )
    own = f"/g/{frame.group}/polls"
    view = PollsView(
        frame=frame,
        rows=tuple(poll_line(say, own, poll, deps.clock()) for poll in found.polls),
        older=with_query(own, [("below", str(found.next))]) if found.next is not None else "",
    )
    return render(request, "decisions/polls.html", view)


def poll_line(say: Translator, own: str, poll: VisiblePoll, now: int) -> PollLine:
    """A poll of a list; `own`: the address of the group's polls."""
    stage, times = poll.phase, poll.times
    until = ""
    if times is not None and stage == "voting":
        left = relative(say, times.voting_end - now)
        until = say("until %(moment)s (in %(left)s)", moment=say.moment(times.voting_end), left=left) if left else ""
    return PollLine(poll_title(say, poll), f"{own}/{poll.id}", kind_name(say, poll.kind), stage_name(say, stage), until)
