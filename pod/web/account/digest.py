"""The daily mail about decisions: its hour, and the page behind the link that stops it."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.digest_choice import choose_digest, digest_hour, whose_digest
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
    """The hour; empty: no mail."""

    hour: str = ""


class StopForm(msgspec.Struct, frozen=True):
    """A button."""


class DigestView(msgspec.Struct, frozen=True):
    """The hour that holds, those that can be chosen, and whether there is a proved address to send to.

    `follows`: what is followed, its page, and the button that ends it.
    """

    hour: str
    hours: tuple[tuple[str, str], ...]
    proved: bool
    follows: tuple[tuple[str, str, FollowButton], ...]


class StopView(msgspec.Struct, frozen=True):
    """Where the button leads; `done`: it was pressed."""

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
    view = DigestView("" if hour is None else str(hour), hours, proved, follows)
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
    return see_other(PAGE, said="saved")


@routes.get("/digest/{secret}")
@contract(media_type=HTML)
async def get_stop(request: web.Request) -> web.Response:
    """The button behind the link of the mail: looking at it changes nothing."""
    whose_digest(request.app[DEPS], request.match_info["secret"])
    return render(request, "account/digest-stop.html", StopView(f"{request.path}/stop", done=False), private=True)


@routes.post("/digest/{secret}/stop")
@contract(media_type=HTML)
async def post_stop(request: web.Request) -> web.Response:
    """Stop the mail."""
    await read_form(request, StopForm)
    await choose_digest(request.app[DEPS], whose_digest(request.app[DEPS], request.match_info["secret"]), None)
    return render(request, "account/digest-stop.html", StopView("", done=True), HTTPStatus.OK, private=True)
