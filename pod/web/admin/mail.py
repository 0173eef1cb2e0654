"""Admins see how the pod sends mail and the last twenty mails with the server's answers, and send a test."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.pod.sent_mails import MailSent
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.admin.dashboard import read_mails, test_mail
from pod.actions.admin.test_mail import Tried
from pod.app_keys import DEPS
from pod.config import MailServer
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, admin_of, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/mail"
HIDDEN: Final = "••••••••"


class TestForm(msgspec.Struct, frozen=True):
    """To whom the test goes."""

    mail: str = ""


class MailRow(msgspec.Struct, frozen=True):
    """A mail that was tried."""

    at: str
    to: str
    subject: str
    answer: str
    ok: bool
    state: str


class MailView(AdminView, frozen=True):
    """Settings as they hold, the last mails, and what came of a test."""

    facts: tuple[tuple[str, str], ...]
    mails: tuple[MailRow, ...]
    mail: str
    tried: Tried | None = None


@routes.get("/admin/mail")
@contract("admin", media_type=HTML)
async def get_mail(request: web.Request) -> web.Response:
    """How the pod sends mail."""
    own = await address_of_account(request.app[DEPS], admin_of(request))
    return await _show(request, TestForm(own.address if own else ""))


@routes.post("/admin/mail/test")
@contract("admin", media_type=HTML)
async def post_test(request: web.Request) -> web.Response:
    """Send a test, and show what the mail server says, word for word."""
    admin_of(request)
    form = await read_form(request, TestForm)
    return await act_or_show(partial(_try, request, form), again(request, partial(_show, request, form)))


async def _try(request: web.Request, form: TestForm) -> web.Response:
    return await _show(request, form, tried=await test_mail(request.app[DEPS], admin_of(request), form.mail))


async def _show(
    request: web.Request, form: TestForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    rows = tuple(_row(say, mail) for mail in await read_mails(deps))
    view = MailView(_facts(say, deps.config.mail), rows, form.mail, **tabs(request, PAGE))
    return render(request, "admin/mail.html", msgspec.structs.replace(view, **more), status)


def _row(say: Translator, mail: MailSent) -> MailRow:
    state = say("taken") if mail.ok else say("refused")
    return MailRow(say.moment(mail.at), mail.to, mail.subject, mail.answer, mail.ok, state)


def _facts(say: Translator, server: MailServer) -> tuple[tuple[str, str], ...]:
    if not server.host:
        return ((say("Server"), say("None is set: mails are shown on the pod's console.")),)
    secret = server.password or server.password_file
    return (
        (say("Server"), f"{server.host}:{server.port}"),
        (say("Encryption"), server.security),
        (say("User"), server.user or say("none")),
        (say("Password"), HIDDEN if secret else say("none")),
        (say("Sender"), server.sender or say("by the pod's name")),
    )
