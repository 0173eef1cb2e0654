"""How this group decides, in words for its members: a page that it can link to."""

from __future__ import annotations

import msgspec
from aiohttp import web

from decisions.rolls import BY_WEIGHT
from pod.actions.posts.records import submit, write_record
from pod.actions.reading.decisions.presence import Presence, read_presence
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of, signer_of
from protocol.records.content import UNSIGNED, Confirm
from protocol.records.drafts import draft

routes = web.RouteTableDef()


class HowView(msgspec.Struct, frozen=True):
    """The page; `vote`: what one member's vote counts; `present`: until when the reader stays on rolls."""

    frame: PageFrame
    vote: str
    present: str


@routes.get("/g/{group}/how-we-decide")
@contract("reader", media_type=HTML)
async def get_how(request: web.Request) -> web.Response:
    """How polls are asked, voted and counted here, and how anybody checks a result."""
    seen, frame = await load_frame(request, "polls")
    say, by_weight = say_of(request), (seen.state.policy.voting or {}).get("votes") == BY_WEIGHT
    vote = say("Each vote counts its member's weight.") if by_weight else say("Each member has one vote.")
    presence = await read_presence(request.app[DEPS], reader_of(request), seen.group)
    return render(request, "decisions/how.html", HowView(frame, vote, presence_sentence(say, presence)))


@routes.post("/g/{group}/how-we-decide")
@contract("account", media_type=HTML)
async def post_presence(request: web.Request) -> web.Response:
    """Say that one is still here."""
    signer, (seen, _) = signer_of(request), await load_frame(request, "polls")
    await submit(request.app[DEPS], write_record, signer, seen.group, draft(Confirm(**UNSIGNED)))
    return see_other(f"/g/{seen.group}/how-we-decide", said="still-here")


def presence_sentence(say: Translator, presence: Presence | None) -> str:
    """Until when the reader stays on the rolls; empty for who has no vote here."""
    if presence is None:
        return ""
    day = say.day(presence.until)
    if presence.over:
        return say(
            "What you did here kept you on the rolls of polls until %(day)s; of new polls you are on none.", day=day
        )
    return say("What you did here keeps you on the rolls of polls that open until %(day)s.", day=day)
