"""Admins make invitations to the pod, see who made them and who came by them, and revoke them."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.pod.pod_invites import InviteLine
from pod.actions.admin.pod_invites import InviteWish, invite, read_invites, take_back
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.admin.page_frame import AdminView, admin_of, number_in, tabs
from pod.web.kit.form_page import again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.once import numbered, shown_once
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()
PAGE: Final = "/admin/invites"
ON_A_PAGE: Final = 50


class PodInviteForm(msgspec.Struct, frozen=True):
    """A new invitation."""

    note: str = ""
    uses: int = 1
    days: int = 14
    approval: bool = False


class BackForm(msgspec.Struct, frozen=True):
    """Which one is taken back."""

    number: int = 0


class PodInviteView(msgspec.Struct, frozen=True):
    """An invitation."""

    number: int
    note: str
    state: str
    works: bool
    inviter: str
    came: str
    ends: str
    approval: bool


class InvitesView(AdminView, frozen=True):
    """Invitations."""

    form: PodInviteForm
    invites: tuple[PodInviteView, ...]
    older: str
    link: str = ""


@routes.get("/admin/invites")
@contract("admin", media_type=HTML)
@numbered
async def get_invites(request: web.Request) -> web.Response:
    """Invitations, the latest first."""
    admin_of(request)
    return await _show(request, PodInviteForm())


@routes.post("/admin/invites")
@contract("admin", media_type=HTML)
async def post_invite(request: web.Request) -> web.Response:
    """Make one; its link is shown this once."""
    admin_of(request)
    form = await read_form(request, PodInviteForm)
    return await act_or_show(partial(_invite, request, form), again(request, partial(_show, request, form)))


async def _invite(request: web.Request, form: PodInviteForm) -> web.Response:
    wish = InviteWish(form.note, form.uses, form.days, form.approval)
    deps = request.app[DEPS]
    code = await invite(deps, admin_of(request), wish)
    return shown_once(await _show(request, PodInviteForm(), link=f"{deps.identity.base_url}/sign-up?invite={code}"))


@routes.post("/admin/invites/revoke")
@contract("admin", media_type=HTML)
async def post_revoke_invite(request: web.Request) -> web.Response:
    """Take one back."""
    admin, form = admin_of(request), await read_form(request, BackForm)
    await take_back(request.app[DEPS], admin, form.number)
    return see_other(PAGE, said="revoked")


async def _show(
    request: web.Request, form: PodInviteForm, status: HTTPStatus = HTTPStatus.OK, **more: object
) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    found = await read_invites(deps, ON_A_PAGE + 1, before=number_in(request.query.get("before", "")))
    shown, now = found[:ON_A_PAGE], deps.clock()
    older = f"{PAGE}?before={shown[-1].invite.id}" if len(found) > ON_A_PAGE else ""
    rows = tuple(_row(say, line, now) for line in shown)
    view = InvitesView(form, rows, older, **tabs(request, PAGE))
    return render(request, "admin/invites.html", msgspec.structs.replace(view, **more), status, private=True)


def _row(say: Translator, line: InviteLine, now: int) -> PodInviteView:
    one = line.invite
    state = say("%(uses)s of %(most)s used", uses=say.number(one.uses), most=say.number(one.most_uses))
    if one.revoked_at is not None:
        state = say("taken back")
    return PodInviteView(
        number=one.id,
        note=one.note,
        state=state,
        works=one.works(now),
        inviter=line.inviter,
        came=", ".join(line.came) or say("nobody yet"),
        ends=say.moment(one.expires_at),
        approval=one.approval,
    )
