"""How this group decides, in words for its members: a page that it can link to."""

from __future__ import annotations

import msgspec
from aiohttp import web

from decisions.rolls import BY_WEIGHT
from pod.actions.posts.records import submit, write_record
from pod.actions.reading.group.page_header import HeaderSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of, signer_of
from protocol.records.content import UNSIGNED, Confirm
from protocol.records.drafts import draft

routes = web.RouteTableDef()


class HowView(msgspec.Struct, frozen=True):
    """The page; `vote`: what one member's vote counts."""

    frame: PageFrame
    vote: str
    member: bool


@routes.get("/g/{group}/how-we-decide")
@contract("reader", media_type=HTML)
async def get_how(request: web.Request) -> web.Response:
    """How polls are asked, voted and counted here, and how anybody checks a result."""
    seen, frame = await load_frame(request, "polls")
    say, by_weight = say_of(request), (seen.state.policy.voting or {}).get("votes") == BY_WEIGHT
    vote = say("Each vote counts its member's weight.") if by_weight else say("Each member has one vote.")
    return render(request, "decisions/how.html", HowView(frame, vote, _is_member(seen)))


@routes.post("/g/{group}/how-we-decide")
@contract("account", media_type=HTML)
async def post_presence(request: web.Request) -> web.Response:
    """Say that one is still here."""
    signer, (seen, _) = signer_of(request), await load_frame(request, "polls")
    await submit(request.app[DEPS], write_record, signer, seen.group, draft(Confirm(**UNSIGNED)))
    return see_other(f"/g/{seen.group}/how-we-decide", said="still-here")


def _is_member(seen: HeaderSight) -> bool:
    return seen.membership is not None and seen.membership.number is not None
