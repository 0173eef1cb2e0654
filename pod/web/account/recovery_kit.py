"""The recovery kit: what it is for, and the file, for who proved lately who they are."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.accounts.overview import look_at
from pod.actions.accounts.recovery_kit import make_kit
from pod.actions.accounts.sessions import check_confirmed
from pod.app_keys import DEPS
from pod.archive.kit_page import kit_page
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.templates import PRIVATE, render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PAGE: Final = "/settings/kit"


class KitForm(msgspec.Struct, frozen=True):
    """A button."""


class KitView(FormView, frozen=True):
    """Whether a new kit is due."""

    due: bool


@routes.get(PAGE)
@contract("account", media_type=HTML)
async def get_kit(request: web.Request) -> web.Response:
    """What the kit is for, and whether a new one is due."""
    account_of(request)
    return await _show(request)


@routes.post(PAGE)
@contract("account", media_type=HTML)
async def post_kit(request: web.Request) -> web.Response:
    """The kit as a file."""
    account_of(request)
    await read_form(request, KitForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    return await act_or_show(partial(_make, request), again(request, partial(_show, request)))


async def _make(request: web.Request) -> web.Response:
    account = account_of(request)
    page = kit_page(say_of(request), await make_kit(request.app[DEPS], account))
    name = f'attachment; filename="{account.name}-kit.html"'
    return web.Response(text=page, content_type="text/html", headers={"Content-Disposition": name, **PRIVATE})


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    view = KitView(due=(await look_at(request.app[DEPS], account_of(request))).kit_due)
    return render(request, "account/kit.html", msgspec.structs.replace(view, **problem), status, private=True)
