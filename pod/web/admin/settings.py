"""Admins change the pod's name, description, language, registration, contact and terms; the audit keeps each change."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.pod.settings import Language, Registration, Settings
from pod.actions.admin.pod_settings import change_settings, read_settings
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.admin import AdminRule
from pod.translations import LANGUAGES
from pod.web.admin.page_frame import AdminView, admin_of, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.registration_modes import registration_modes
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/settings"
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 20_000


class SettingsForm(msgspec.Struct, frozen=True):
    """All settings, and why they change."""

    name: str = ""
    description: str = ""
    language: Language = "en"
    registration: Registration = "approval"
    contact: str = ""
    terms: str = ""
    why: str = ""


class PodSettingsView(AdminView, frozen=True):
    """The settings page."""

    form: SettingsForm
    languages: tuple[tuple[str, str], ...]
    modes: tuple[tuple[str, str, str], ...]


@routes.get("/admin/settings")
@contract("admin", media_type=HTML)
async def get_settings(request: web.Request) -> web.Response:
    """What holds now."""
    admin_of(request)
    held = msgspec.to_builtins(await read_settings(request.app[DEPS]))
    return await _show(request, msgspec.convert(held, SettingsForm))


@routes.post("/admin/settings")
@contract("admin", media_type=HTML)
async def post_settings(request: web.Request) -> web.Response:
    """Have other settings hold."""
    admin_of(request)
    form = await read_form(request, SettingsForm)
    return await act_or_show(partial(_change, request, form), again(request, partial(_show, request, form)))


async def _change(request: web.Request, form: SettingsForm) -> web.Response:
    if len(form.name) > LONGEST_NAME or len(form.terms) + len(form.description) > LONGEST_TEXT:
        raise AdminRule.TEXTS_TOO_LONG.error()
    chosen = Settings(form.name, form.language, form.registration, form.contact, form.terms, form.description)
    await change_settings(request.app[DEPS], admin_of(request), chosen, form.why)
    return see_other(PAGE, said="saved")


async def _show(
    request: web.Request, form: SettingsForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    modes = registration_modes(say_of(request))
    view = PodSettingsView(form, tuple(LANGUAGES.items()), modes, **tabs(request, PAGE))
    return render(request, "admin/settings.html", msgspec.structs.replace(view, **more), status)
