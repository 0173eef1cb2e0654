"""Admins see who moves to this pod and who leaves it, how far each is, and have a stopped move go on."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.moves import STOPPED
from models.moving.operated_moves import DepartureLine, MoveLine
from pod.actions.admin.moves import read_departures, read_moves, rerun
from pod.actions.moving.asked_grants import host_in
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, admin_of, number_in, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/moves"
ON_A_PAGE: Final = 100


class RerunForm(msgspec.Struct, frozen=True):
    """Which stopped move goes on."""

    move: str = ""


class ComingRow(msgspec.Struct, frozen=True):
    """A move to this pod; `id` is empty unless it can be run again."""

    id: str
    who: str
    host: str
    since: str
    stage: str
    why: str
    copied: str
    bad: bool


class GoingRow(msgspec.Struct, frozen=True):
    """An account that leaves this pod, or left it."""

    name: str
    host: str
    since: str
    stage: str
    refusals: str


class MovesView(AdminView, frozen=True):
    """Moves to here and from here; `older` and `left_before` lead to the next page of each."""

    coming: tuple[ComingRow, ...]
    older: str
    going: tuple[GoingRow, ...]
    left_before: str


@routes.get(PAGE)
@contract("admin", media_type=HTML)
async def get_moves(request: web.Request) -> web.Response:
    """Who moves here and who leaves."""
    admin_of(request)
    return await _show(request)


@routes.post(f"{PAGE}/rerun")
@contract("admin", media_type=HTML)
async def post_rerun(request: web.Request) -> web.Response:
    """Have a stopped move go on."""
    admin, form = admin_of(request), await read_form(request, RerunForm)

    async def act() -> web.Response:
        await rerun(request.app[DEPS], admin.name, form.move)
        return see_other(PAGE, said="retried")

    return await act_or_show(act, again(request, partial(_show, request)))


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    before, left = (number_in(request.query.get(name, "")) for name in ("before", "left"))
    coming = await read_moves(deps, ON_A_PAGE + 1, before=before)
    going = await read_departures(deps, ON_A_PAGE + 1, before=left)
    older = f"{PAGE}?before={coming[ON_A_PAGE - 1].begun_at}" if len(coming) > ON_A_PAGE else ""
    left_before = f"{PAGE}?left={going[ON_A_PAGE - 1].agreed_at}" if len(going) > ON_A_PAGE else ""
    view = MovesView(
        tuple(_coming(say, one) for one in coming[:ON_A_PAGE]),
        older,
        tuple(_going(say, one) for one in going[:ON_A_PAGE]),
        left_before,
        **tabs(request, PAGE),
    )
    return render(request, "admin/moves.html", msgspec.structs.replace(view, **problem), status)


def _coming(say: Translator, one: MoveLine) -> ComingRow:
    stopped = one.stage == STOPPED
    copied = say("%(lines)s lines, %(kib)s KiB", lines=say.number(one.lines), kib=say.number(one.bytes // 1024))
    stage = _stages(say).get(one.stage, one.stage)
    return ComingRow(
        one.id if stopped else "", one.who, host_in(one.pod), say.moment(one.begun_at), stage, one.why, copied, stopped
    )


def _stages(say: Translator) -> dict[str, str]:
    return {
        "begun": say("begun"),
        "copying": say("copies"),
        "verified": say("copied whole"),
        "switching": say("switches"),
        "settled": say("moved"),
        "closed": say("closed"),
        "stopped": say("stopped"),
    }


def _going(say: Translator, one: DepartureLine) -> GoingRow:
    if one.closed_at is not None:
        stage = say("closed on %(time)s", time=say.moment(one.closed_at))
    elif one.moved_at is not None:
        stage = say("moved on %(time)s", time=say.moment(one.moved_at))
    else:
        stage = say("frozen") if one.frozen_at is not None else say("agreed")
    refusals = say.number(one.refusals) if one.refusals else ""
    return GoingRow(one.name, host_in(one.pod), say.moment(one.agreed_at), stage, refusals)
