"""A person's own feeds of decisions: their addresses are shown once, and a press ends them."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.feed_secrets import drop_feed_secret, feed_made_at, make_feed_secret
from pod.actions.accounts.sessions import check_confirmed
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.once import shown_once
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PAGE = "/settings/feeds"


class FeedForm(msgspec.Struct, frozen=True):
    """A button."""


class FeedsView(msgspec.Struct, frozen=True):
    """Since when there are feeds (empty: there are none), and their addresses, once."""

    made: str
    calendar: str = ""
    atom: str = ""


@routes.get("/settings/feeds")
@contract("account", media_type=HTML)
async def get_feeds(request: web.Request) -> web.Response:
    """Whether there is a calendar and a feed of one's own."""
    account_of(request)
    return await _show(request)


@routes.post("/settings/feeds")
@contract("account", media_type=HTML)
async def post_feeds(request: web.Request) -> web.Response:
    """Make addresses, shown once; the former ones are over."""
    account = account_of(request)
    await read_form(request, FeedForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    return shown_once(await _show(request, await make_feed_secret(request.app[DEPS], account)))


@routes.post("/settings/feeds/revoke")
@contract("account", media_type=HTML)
async def post_revoke_feeds(request: web.Request) -> web.Response:
    """End the feeds."""
    account = account_of(request)
    await read_form(request, FeedForm)
    await drop_feed_secret(request.app[DEPS], account)
    return see_other(PAGE, said="revoked")


async def _show(request: web.Request, secret: str = "") -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    made = await feed_made_at(deps, account_of(request))
    base = f"{deps.identity.base_url}/feeds/{secret}/decisions"
    view = FeedsView(say.day(made) if made is not None else "")
    if secret:
        view = msgspec.structs.replace(view, calendar=f"{base}.ics", atom=f"{base}.atom")
    return render(request, "account/feeds.html", view, HTTPStatus.OK, private=True)
