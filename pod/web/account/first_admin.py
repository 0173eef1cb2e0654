"""The set-up page: the person who opens its one-time link names the pod and becomes its first admin."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from models.pod.settings import Language, Registration
from pod.actions.accounts.first_admin import set_up, settings_for_setup
from pod.actions.accounts.open_account import Wish
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import LANGUAGES
from pod.web.account.session_start import enter_with_phrase
from pod.web.kit.form_page import FormView, told
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.registration_modes import registration_modes
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class SetUpForm(msgspec.Struct, frozen=True):
    """What the first admin types."""

    name: str = ""
    mail: str = ""
    pod: str = ""
    language: Language = "en"
    registration: Registration = "approval"


class SetUpView(FormView, frozen=True):
    """The set-up page."""

    form: SetUpForm
    action: str
    languages: tuple[tuple[str, str], ...]
    modes: tuple[tuple[str, str, str], ...]


@routes.get("/setup/{token}")
@contract(media_type=HTML)
async def get_setup(request: web.Request) -> web.Response:
    """Name the pod and its first admin; 410 once the link was used, or after an hour."""
    held = await settings_for_setup(request.app[DEPS], request.match_info["token"])
    # A pod that nobody has named yet most likely speaks as its first admin does.
    language = held.language if held.name else msgspec.convert(say_of(request).language, Language)
    form = SetUpForm(pod=held.name, language=language, registration=held.registration)
    return _show(request, form)


@routes.post("/setup/{token}")
@contract(media_type=HTML)
async def post_setup(request: web.Request) -> web.Response:
    """Use the link up; the answer shows the admin's 24 words."""
    form = await read_form(request, SetUpForm)
    await settings_for_setup(request.app[DEPS], request.match_info["token"])
    return await act_or_show(partial(_set_up, request, form), partial(_refused, request, form))


async def _set_up(request: web.Request, form: SetUpForm) -> web.Response:
    deps, token = request.app[DEPS], request.match_info["token"]
    held = await settings_for_setup(deps, token)
    chosen = msgspec.structs.replace(held, name=form.pod, language=form.language, registration=form.registration)
    wish = Wish(form.name.lower(), form.mail, say_of(request).language, verified=False)
    opened = await set_up(deps, token, wish, chosen)
    return await enter_with_phrase(request, opened.account, opened.phrase, "/admin")


async def _refused(request: web.Request, form: SetUpForm, refusal: RefusedError, status: HTTPStatus) -> web.Response:
    return _show(request, form, status, **told(request, refusal))


def _show(request: web.Request, form: SetUpForm, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    modes = registration_modes(say_of(request))
    view = msgspec.structs.replace(SetUpView(form, request.path, tuple(LANGUAGES.items()), modes), **problem)
    return render(request, "account/setup.html", view, status, private=True)
