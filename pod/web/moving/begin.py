"""The way to this pod: what moves and what can't, where from, and back from the old pod's consent."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.moving.begun_moves import ask_old_pod, begin_move, check_may_come, take_code
from pod.app_keys import DEPS
from pod.budgets.payers import payer_of
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.rules.grants import GrantRule
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, set_cookie
from pod.web.moving.journey import TRAVELLER, move_of, show_journey

routes = web.RouteTableDef()
A_MONTH_SECONDS: Final = 30 * 86_400
LONGEST_CODE: Final = 100


class FromForm(msgspec.Struct, frozen=True):
    """Where somebody comes from, and the invitation that lets them in."""

    account: str = ""
    invite: str = ""


class MoveView(FormView, frozen=True):
    """What moves and what can't, and the field; `mode`: how the pod lets people in."""

    pod: str
    mode: str
    begun: bool
    form: FromForm


class AskForm(msgspec.Struct, frozen=True):
    """Whether the old pod stays home, and this one keeps a copy."""

    standing: bool = False


@routes.get("/move")
@contract(media_type=HTML)
async def get_move(request: web.Request) -> web.Response:
    """What moves to this pod and what can't; where from."""
    return await _show(request, FromForm())


@routes.post("/move")
@contract(media_type=HTML)
async def post_move(request: web.Request) -> web.Response:
    """Look the account up, and begin a move in this browser."""
    form = await read_form(request, FromForm)
    return await act_or_show(partial(_begin, request, form), again(request, partial(_show, request, form)))


async def _begin(request: web.Request, form: FromForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("move of an address", address_of(request), now=deps.clock())
    invite = await check_may_come(deps, form.invite)
    secret = await begin_move(deps, form.account, cookie_of(request, TRAVELLER), invite, payer=payer_of(request))
    response = see_other("/move/journey")
    set_cookie(request, response, TRAVELLER, secret, seconds=A_MONTH_SECONDS)
    return response


async def _show(
    request: web.Request, form: FromForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    deps = request.app[DEPS]
    settings, begun = await read_settings(deps), bool(cookie_of(request, TRAVELLER))
    view = MoveView(pod=pod_name(deps, settings), mode=settings.registration, begun=begun, form=form)
    return render(request, "moving/move.html", msgspec.structs.replace(view, **problem), status)


@routes.post("/move/ask")
@contract(media_type=HTML)
async def post_ask(request: web.Request) -> web.Response:
    """Ask the old pod; its answer is a page there, where the person agrees."""
    form = await read_form(request, AskForm)
    return await act_or_show(partial(_ask, request, form), again(request, partial(show_journey, request)))


async def _ask(request: web.Request, form: AskForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("move of an address", address_of(request), now=deps.clock())
    await ask_old_pod(deps, await move_of(request), standing=form.standing)
    return see_other("/move/journey")


@routes.get("/move/return")
@contract(media_type=HTML)
async def get_return(request: web.Request) -> web.Response:
    """Back from the old pod, with a code: good only in the browser in which the move began."""
    state, code = (request.query.get(name, "")[:LONGEST_CODE] for name in ("state", "code"))
    if not cookie_of(request, TRAVELLER):
        raise GrantRule.BEGAN_ELSEWHERE.error()
    await take_code(request.app[DEPS], await move_of(request), state, code)
    return see_other("/move/journey", said="granted")
