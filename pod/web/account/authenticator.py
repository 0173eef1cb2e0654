"""A person adds an authenticator app by typing a code, sees its recovery codes once, and may remove it again."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
import segno
from aiohttp import web
from markupsafe import Markup

from pod.actions.accounts.second_factors import (
    address_of_secret,
    begin_authenticator,
    confirm_authenticator,
    drop_authenticator,
    has_second_factor,
    pending_secret,
    recovery_codes_left,
    renew_recovery_codes,
)
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()
PAGE: Final = "/settings/authenticator"


class AppCodeForm(msgspec.Struct, frozen=True):
    """What the app shows."""

    code: str = ""


class AuthenticatorForm(msgspec.Struct, frozen=True):
    """A button."""


class AuthenticatorView(FormView, frozen=True):
    """Whether it is on; the secret as picture and text while it waits to be confirmed."""

    on: bool
    left: str
    secret: str = ""
    address: str = ""
    picture: Markup = Markup()


class CodesView(msgspec.Struct, frozen=True):
    """Recovery codes, shown once."""

    codes: tuple[str, ...]


def _guard(request: web.Request) -> None:
    account_of(request)
    check_confirmed(request.app[DEPS], session_here(request))


@routes.get("/settings/authenticator")
@contract("account", media_type=HTML)
async def get_authenticator(request: web.Request) -> web.Response:
    """How the authenticator app stands."""
    _guard(request)
    return await _show(request)


@routes.post("/settings/authenticator")
@contract("account", media_type=HTML)
async def post_authenticator(request: web.Request) -> web.Response:
    """Draw a secret for the app."""
    account_of(request)
    await read_form(request, AuthenticatorForm)
    _guard(request)
    await begin_authenticator(request.app[DEPS], account_of(request))
    return see_other(PAGE)


@routes.post("/settings/authenticator/confirm")
@contract("account", media_type=HTML)
async def post_confirm_authenticator(request: web.Request) -> web.Response:
    """Turn it on by a code of the app; the answer shows the recovery codes once."""
    account_of(request)
    form = await read_form(request, AppCodeForm)
    _guard(request)
    return await act_or_show(partial(_confirm, request, form), again(request, partial(_show, request)))


async def _confirm(request: web.Request, form: AppCodeForm) -> web.Response:
    codes = await confirm_authenticator(request.app[DEPS], account_of(request), form.code)
    return render(request, "account/codes.html", CodesView(tuple(codes)), private=True)


@routes.post("/settings/authenticator/off")
@contract("account", media_type=HTML)
async def post_authenticator_off(request: web.Request) -> web.Response:
    """Turn it off."""
    account_of(request)
    await read_form(request, AuthenticatorForm)
    _guard(request)
    await drop_authenticator(request.app[DEPS], account_of(request))
    return see_other(PAGE, said="saved")


@routes.post("/settings/recovery-codes")
@contract("account", media_type=HTML)
async def post_recovery_codes(request: web.Request) -> web.Response:
    """Ten fresh recovery codes, shown once; the former ones are void."""
    account = account_of(request)
    await read_form(request, AuthenticatorForm)
    _guard(request)
    if not await has_second_factor(request.app[DEPS], account):
        return see_other(PAGE)
    codes = await renew_recovery_codes(request.app[DEPS], account)
    return render(request, "account/codes.html", CodesView(tuple(codes)), private=True)


async def _show(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    on, secret = await has_second_factor(deps, account), await pending_secret(deps, account)
    view = AuthenticatorView(on, say_of(request).number(await recovery_codes_left(deps, account)))
    if secret:
        address = address_of_secret(secret, account, pod_name(deps, await read_settings(deps)))
        spaced = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
        view = msgspec.structs.replace(view, secret=spaced, address=address, picture=_picture(address))
    return render(request, "account/authenticator.html", msgspec.structs.replace(view, **more), status, private=True)


def _picture(address: str) -> Markup:
    """A QR code as SVG, always dark on light, because readers of QR codes need it so."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="black", light="white", svgclass="qr")
    return Markup(drawn)  # noqa: S704  (made of numbers; the address is in it as squares)
