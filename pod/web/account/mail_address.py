"""A person changes their mail address; the new one holds once they typed the code that the pod sent there."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.accounts.mail_address import NEW_ADDRESS, address_of_account, begin_address, end_address
from pod.actions.accounts.mailed_codes import pending_code
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.letters import address_letter, moved_letter
from pod.web.account.session_start import session_here, visit_of
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of

routes = web.RouteTableDef()


class MailForm(msgspec.Struct, frozen=True):
    """A new address, or the code that was sent there."""

    mail: str = ""
    code: str = ""


class MailAddressView(FormView, frozen=True):
    """The present address, one that waits for its code, and what was typed."""

    held: str
    proved: bool
    waiting: str
    mail: str


@routes.get("/settings/mail")
@contract("account", media_type=HTML)
async def get_mail(request: web.Request) -> web.Response:
    """Where mail goes."""
    account_of(request)
    check_confirmed(request.app[DEPS], session_here(request))
    return await _show(request, MailForm())


@routes.post("/settings/mail")
@contract("account", media_type=HTML)
async def post_mail(request: web.Request) -> web.Response:
    """Send a code to a new address."""
    account_of(request)
    form = await read_form(request, MailForm)
    check_confirmed(request.app[DEPS], session_here(request))
    return await act_or_show(partial(_begin, request, form), again(request, partial(_show, request, form)))


async def _begin(request: web.Request, form: MailForm) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    pod = pod_name(deps, await read_settings(deps))
    await begin_address(deps, visit_of(request), account_of(request), form.mail, partial(address_letter, say, pod))
    return see_other("/settings/mail")


@routes.post("/settings/mail/code")
@contract("account", media_type=HTML)
async def post_mail_code(request: web.Request) -> web.Response:
    """Take the code; mail goes to the new address."""
    account_of(request)
    form = await read_form(request, MailForm)
    check_confirmed(request.app[DEPS], session_here(request))
    return await act_or_show(partial(_end, request, form), again(request, partial(_show, request, form)))


async def _end(request: web.Request, form: MailForm) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    letter = moved_letter(say_of(request), pod_name(deps, await read_settings(deps)), account.name)
    await end_address(deps, visit_of(request), account, form.code, letter, here=session_here(request).sha256)
    return see_other("/settings/mail", said="saved")


async def _show(
    request: web.Request, form: MailForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    deps, account = request.app[DEPS], account_of(request)
    held, waiting = await address_of_account(deps, account), await pending_code(deps, visit_of(request), NEW_ADDRESS)
    view = MailAddressView(
        held.address if held else "",
        held is not None and held.verified_at is not None,
        waiting.address if waiting else "",
        form.mail,
    )
    return render(request, "account/mail.html", msgspec.structs.replace(view, **more), status)
