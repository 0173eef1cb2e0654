"""At the pod that keeps a standing copy, the browser that began it sees how far the copy follows, and ends it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.moves import STOPPED, Move
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.begun_moves import find_move
from pod.actions.moving.standing_copies import DAY_MS, standing_of
from pod.actions.moving.standing_step import end_here, look_now
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.grants import GrantRule
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, say_of, set_cookie
from pod.web.moving.journey import TRAVELLER
from pod.web.moving.wording import named_classes

routes = web.RouteTableDef()
PAGE: Final = "/move/second-home"
LATE_MS: Final = 2 * DAY_MS
A_YEAR_SECONDS: Final = 366 * 86_400  # from the last visit on


class SecondHomeView(FormView, frozen=True):
    """How far a copy follows. `late`: for how many days it hasn't; `shrank`: the classes that lost half at once."""

    who: str
    host: str
    equal: str
    late: int
    refused: bool
    stopped: bool
    shrank: tuple[str, ...]
    former: str


class HomeForm(msgspec.Struct, frozen=True):
    """A button."""


@routes.get(PAGE)
@contract(media_type=HTML)
async def get_second_home(request: web.Request) -> web.Response:
    """How far the standing copy follows that this browser began."""
    return await _show(request)


@routes.post(f"{PAGE}/look")
@contract(media_type=HTML)
async def post_look(request: web.Request) -> web.Response:
    """Have it brought up to date now."""
    await read_form(request, HomeForm)
    return await act_or_show(partial(_look, request), again(request, partial(_show, request)))


async def _look(request: web.Request) -> web.Response:
    await look_now(request.app[DEPS], await _standing_move(request))
    return see_other(PAGE, said="looking")


@routes.post(f"{PAGE}/end")
@contract(media_type=HTML)
async def post_end(request: web.Request) -> web.Response:
    """Erase it here."""
    await read_form(request, HomeForm)
    await end_here(request.app[DEPS], await _standing_move(request))
    return see_other("/move", said="erased-copy")


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    deps, say, move = request.app[DEPS], say_of(request), await _standing_move(request)
    assert move.copy_id is not None
    standing, now = await standing_of(deps, move.copy_id), deps.clock()
    behind = now - standing.equal_at if standing else 0
    view = SecondHomeView(
        who=move.who,
        host=host_in(move.pod),
        equal=say.time(standing.equal_at) if standing else "",
        late=behind // DAY_MS if behind >= LATE_MS else 0,
        refused=standing is not None and standing.refused_at is not None,
        stopped=move.stage == STOPPED,
        shrank=named_classes(say, standing.shrank) if standing else (),
        former=say.day(standing.former_until) if standing and standing.former_until else "",
    )
    page = msgspec.structs.replace(view, **problem)
    response = render(request, "moving/second-home.html", page, status, private=True)
    set_cookie(request, response, TRAVELLER, cookie_of(request, TRAVELLER), seconds=A_YEAR_SECONDS)
    return response


async def _standing_move(request: web.Request) -> Move:
    move = await find_move(request.app[DEPS], cookie_of(request, TRAVELLER))
    if not move.standing or move.copy_id is None:
        raise GrantRule.NO_MOVE_HERE.error()
    return move
