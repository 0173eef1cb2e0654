"""The page about a group: what it says of itself, how it works, where it lives; owners find its settings here."""

from __future__ import annotations

from unicodedata import normalize

import msgspec
from aiohttp import web

from pod.actions.reading.group.page_header import HeaderSight
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.subjects import subject_address
from pod.web.group.wording import short
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import say_of
from protocol.state import GroupState

routes = web.RouteTableDef()
HOUR_MS = 3_600_000


class AboutView(msgspec.Struct, frozen=True):
    """What a group is. `owner`: the reader may change its policy. `public_name`: the name and its page."""

    frame: PageFrame
    description: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    owner: bool
    public_name: tuple[str, str]
    may_publish: bool
    may_continue: bool


@routes.get("/g/{group}/about")
@contract("reader", media_type=HTML)
@held
async def get_group_about(request: web.Request) -> web.Response:
    """What the group says of itself, its rules in words, its pods and numbers."""
    seen, frame = await load_frame(request, "about")
    say, state = say_of(request), seen.state
    described = (state.policy.description or "").split("\n\n")
    owner = seen.weight is not None and seen.weight >= state.owner_weight
    name = state.published
    view = AboutView(
        frame,
        tuple(part for part in described if part),
        _facts(say, seen),
        rules_of(say, state),
        owner=owner,
        public_name=(name, subject_address(normalize("NFC", name))) if name is not None else ("", ""),
        may_continue=owner and state.kind == "group" and state.succeeded_by is None,
        may_publish=owner and name is None and state.kind == "group" and state.succeeded_by is None,
    )
    return render(request, "group/about.html", view)


def _facts(say: Translator, seen: HeaderSight) -> tuple[tuple[str, str], ...]:
    state = seen.state
    settled = (
        say("settled")
        if seen.settled_height == state.height
        else say("settled up to %(height)s", height=seen.settled_height)
    )
    return (
        (say("Founded"), say.moment(seen.founded_at)),
        (say("Chain"), say("item %(height)s, %(settled)s", height=state.height, settled=settled)),
        (say("Log"), say("%(held)s of %(size)s records here", held=seen.log_held, size=state.log.size)),
        (say("Steward"), state.steward.pod),
        (say("Head"), short(state.head)),
        (say("Address"), str(state.group)),
    )


def rules_of(say: Translator, state: GroupState) -> tuple[tuple[str, str], ...]:
    """The numbers of the policy, each with what it is."""
    hours = state.handover_after_ms() // HOUR_MS
    return (
        (say("Weight of those who join without invitation"), say.weight(state.others_weight)),
        (say("What every score starts from"), say.score(state.default_score)),
        (say("An owner's weight, the highest there is"), say.weight(state.owner_weight)),
        (
            say("Keepers hand the steward's job on when something waited for"),
            say.many("%(count)s hour", "%(count)s hours", hours) if hours else say("never by themselves"),
        ),
    )
