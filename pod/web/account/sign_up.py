"""A person signs up by name, address and mailed code, or by a link once an admin agreed; then sees the 24 words."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from models.pod.settings import Settings
from pod.actions.accounts.sign_up import (
    ACCEPTED_DAYS,
    Letters,
    SignUpWish,
    answer_question,
    linked_sign_up,
    open_accepted,
    prove_mail,
    typed_sign_up,
    wish_for_account,
)
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.requests import address_of
from pod.web.account.letters import known_letter, sign_up_letter
from pod.web.account.session_start import enter_with_phrase, keep_onward, onward_of, visit_of
from pod.web.kit.form_page import FormView, again, told
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class SignUpForm(msgspec.Struct, frozen=True):
    """What somebody types who wants an account."""

    name: str = ""
    mail: str = ""
    reason: str = ""
    invite: str = ""


class SignUpView(FormView, frozen=True):
    """The sign-up page: which fields it has, and how the pod lets people in."""

    form: SignUpForm
    pod: str
    mode: str
    asks_reason: bool
    asks_invite: bool
    contact: str
    terms: bool


class SignUpCodeForm(msgspec.Struct, frozen=True):
    """The mailed code, and another name if the first one was taken meanwhile."""

    code: str = ""
    name: str = ""


class SignUpCodeView(FormView, frozen=True):
    """Where the code is typed."""

    mail: str
    name: str
    asks_name: bool


class OpenView(FormView, frozen=True):
    """An account that was accepted, about to be opened."""

    pod: str
    name: str
    action: str


class AnswerView(FormView, frozen=True):
    """What an admin asks before saying yes or no."""

    pod: str
    question: str
    text: str
    action: str


class AnswerForm(msgspec.Struct, frozen=True):
    """The answer."""

    text: str = ""


@routes.get("/sign-up")
@contract(media_type=HTML)
async def get_sign_up(request: web.Request) -> web.Response:
    """Wish for an account here, as the pod lets people in."""
    response = await _show(request, SignUpForm(invite=request.query.get("invite", "")[:100]))
    return keep_onward(request, response, request.query.get("to") or onward_of(request))


@routes.post("/sign-up")
@contract(media_type=HTML)
async def post_sign_up(request: web.Request) -> web.Response:
    """Mail a code to the address."""
    form = await read_form(request, SignUpForm)
    return await act_or_show(partial(_wish, request, form), again(request, partial(_show, request, form)))


async def _wish(request: web.Request, form: SignUpForm) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    await deps.store.limits.take("sign-up of an address", address_of(request), now=deps.clock())
    pod = pod_name(deps, await read_settings(deps))
    letters = Letters(partial(sign_up_letter, say, pod), partial(known_letter, say, pod, deps.identity.base_url))
    wish = SignUpWish(form.name.lower(), form.mail, form.reason, form.invite, say.language)
    await wish_for_account(deps, visit_of(request), wish, letters)
    return see_other("/sign-up/code")


async def _show(
    request: web.Request, form: SignUpForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    deps = request.app[DEPS]
    settings = await read_settings(deps)
    view = _sign_up_view(form, settings, pod_name(deps, settings))
    return render(request, "account/sign-up.html", msgspec.structs.replace(view, **problem), status)


def _sign_up_view(form: SignUpForm, settings: Settings, pod: str) -> SignUpView:
    mode = settings.registration
    invited = bool(form.invite)
    return SignUpView(
        form,
        pod,
        mode,
        asks_reason=mode == "approval" and not invited,
        asks_invite=mode == "invite" or invited,
        contact=settings.contact,
        terms=bool(settings.terms),
    )


@routes.get("/sign-up/code")
@contract(media_type=HTML)
async def get_sign_up_code(request: web.Request) -> web.Response:
    """Type the mailed code."""
    typed = await typed_sign_up(request.app[DEPS], visit_of(request))
    return render(request, "account/sign-up-code.html", SignUpCodeView(typed.address, "", asks_name=False))


@routes.post("/sign-up/code")
@contract(media_type=HTML)
async def post_sign_up_code(request: web.Request) -> web.Response:
    """Open the account and show its 24 words, or have it wait for an admin."""
    form = await read_form(request, SignUpCodeForm)
    await typed_sign_up(request.app[DEPS], visit_of(request))
    return await act_or_show(partial(_prove, request, form), partial(_code_refused, request, form))


async def _prove(request: web.Request, form: SignUpCodeForm) -> web.Response:
    deps = request.app[DEPS]
    await deps.store.limits.take("code of an address", address_of(request), now=deps.clock())
    opened = await prove_mail(deps, visit_of(request), form.code, form.name.lower())
    if opened is None:
        return keep_onward(request, see_other("/sign-up/waiting"), onward_of(request), days=ACCEPTED_DAYS)
    return await enter_with_phrase(request, opened.account, opened.phrase, onward_of(request))


async def _code_refused(
    request: web.Request, form: SignUpCodeForm, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    typed = await typed_sign_up(request.app[DEPS], visit_of(request))
    taken = refusal.code == "name_taken"
    view = SignUpCodeView(typed.address, form.name or typed.name, asks_name=taken or bool(form.name))
    view = msgspec.structs.replace(view, **told(request, refusal))
    return render(request, "account/sign-up-code.html", view, status)


class WaitingView(msgspec.Struct, frozen=True):
    """A wish that waits for an admin."""

    pod: str


@routes.get("/sign-up/waiting")
@contract(media_type=HTML)
async def get_waiting(request: web.Request) -> web.Response:
    """What happens next to a wish that waits for an admin."""
    deps = request.app[DEPS]
    return render(request, "account/waiting.html", WaitingView(pod_name(deps, await read_settings(deps))))


@routes.get("/sign-up/open/{token}")
@contract(media_type=HTML)
async def get_open(request: web.Request) -> web.Response:
    """The link of the mail that says yes."""
    wish = await linked_sign_up(request.app[DEPS], request.match_info["token"], "accepted")
    return await _show_open(request, wish.name)


@routes.post("/sign-up/open/{token}")
@contract(media_type=HTML)
async def post_open(request: web.Request) -> web.Response:
    """Open the accepted account; the answer shows its 24 words."""
    form = await read_form(request, SignUpCodeForm)
    await linked_sign_up(request.app[DEPS], request.match_info["token"], "accepted")
    return await act_or_show(partial(_open, request, form), again(request, partial(_show_open, request, form.name)))


async def _open(request: web.Request, form: SignUpCodeForm) -> web.Response:
    opened = await open_accepted(request.app[DEPS], request.match_info["token"], form.name.lower())
    return await enter_with_phrase(request, opened.account, opened.phrase, onward_of(request))


async def _show_open(
    request: web.Request, name: str, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    deps = request.app[DEPS]
    view = OpenView(pod_name(deps, await read_settings(deps)), name, request.path)
    return render(request, "account/open.html", msgspec.structs.replace(view, **problem), status, private=True)


@routes.get("/sign-up/answer/{token}")
@contract(media_type=HTML)
async def get_answer(request: web.Request) -> web.Response:
    """The link of the mail in which an admin asks something."""
    return await _show_answer(request, "")


@routes.post("/sign-up/answer/{token}")
@contract(media_type=HTML)
async def post_answer(request: web.Request) -> web.Response:
    """Answer it; the wish waits again."""
    form = await read_form(request, AnswerForm)
    return await act_or_show(partial(_answer, request, form), again(request, partial(_show_answer, request, form.text)))


async def _answer(request: web.Request, form: AnswerForm) -> web.Response:
    await answer_question(request.app[DEPS], request.match_info["token"], form.text)
    return see_other("/sign-up/waiting", said="sent")


async def _show_answer(
    request: web.Request, text: str, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    deps = request.app[DEPS]
    wish = await linked_sign_up(deps, request.match_info["token"], "asked")
    view = AnswerView(pod_name(deps, await read_settings(deps)), wish.said, text, request.path)
    return render(request, "account/answer.html", msgspec.structs.replace(view, **problem), status, private=True)
