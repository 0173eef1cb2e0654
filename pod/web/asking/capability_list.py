"""Who can do what in a group's decisions: everybody reads it, owners change it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.decisions.capabilities import ALL, holders_of, usual_weight
from pod.actions.posts.records import submit, write_record
from pod.actions.reading.group.page_header import HeaderSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.asking.asked import Area, area_tree
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import weight_in
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.records.drafts import draft_wish
from protocol.records.operation import SetPolicy
from protocol.state import GroupState

routes = web.RouteTableDef()


class CapabilityForm(msgspec.Struct, frozen=True):
    """Names and weights, as lists of one length; an empty weight is the default. `do`: sign, or usual."""

    capability: tuple[str, ...] = ()
    weight: tuple[str, ...] = ()
    do: str = ""


class CapabilityLine(msgspec.Struct, frozen=True):
    """A capability: what it allows, the weight that it needs, what that means; `typed`: as it stands in the form."""

    capability: str
    what: str
    weight: str
    who: str
    mine: bool
    typed: str


class CapabilitiesView(msgspec.Struct, frozen=True):
    """The page; owners have the form."""

    frame: PageFrame
    lines: tuple[CapabilityLine, ...]
    areas: tuple[Area, ...]
    owner: bool
    own_weight: str
    problem: RefusalView | None = None


@routes.get("/g/{group}/capabilities")
@contract("reader", media_type=HTML)
async def get_capabilities(request: web.Request) -> web.Response:
    """Who can do what in the group's decisions, and its subject areas."""
    return await _show(request, None)


@routes.post("/g/{group}/capabilities")
@contract("account", media_type=HTML)
async def post_capabilities(request: web.Request) -> web.Response:
    """Fill in what is usual, or sign who may do what."""
    account_of(request)
    form = await read_form(request, CapabilityForm)
    typed = dict(zip(form.capability, form.weight, strict=False))
    if form.do == "usual":
        seen, _ = await load_frame(request, "about")
        usual = {name: usual_weight(seen.state, name) for name in ALL}
        return await _show(request, {name: say_of(request).weight(weight) for name, weight in usual.items()})
    return await act_or_show(partial(_sign, request, typed), partial(_show, request, typed))


async def _sign(request: web.Request, typed: dict[str, str]) -> web.Response:
    seen, _ = await load_frame(request, "about")
    held = dict(seen.state.policy.permissions or {})
    for name in ALL:
        if typed.get(name, ""):
            held[name] = weight_in(typed[name])
        else:
            held.pop(name, None)
    wish = draft_wish(SetPolicy({"permissions": held}))
    await submit(request.app[DEPS], write_record, signer_of(request), seen.group, wish)
    return see_other(f"/g/{seen.group}/capabilities", said="asked")


async def _show(
    request: web.Request,
    typed: dict[str, str] | None,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    seen, frame = await load_frame(request, "about")
    owner = seen.weight is not None and seen.weight >= seen.state.owner_weight
    if request.method == "POST" and not owner:
        raise GroupRule.ONLY_OWNERS_PROPOSE.error()
    say = say_of(request)
    view = CapabilitiesView(
        frame,
        lines=tuple(_line(say, seen, name, typed) for name in ALL),
        areas=area_tree(seen.state.policy.areas or []),
        owner=owner,
        own_weight=say("You have weight %(weight)s.", weight=say.weight(seen.weight))
        if seen.weight is not None
        else "",
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "asking/capabilities.html", view, status)


def _line(say: Translator, seen: HeaderSight, name: str, typed: dict[str, str] | None) -> CapabilityLine:
    state = seen.state
    least, named = max(0, state.permission(name)), state.policy.permissions or {}
    stands = say.weight(named[name]) if name in named else ""
    return CapabilityLine(
        name,
        what=capability_words(say, name),
        weight=say.weight(least),
        who=holders_sentence(say, state, least),
        mine=seen.weight is not None and seen.weight >= least,
        typed=stands if typed is None else typed.get(name, ""),
    )


def holders_sentence(say: Translator, state: GroupState, least: int) -> str:
    """Whom a least weight lets in, in words."""
    return {
        "owners": say("owners alone"),
        "voters": say("every member with a vote"),
        "members": say("every member"),
        "nobody": say("nobody: no member can have that weight"),
        "some": say("members with that weight"),
    }[holders_of(state, least)]


def capability_words(say: Translator, name: str) -> str:
    """What a capability allows."""
    return {
        "open-poll": say("Start a poll"),
        "propose": say("Propose what can be voted on"),
        "predict": say("Write predictions"),
        "bet": say("Bet on predictions"),
        "vote": say("Vote in polls"),
        "delegate": say("Leave one's vote to a delegate"),
        "be_delegate": say("Be a delegate"),
        "evaluate": say("Say whether a prediction came true"),
        "fast-forward": say("End a phase before its time"),
        "audit": say("Say that another group's poll was wrong"),
    }[name]
