"""Somebody says that it wasn't them who decided: one button ends everything, and the next page says what to do then."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.accounts.not_me import end_all, end_by_not_me, whose_not_me
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of

routes = web.RouteTableDef()
NEXT = "/not-me"


class NotMeForm(msgspec.Struct, frozen=True):
    """A button."""


class NotMeView(msgspec.Struct, frozen=True):
    """Whose account it is, and where the button leads."""

    name: str
    action: str


class NextView(msgspec.Struct, frozen=True):
    """What to do next: the same for everybody."""


@routes.get("/not-me/{secret}")
@contract(media_type=HTML)
async def get_not_me(request: web.Request) -> web.Response:
    """The button behind a mailed link: looking at it changes nothing, for mail servers look, too."""
    account = await whose_not_me(request.app[DEPS], request.match_info["secret"])
    return render(request, "account/not-me.html", NotMeView(account.name, request.path), private=True)


@routes.post("/not-me/{secret}")
@contract(media_type=HTML)
async def post_not_me(request: web.Request) -> web.Response:
    """End all sessions and tokens, and freeze what decides."""
    await read_form(request, NotMeForm)
    await end_by_not_me(request.app[DEPS], request.match_info["secret"])
    return see_other(NEXT)


@routes.get("/settings/not-me")
@contract("account", media_type=HTML)
async def get_own_not_me(request: web.Request) -> web.Response:
    """The same button for somebody who is signed in."""
    return render(request, "account/not-me.html", NotMeView(account_of(request).name, request.path))


@routes.post("/settings/not-me")
@contract("account", media_type=HTML)
async def post_own_not_me(request: web.Request) -> web.Response:
    """End all sessions and tokens, this one too, and freeze what decides."""
    account = account_of(request)
    await read_form(request, NotMeForm)
    await end_all(request.app[DEPS], account)
    return see_other(NEXT)


@routes.get("/not-me")
@contract(media_type=HTML)
async def get_next(request: web.Request) -> web.Response:
    """What to do after it was somebody else."""
    return render(request, "account/not-me-next.html", NextView())
