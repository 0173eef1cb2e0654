"""The daily mail about decisions: its hour, and the page behind the link that stops it."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.accounts.digest_choice import (
    DAILY,
    choose_at_once,
    choose_digest,
    digest_hour,
    gets_call_mails,
    stop_mails,
    whose_mails,
)
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.decisions.subscriptions import SubscriptionKind
from pod.actions.reading.decisions.followed import FollowedThing, list_followed_things
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.wording import member_name
from pod.web.kit.follow_button import FollowButton, follow_button
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PAGE = "/settings/digest"
HOURS = range(24)


class DigestForm(msgspec.Struct, frozen=True):
    """The hour; empty: no daily mail. `at_once`: mails come at once where something can't wait."""

    hour: str = ""
    at_once: bool = False


class StopForm(msgspec.Struct, frozen=True):
    """A button."""


class DigestView(msgspec.Struct, frozen=True):
    """The hour that holds, and those that can be chosen; `at_once`: mails come at once, too.

    `proved`: there is an address to send to. `follows`: what is followed, its page, and the button that ends it.
    """

    hour: str
    hours: tuple[tuple[str, str], ...]
    at_once: bool
    proved: bool
    follows: tuple[tuple[str, str, FollowButton], ...]


class StopView(msgspec.Struct, frozen=True):
    """Where the button leads; `done`: it was pressed. `daily`: it is the daily mail's, else that of those at once."""

    daily: bool
    action: str
    done: bool


@routes.get("/settings/digest")
@contract("account", media_type=HTML)
async def get_digest(request: web.Request) -> web.Response:
    """When the daily mail comes."""
    account, say, deps = account_of(request), say_of(request), request.app[DEPS]
    hour, mail = await digest_hour(deps, account), await address_of_account(deps, account)
    hours = (("", say("Never")), *((str(one), f"{one:02}:00 UTC") for one in HOURS))
    proved = mail is not None and mail.verified_at is not None
    follows = tuple(_followed(say, one) for one in await list_followed_things(deps, account))
    view = DigestView("" if hour is None else str(hour), hours, await gets_call_mails(deps, account), proved, follows)
    return render(request, "account/digest.html", view)


def _followed(say: Translator, one: FollowedThing) -> tuple[str, str, FollowButton]:
    name, where = one.name, f"/g/{one.group}/polls"
    match one.kind:
        case "poll":
            name, where = name or say("a poll"), f"{where}/{one.what}"
        case "delegate":
            name, where = member_name(say, int(one.what), name), f"/g/{one.group}/delegates/{one.what}"
        case _:
            name = name or one.what
    called = say("%(title)s, in %(group)s", title=name, group=one.group_name)
    kind: SubscriptionKind = one.kind  # type: ignore[assignment]  # the table holds these only
    return called, where, follow_button(one.group, kind, one.what, called, follows=True, back=PAGE)


@routes.post("/settings/digest")
@contract("account", media_type=HTML)
async def post_digest(request: web.Request) -> web.Response:
    """Choose the hour, or no mail."""
    account, form = account_of(request), await read_form(request, DigestForm)
    hour = int(form.hour) if form.hour in map(str, HOURS) else None
    await choose_digest(request.app[DEPS], account.id, hour)
    await choose_at_once(request.app[DEPS], account.id, wanted=form.at_once)
    return see_other(PAGE, said="saved")


@routes.get("/digest/{secret}")
@contract(media_type=HTML)
async def get_stop(request: web.Request) -> web.Response:
    """The button behind the link of the mail: looking at it changes nothing."""
    _, kind = whose_mails(request.app[DEPS], request.match_info["secret"])
    view = StopView(kind == DAILY, f"{request.path}/stop", done=False)
    return render(request, "account/digest-stop.html", view, private=True)


@routes.post("/digest/{secret}/stop")
@contract(media_type=HTML)
async def post_stop(request: web.Request) -> web.Response:
    """Stop the mail."""
    await read_form(request, StopForm)
    _, kind = whose_mails(request.app[DEPS], request.match_info["secret"])
    await stop_mails(request.app[DEPS], request.match_info["secret"])
    return render(request, "account/digest-stop.html", StopView(kind == DAILY, "", done=True), private=True)
