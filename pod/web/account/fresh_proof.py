"""The pod asks for a fresh proof before sensitive acts: a passkey, a code of the authenticator app, or of a mail."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.fresh_proofs import check_proof
from pod.actions.accounts.mail_address import address_of_account, mail_confirmation
from pod.actions.accounts.passkeys import check_passkey, own_passkeys, request_options
from pod.actions.accounts.second_factors import has_second_factor
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.web.account.letters import confirm_letter
from pod.web.account.session_start import go_on_proved, visit_of
from pod.web.kit.form_page import FormView, told
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from pod.web.kit.way_back import local_path
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class ConfirmForm(msgspec.Struct, frozen=True):
    """A code, and where to go then; `way` "mail" asks for a code."""

    code: str = ""
    to: str = "/settings"


class PasskeyProofForm(msgspec.Struct, frozen=True):
    """What a passkey answered, and where to go then."""

    credential: str = ""
    to: str = "/settings"


class ConfirmView(FormView, frozen=True):
    """How somebody can prove who they are: `app`, or by mail to `mail`; `sent` once a code is on its way.

    `options`: what a browser needs to show a passkey; empty for who has none.
    """

    to: str
    app: bool
    mail: str
    sent: bool
    options: str


@routes.get("/settings/confirm")
@contract("account", media_type=HTML)
async def get_confirm(request: web.Request) -> web.Response:
    """Prove once more who you are."""
    account_of(request)
    return await _show(request, ConfirmForm(to=local_path(request.query.get("to", "/settings"))))


@routes.post("/settings/confirm/mail")
@contract("account", media_type=HTML)
async def post_confirm_mail(request: web.Request) -> web.Response:
    """Have a code mailed."""
    account_of(request)
    form = await read_form(request, ConfirmForm)
    return await act_or_show(partial(_mail, request, form), partial(_refused, request, form))


async def _mail(request: web.Request, form: ConfirmForm) -> web.Response:
    deps = request.app[DEPS]
    pod = pod_name(deps, await read_settings(deps))
    await mail_confirmation(deps, visit_of(request), account_of(request), partial(confirm_letter, say_of(request), pod))
    return await _show(request, form, sent=True)


@routes.post("/settings/confirm")
@contract("account", media_type=HTML)
async def post_confirm(request: web.Request) -> web.Response:
    """Take the proof; what is sensitive is open for a quarter of an hour, to this browser and no copy of its cookie."""
    account_of(request)
    form = await read_form(request, ConfirmForm)
    return await act_or_show(partial(_confirm, request, form), partial(_refused, request, form))


async def _confirm(request: web.Request, form: ConfirmForm) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    await check_proof(deps, visit_of(request), account, form.code)
    return await go_on_proved(request, see_other(form.to))


@routes.post("/settings/confirm/passkey")
@contract("account", media_type=HTML)
async def post_confirm_passkey(request: web.Request) -> web.Response:
    """Take the answer of a passkey as proof."""
    account_of(request)
    form = await read_form(request, PasskeyProofForm)
    refused = partial(_refused, request, ConfirmForm(to=form.to))
    return await act_or_show(partial(_confirm_by_passkey, request, form), refused)


async def _confirm_by_passkey(request: web.Request, form: PasskeyProofForm) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    await deps.store.limits.take("passkey of an address", address_of(request), now=deps.clock())
    await check_passkey(deps, visit_of(request), account, form.credential)
    return await go_on_proved(request, see_other(form.to))


async def _refused(request: web.Request, form: ConfirmForm, refusal: RefusedError, status: HTTPStatus) -> web.Response:
    return await _show(request, form, status, sent=refusal.code == "bad_code", **told(request, refusal))


async def _show(
    request: web.Request, form: ConfirmForm, status: HTTPStatus = HTTPStatus.OK, *, sent: bool = False, **more: object
) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    mail, app = await address_of_account(deps, account), await has_second_factor(deps, account)
    options = request_options(deps, visit_of(request)) if await own_passkeys(deps, account) else ""
    view = ConfirmView(local_path(form.to), app, mail.address if mail else "", sent, options)
    return render(request, "account/confirm.html", msgspec.structs.replace(view, **more), status)
