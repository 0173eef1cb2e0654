"""A person lists, adds and removes passkeys, and signs in by one. Passkeys need a script, unlike all other pages."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.passkeys import add_passkey, creation_options, end_by_passkey, own_passkeys, remove_passkey
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.rules.accounts import AccountRule
from pod.web.account.session_start import enter, session_here, visit_of
from pod.web.account.sign_in import SignInForm, show_sign_in
from pod.web.kit.form_page import FormView, again, told
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from pod.web.kit.way_back import local_path
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class AddPasskeyForm(msgspec.Struct, frozen=True):
    """What a browser made, and what its owner calls it."""

    name: str = ""
    credential: str = ""


class RemoveForm(msgspec.Struct, frozen=True):
    """Which one goes."""

    passkey: str = ""


class ShowForm(msgspec.Struct, frozen=True):
    """What a passkey answered, and where to go then."""

    credential: str = ""
    to: str = "/"


class PasskeyLine(msgspec.Struct, frozen=True):
    """A passkey."""

    id: str
    name: str
    made: str
    used: str


class PasskeysView(FormView, frozen=True):
    """All passkeys, and what a browser needs to make another."""

    passkeys: tuple[PasskeyLine, ...]
    options: str
    name: str


@routes.get("/settings/passkeys")
@contract("account", media_type=HTML)
async def get_passkeys(request: web.Request) -> web.Response:
    """The account's passkeys."""
    account_of(request)
    check_confirmed(request.app[DEPS], session_here(request))
    return await _show(request, AddPasskeyForm())


@routes.post("/settings/passkeys")
@contract("account", media_type=HTML)
async def post_passkey(request: web.Request) -> web.Response:
    """Keep a passkey that the browser made."""
    account_of(request)
    form = await read_form(request, AddPasskeyForm)
    check_confirmed(request.app[DEPS], session_here(request))
    return await act_or_show(partial(_add, request, form), again(request, partial(_show, request, form)))


async def _add(request: web.Request, form: AddPasskeyForm) -> web.Response:
    await add_passkey(request.app[DEPS], visit_of(request), account_of(request), form.name, form.credential)
    return see_other("/settings/passkeys", said="saved")


async def _show(
    request: web.Request, form: AddPasskeyForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    pod = pod_name(deps, await read_settings(deps))
    lines = tuple(
        PasskeyLine(
            one.id.hex(), one.name, say.day(one.created_at), say.day(one.last_used_at) if one.last_used_at else ""
        )
        for one in await own_passkeys(deps, account)
    )
    view = PasskeysView(lines, await creation_options(deps, visit_of(request), account, pod), form.name)
    return render(request, "account/passkeys.html", msgspec.structs.replace(view, **more), status)


@routes.post("/settings/passkeys/remove")
@contract("account", media_type=HTML)
async def post_remove(request: web.Request) -> web.Response:
    """Forget a passkey."""
    account, form = account_of(request), await read_form(request, RemoveForm)
    check_confirmed(request.app[DEPS], session_here(request))
    try:
        own_id = bytes.fromhex(form.passkey)
    except ValueError as error:
        raise AccountRule.PASSKEY_GONE.error() from error
    await remove_passkey(request.app[DEPS], account, own_id)
    return see_other("/settings/passkeys", said="revoked")


@routes.post("/sign-in/passkey")
@contract(media_type=HTML)
async def post_sign_in_passkey(request: web.Request) -> web.Response:
    """Sign in by a passkey; the device has checked its owner, so nothing else is asked."""
    form = await read_form(request, ShowForm)
    return await act_or_show(partial(_enter, request, form), partial(_not_entered, request, form))


async def _enter(request: web.Request, form: ShowForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("passkey of an address", address_of(request), now=deps.clock())
    account = await end_by_passkey(deps, visit_of(request), form.credential)
    return await enter(request, account, see_other(local_path(form.to), said="signed-in"))


async def _not_entered(request: web.Request, form: ShowForm, refusal: RefusedError, status: HTTPStatus) -> web.Response:
    return show_sign_in(request, SignInForm(to=local_path(form.to)), status, **told(request, refusal))
