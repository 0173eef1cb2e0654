"""Admins accept or reject the people who ask for an account, by mail with a reason, or ask them a question first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.people.accounts import Account
from models.pod.sign_ups import SignUp
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.admin.sign_up_decisions import WriteLetter, accept, ask, read_sign_ups, reject
from pod.actions.letters import Letter
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.deps import Deps
from pod.translations import Translator, translator_for
from pod.web.admin.letters import accepted_letter, question_letter, rejected_letter
from pod.web.admin.page_frame import AdminView, admin_of, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/sign-ups"
Decide = Callable[[Deps, Account, int, str, WriteLetter], Awaitable[None]]


class DecisionForm(msgspec.Struct, frozen=True):
    """Which wish, and the reason or question."""

    number: int = 0
    text: str = ""


class SignUpLineView(msgspec.Struct, frozen=True):
    """A wish."""

    number: int
    name: str
    address: str
    reason: str
    since: str
    language: str
    said: str
    text: str = ""


class SignUpsView(AdminView, frozen=True):
    """Wishes that wait for an admin, for an answer, and for the person to open the account."""

    waiting: tuple[SignUpLineView, ...]
    asked: tuple[SignUpLineView, ...]
    accepted: tuple[SignUpLineView, ...]


@routes.get("/admin/sign-ups")
@contract("admin", media_type=HTML)
async def get_sign_ups(request: web.Request) -> web.Response:
    """Who waits for a yes or no."""
    admin_of(request)
    return await _show(request, DecisionForm())


@routes.post("/admin/sign-ups/accept")
@contract("admin", media_type=HTML)
async def post_accept(request: web.Request) -> web.Response:
    """Say yes."""
    return await _decided(request, accept, _accepted)


@routes.post("/admin/sign-ups/reject")
@contract("admin", media_type=HTML)
async def post_reject(request: web.Request) -> web.Response:
    """Say no, with the reason."""
    return await _decided(request, reject, _rejected)


@routes.post("/admin/sign-ups/ask")
@contract("admin", media_type=HTML)
async def post_ask(request: web.Request) -> web.Response:
    """Ask something first."""
    return await _decided(request, ask, _asked)


def _accepted(pod: str, form: DecisionForm, wish: SignUp, url: str) -> Letter:
    del form
    return accepted_letter(translator_for(wish.language), pod, wish.name, url)


def _rejected(pod: str, form: DecisionForm, wish: SignUp, reason: str) -> Letter:
    del form
    return rejected_letter(translator_for(wish.language), pod, wish.name, reason)


def _asked(pod: str, form: DecisionForm, wish: SignUp, url: str) -> Letter:
    return question_letter(translator_for(wish.language), pod, wish.name, form.text, url)


async def _decided(
    request: web.Request, decide: Decide, letter: Callable[[str, DecisionForm, SignUp, str], Letter]
) -> web.Response:
    admin, deps = admin_of(request), request.app[DEPS]
    form = await read_form(request, DecisionForm)

    async def act() -> web.Response:
        pod = pod_name(deps, await read_settings(deps))
        await decide(deps, admin, form.number, form.text, partial(letter, pod, form))
        return see_other(PAGE, said="sent")

    return await act_or_show(act, again(request, partial(_show, request, form)))


async def _show(
    request: web.Request, form: DecisionForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    say = say_of(request)
    wishes = await read_sign_ups(request.app[DEPS], ("waiting", "asked", "accepted"))
    rows = {
        state: tuple(_row(say, wish, form) for wish in wishes if wish.state == state)
        for state in ("waiting", "asked", "accepted")
    }
    view = SignUpsView(rows["waiting"], rows["asked"], rows["accepted"], **tabs(request, PAGE))
    return render(request, "admin/sign-ups.html", msgspec.structs.replace(view, **more), status)


def _row(say: Translator, wish: SignUp, form: DecisionForm) -> SignUpLineView:
    typed = form.text if form.number == wish.id else ""
    since = say.moment(wish.created_at)
    return SignUpLineView(wish.id, wish.name, wish.address, wish.reason, since, wish.language, wish.said, typed)
