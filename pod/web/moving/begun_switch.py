"""The switch, at the new pod: asked for, back from the old pod's consent, how each group stands, and the way in."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from federation.errors import Sentences
from models.moving.moves import SETTLED, STOPPED, SWITCHING, VERIFIED
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.begun_switches import (
    ask_for_switch,
    entering,
    go_plainly,
    let_group_go,
    stop_switch,
    take_switch_code,
)
from pod.actions.moving.switch_progress import ArrivingGroup, look_at_standing
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.rules.grants import GrantRule
from pod.translations import Translator
from pod.web.account.session_start import enter
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import sentence_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, say_of
from pod.web.moving.begin import LONGEST_CODE
from pod.web.moving.journey import TRAVELLER, move_of
from protocol.ids import parse_id

routes = web.RouteTableDef()
PAGE = "/move/switching"
MINUTE_MS = 60_000


class StepForm(msgspec.Struct, frozen=True):
    """A button."""


class GroupForm(msgspec.Struct, frozen=True):
    """Which group is meant."""

    group: str = ""


class StandingLine(msgspec.Struct, frozen=True):
    """A group: how it stands, what the old pod said of it, and whether nothing more is to do."""

    group: str
    name: str
    standing: str
    why: str
    done: bool
    plain: bool


class SwitchingView(FormView, frozen=True):
    """How a switch stands. `consent`: where the person agrees; `here`: the account is; `enters`: it opens to them."""

    host: str
    name: str
    stage: str
    consent: str
    why: str
    here: bool
    enters: bool
    minutes: int
    settled: int
    total: int
    groups: tuple[StandingLine, ...]


@routes.get("/move/switching")
@contract(media_type=HTML)
async def get_switching(request: web.Request) -> web.Response:
    """How the switch stands of the move that began in this browser."""
    return await _show(request)


@routes.post("/move/switching")
@contract(media_type=HTML)
async def post_switching(request: web.Request) -> web.Response:
    """Ask the old pod; its answer is a page there, where the person agrees."""
    return await _act(request, ask_for_switch)


@routes.post("/move/switching/stop")
@contract(media_type=HTML)
async def post_stop_switching(request: web.Request) -> web.Response:
    """Stay at the old pod, as long as one's own group hasn't moved."""
    return await _act(request, stop_switch)


@routes.post("/move/switching/without")
@contract(media_type=HTML)
async def post_let_group_go(request: web.Request) -> web.Response:
    """Go without a group that stands still."""
    form = await read_form(request, GroupForm)
    await let_group_go(request.app[DEPS], await move_of(request), parse_id(form.group))
    return see_other(PAGE)


@routes.post("/move/switching/plainly")
@contract(media_type=HTML)
async def post_go_plainly(request: web.Request) -> web.Response:
    """Go without the signatures of a group's other keepers, who refused three times."""
    form = await read_form(request, GroupForm)
    await go_plainly(request.app[DEPS], await move_of(request), parse_id(form.group))
    return see_other(PAGE)


@routes.get("/move/switched")
@contract(media_type=HTML)
async def get_switched(request: web.Request) -> web.Response:
    """Back from the old pod, with a code: good only in the browser in which the move began."""
    state, code = (request.query.get(name, "")[:LONGEST_CODE] for name in ("state", "code"))
    if not cookie_of(request, TRAVELLER):
        raise GrantRule.BEGAN_ELSEWHERE.error()
    await take_switch_code(request.app[DEPS], await move_of(request), state, code)
    return see_other(PAGE)


@routes.post("/move/enter")
@contract(media_type=HTML)
async def post_enter(request: web.Request) -> web.Response:
    """Sign the traveller in, once, to the account that is here now; next they say how they sign in from then on."""
    await read_form(request, StepForm)
    account = await entering(request.app[DEPS], await move_of(request))
    return await enter(request, account, see_other("/settings/mail"))


async def _act(request: web.Request, act: object) -> web.Response:
    await read_form(request, StepForm)
    deps = request.app[DEPS]

    async def done() -> web.Response:
        await deps.store.limits.take("move of an address", address_of(request), now=deps.clock())
        await act(deps, await move_of(request))  # type: ignore[operator]
        return see_other(PAGE)

    return await act_or_show(done, again(request, partial(_show, request)))


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    move, say, deps = await move_of(request), say_of(request), request.app[DEPS]
    stage = move.stopped_in if move.stage == STOPPED else move.stage
    if stage not in (VERIFIED, SWITCHING, SETTLED) or (move.stage, stage) == (STOPPED, VERIFIED):
        return see_other("/move/journey")
    sight = await look_at_standing(deps, move)
    said = msgspec.json.decode(move.said, type=Sentences).told(say.language) if move.said else ""
    view = SwitchingView(
        host=host_in(move.pod),
        name=move.name,
        stage=move.stage,
        consent=move.consent_page,
        why=said,
        here=sight.here,
        enters=sight.enters,
        minutes=max(0, deps.clock() - (move.stage_at or 0)) // MINUTE_MS,
        settled=sight.settled,
        total=sight.total,
        groups=tuple(_line(say, group) for group in sight.groups),
    )
    page = msgspec.structs.replace(view, **problem)
    return render(request, "moving/switching.html", page, status, private=True)


def _line(say: Translator, group: ArrivingGroup) -> StandingLine:
    words = {
        "asked": say("asked for"),
        "sealed": say("sealed; not yet final"),
        "settled": say("settled"),
        "let go": say("let go"),
    }
    why = sentence_of(say, group.why) if group.why is not None else ""
    done = group.standing in ("settled", "let go")
    name = say("Your own group") if group.personal else group.name or str(group.group)
    return StandingLine(
        str(group.group), name, words.get(group.standing, say("waits")), why if not done else "", done, group.plain
    )
