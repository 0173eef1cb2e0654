"""How this group decides, in words for its members: a page that it can link to."""

from __future__ import annotations

import msgspec
from aiohttp import web

from decisions.rolls import BY_WEIGHT
from pod.contracts import HTML, contract
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()


class HowView(msgspec.Struct, frozen=True):
    """The page; `vote`: what one member's vote counts."""

    frame: PageFrame
    vote: str


@routes.get("/g/{group}/how-we-decide")
@contract("reader", media_type=HTML)
async def get_how(request: web.Request) -> web.Response:
    """How polls are asked, voted and counted here, and how anybody checks a result."""
    seen, frame = await load_frame(request, "polls")
    say, by_weight = say_of(request), (seen.state.policy.voting or {}).get("votes") == BY_WEIGHT
    vote = say("Each vote counts its member's weight.") if by_weight else say("Each member has one vote.")
    return render(request, "decisions/how.html", HowView(frame, vote))
