"""A person signs in by a mailed code, an operator's link or a second factor, and signs out. `to` stays on this pod."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web
from yarl import URL

from models.people.accounts import Account
from pod.actions.accounts.passkeys import request_options
from pod.actions.accounts.sessions import end_session
from pod.actions.accounts.sign_in import (
    Asker,
    begin_sign_in,
    end_by_code,
    end_by_link,
    end_by_second_factor,
    needs_second_factor,
    whose_link,
)
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.letters import Letter
from pod.app_keys import DEPS
from pod.budgets.payers import SESSION
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.translations import translator_for
from pod.web.account.letters import sign_in_letter
from pod.web.account.session_start import enter, session_here, visit_of
from pod.web.kit.form_page import FormView, told
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import KNOWN, account_of, cookie_of, say_of, set_cookie
from pod.web.kit.way_back import local_path
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class SignInForm(msgspec.Struct, frozen=True):
    """A name or mail address, and where to go then."""

    who: str = ""
    to: str = "/"


class SignInView(FormView, frozen=True):
    """The sign-in page; `options` is what a browser needs to show a passkey."""

    form: SignInForm
    options: str


class CodeForm(msgspec.Struct, frozen=True):
    """A code, and where to go then."""

    code: str = ""
    to: str = "/"


class CodeView(FormView, frozen=True):
    """Where a code is typed."""

    to: str


class LinkView(msgspec.Struct, frozen=True):
    """The button behind an operator's link."""

    name: str
    action: str


class SignOutForm(msgspec.Struct, frozen=True):
    """A button."""


def _to(request: web.Request) -> str:
    return local_path(request.query.get("to", "/"))


def _with(path: str, to: str) -> str:
    return path if to == "/" else str(URL(path).with_query(to=to))


@routes.get("/sign-in")
@contract(media_type=HTML)
async def get_sign_in(request: web.Request) -> web.Response:
    """Sign in by a mailed code or a passkey."""
    return show_sign_in(request, SignInForm(to=_to(request)))


def show_sign_in(
    request: web.Request, form: SignInForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    """The sign-in page with what was typed and what was refused."""
    view = SignInView(form, request_options(request.app[DEPS], visit_of(request)))
    return render(request, "account/sign-in.html", msgspec.structs.replace(view, **more), status)


@routes.post("/sign-in")
@contract(media_type=HTML)
async def post_sign_in(request: web.Request) -> web.Response:
    """Mail a code to the person of this name; the answer is the same if there is none."""
    form = await read_form(request, SignInForm)
    return await act_or_show(partial(_begin, request, form), partial(_begin_refused, request, form))


async def _begin(request: web.Request, form: SignInForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("sign-in of an address", address_of(request), now=deps.clock())
    pod = pod_name(deps, await read_settings(deps))

    def letter(account: Account, code: str) -> Letter:
        say = translator_for(account.language) if account.language else say_of(request)
        return sign_in_letter(say, pod, account.name, code)

    asker = Asker(address_of(request), visit_of(request), cookie_of(request, KNOWN))
    await begin_sign_in(deps, asker, form.who, letter)
    return see_other(_with("/sign-in/code", local_path(form.to)))


async def _begin_refused(
    request: web.Request, form: SignInForm, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    return show_sign_in(request, form, status, **told(request, refusal))


@routes.get("/sign-in/code")
@contract(media_type=HTML)
async def get_code(request: web.Request) -> web.Response:
    """Type the mailed code."""
    return render(request, "account/code.html", CodeView(_to(request)))


@routes.post("/sign-in/code")
@contract(media_type=HTML)
async def post_code(request: web.Request) -> web.Response:
    """Sign in by the code, or go on to the second factor."""
    form = await read_form(request, CodeForm)
    return await act_or_show(partial(_by_code, request, form), partial(_code_refused, request, "code", form))


async def _by_code(request: web.Request, form: CodeForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("code of an address", address_of(request), now=deps.clock())
    return await _enter_or_ask(request, await end_by_code(deps, visit_of(request), form.code), form.to)


async def _enter_or_ask(request: web.Request, account: Account, to: str) -> web.Response:
    if await needs_second_factor(request.app[DEPS], visit_of(request), account):
        return see_other(_with("/sign-in/second", local_path(to)))
    return await enter(request, account, see_other(to, said="signed-in"))


async def _code_refused(
    request: web.Request, page: str, form: CodeForm, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    view = msgspec.structs.replace(CodeView(local_path(form.to)), **told(request, refusal))
    return render(request, f"account/{page}.html", view, status)


@routes.get("/sign-in/second")
@contract(media_type=HTML)
async def get_second(request: web.Request) -> web.Response:
    """Type the code of the authenticator app, or a recovery code."""
    return render(request, "account/second.html", CodeView(_to(request)))


@routes.post("/sign-in/second")
@contract(media_type=HTML)
async def post_second(request: web.Request) -> web.Response:
    """Sign in by the second factor."""
    form = await read_form(request, CodeForm)
    return await act_or_show(partial(_by_second, request, form), partial(_code_refused, request, "second", form))


async def _by_second(request: web.Request, form: CodeForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("code of an address", address_of(request), now=deps.clock())
    account = await end_by_second_factor(deps, visit_of(request), form.code)
    return await enter(request, account, see_other(form.to, said="signed-in"))


@routes.get("/sign-in/link/{token}")
@contract(media_type=HTML)
async def get_link(request: web.Request) -> web.Response:
    """The button behind a link that an operator made: looking at it uses nothing up."""
    account = await whose_link(request.app[DEPS], request.match_info["token"])
    return render(request, "account/link.html", LinkView(account.name, request.path), private=True)


@routes.post("/sign-in/link/{token}")
@contract(media_type=HTML)
async def post_link(request: web.Request) -> web.Response:
    """Use the link up and sign in."""
    await read_form(request, SignOutForm)
    account = await end_by_link(request.app[DEPS], request.match_info["token"])
    return await _enter_or_ask(request, account, "/")


@routes.post("/sign-out")
@contract("account", media_type=HTML)
async def post_sign_out(request: web.Request) -> web.Response:
    """End this session."""
    await read_form(request, SignOutForm)
    await end_session(request.app[DEPS], account_of(request), session_here(request).sha256)
    response = see_other("/", said="signed-out")
    set_cookie(request, response, SESSION, "")
    return response
