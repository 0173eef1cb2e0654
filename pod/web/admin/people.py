"""Admins find people, make them admins, lock them out or let them in; the audit keeps the reason of each act."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from models.people.people_list import StoredPersonLine
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.admin.people import Deed, list_people, set_able, set_role
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.account.session_start import session_here
from pod.web.admin.page_frame import AdminView, admin_of, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/people"
ON_A_PAGE: Final = 50


class DeedForm(msgspec.Struct, frozen=True):
    """Whom, what, why; `q` is what was searched for."""

    name: str = ""
    to: str = ""
    why: str = ""
    q: str = ""


class PersonRow(msgspec.Struct, frozen=True):
    """Somebody, with what can be done."""

    name: str
    address: str
    role: str
    since: str
    seen: str
    admin: bool
    disabled: bool


class PeopleView(AdminView, frozen=True):
    """People, and what was searched for."""

    people: tuple[PersonRow, ...]
    q: str
    older: str


@routes.get("/admin/people")
@contract("admin", media_type=HTML)
async def get_people(request: web.Request) -> web.Response:
    """People at home here, by name."""
    admin_of(request)
    return await _show(request, request.query.get("q", "")[:100])


@routes.post("/admin/people/role")
@contract("admin", media_type=HTML)
async def post_role(request: web.Request) -> web.Response:
    """Make somebody an admin, or no longer one."""
    admin_of(request)
    form = await read_form(request, DeedForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    return await act_or_show(partial(_role, request, form), again(request, partial(_show, request, form.q)))


async def _role(request: web.Request, form: DeedForm) -> web.Response:
    deed = Deed(admin_of(request).name, form.why)
    await set_role(request.app[DEPS], form.name, deed, admin=form.to == "admin")
    return see_other(_page(form.q), said="saved")


@routes.post("/admin/people/access")
@contract("admin", media_type=HTML)
async def post_access(request: web.Request) -> web.Response:
    """Keep somebody out, or let them in again."""
    admin_of(request)
    form = await read_form(request, DeedForm)
    check_confirmed(request.app[DEPS], session_here(request), back=PAGE)
    return await act_or_show(partial(_access, request, form), again(request, partial(_show, request, form.q)))


async def _access(request: web.Request, form: DeedForm) -> web.Response:
    deed = Deed(admin_of(request).name, form.why)
    await set_able(request.app[DEPS], form.name, deed, able=form.to == "enabled")
    return see_other(_page(form.q), said="saved")


async def _show(request: web.Request, q: str, status: HTTPStatus = HTTPStatus.OK, **more: object) -> web.Response:
    found = await list_people(request.app[DEPS], q, after=request.query.get("after", ""), limit=ON_A_PAGE + 1)
    shown, say = found[:ON_A_PAGE], say_of(request)
    older = _page(q, after=shown[-1].name) if len(found) > ON_A_PAGE else ""
    view = PeopleView(tuple(_row(say, one) for one in shown), q, older, **tabs(request, PAGE))
    return render(request, "admin/people.html", msgspec.structs.replace(view, **more), status)


def _page(q: str, **more: str) -> str:
    asked = {name: value for name, value in {"q": q, **more}.items() if value}
    return f"{PAGE}?{urlencode(asked)}" if asked else PAGE


def _row(say: Translator, one: StoredPersonLine) -> PersonRow:
    address = one.address or say("none")
    if one.address and not one.verified:
        address = say("%(mail)s, not proved yet", mail=one.address)
    role = say("admin") if one.admin else ""
    seen = say.day(one.seen_at) if one.seen_at is not None else say("not lately")
    return PersonRow(one.name, address, role, say.day(one.created_at), seen, one.admin, one.disabled)
