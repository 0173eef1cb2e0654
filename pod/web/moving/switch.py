"""At the old pod a person reads what moving their account means, and agrees once more, or refuses.

As with the consent to be copied, the code that follows goes to the address that asked, in a redirect that no page
shows.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from models.moving.asked_switches import AskedSwitch
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.letters import post
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.asked_switches import (
    PAGE,
    agree_to_switch,
    find_asked_switch,
    refuse_switch,
)
from pod.actions.moving.cool_down import REST_MS, UNDO_MS
from pod.actions.moving.switch_sight import (
    SwitchSight,
    go_without,
    is_at_home,
    look_at_departure,
    look_at_switch,
    stop_own,
)
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of
from pod.web.moving.consent import POLICY, policy_to
from pod.web.moving.letters import switch_letter
from pod.web.moving.wording import LeavingLine, leaving_line
from protocol.ids import parse_id

routes = web.RouteTableDef()


class SwitchForm(msgspec.Struct, frozen=True):
    """The typed name, the groups in which nothing is waited for, and whether followers are told."""

    handle: str = ""
    unwaited: tuple[str, ...] = ()
    soft: bool = False


class StayForm(msgspec.Struct, frozen=True):
    """A button."""


class WithoutForm(msgspec.Struct, frozen=True):
    """In which group nothing is waited for any more."""

    group: str = ""


class SwitchView(FormView, frozen=True):
    """Who asks, and what moves. `there`: how the account is called there; `days`: how long none may move again."""

    action: str
    name: str
    host: str
    there: str
    copied: str
    lines: int
    groups: tuple[LeavingLine, ...]
    more: int
    invitations: int
    days: int
    form: SwitchForm


class LeavingView(FormView, frozen=True):
    """A move that the account agreed to. `done`: it is at home there now."""

    host: str
    since: str
    frozen: bool
    done: bool
    late: tuple[LeavingLine, ...]


@routes.get("/move/switch/{asked}")
@contract("account", media_type=HTML)
async def get_switch(request: web.Request) -> web.Response:
    """Which server wants to become one's home, and what that means."""
    return await _show(request, await _asked(request), SwitchForm())


@routes.post("/move/switch/{asked}")
@contract("account", media_type=HTML)
async def post_switch(request: web.Request) -> web.Response:
    """Agree: the browser goes back to the server that asked, with a code that it never shows."""
    account_of(request)
    form = await read_form(request, SwitchForm)
    asked = await _asked(request)
    return await act_or_show(
        partial(_agree, request, asked, form), again(request, partial(_show, request, asked, form))
    )


@routes.post("/move/switch/{asked}/refuse")
@contract("account", media_type=HTML)
async def post_refused_switch(request: web.Request) -> web.Response:
    """Refuse: one stays at home here."""
    account = account_of(request)
    await read_form(request, StayForm)
    deps = request.app[DEPS]
    await refuse_switch(deps, await find_asked_switch(deps, account, request.match_info["asked"]))
    return see_other("/settings/grants", said="stayed")


@routes.get("/settings/leaving")
@contract("account", media_type=HTML)
async def get_leaving(request: web.Request) -> web.Response:
    """The move that one agreed to, and for what it waits."""
    return await _show_leaving(request)


@routes.post("/settings/leaving/stop")
@contract("account", media_type=HTML)
async def post_stop_leaving(request: web.Request) -> web.Response:
    """Stay here after all."""
    account = account_of(request)
    await read_form(request, StayForm)

    async def act() -> web.Response:
        await stop_own(request.app[DEPS], account)
        return see_other("/settings/grants", said="stayed")

    return await act_or_show(act, again(request, partial(_show_leaving, request)))


@routes.post("/settings/leaving/without")
@contract("account", media_type=HTML)
async def post_go_without(request: web.Request) -> web.Response:
    """Don't wait for what isn't settled in one group."""
    account, deps = account_of(request), request.app[DEPS]
    form = await read_form(request, WithoutForm)
    # As with the same choice when one agrees; who has proved it finds the group and its button again.
    check_confirmed(deps, session_here(request), back="/settings/leaving")
    await go_without(deps, account, parse_id(form.group))
    return see_other("/settings/leaving")


async def _asked(request: web.Request) -> AskedSwitch:
    account, deps, secret = account_of(request), request.app[DEPS], request.match_info["asked"]
    asked = await find_asked_switch(deps, account, secret)
    check_confirmed(deps, session_here(request), back=f"{PAGE}/{secret}")
    return asked


async def _agree(request: web.Request, asked: AskedSwitch, form: SwitchForm) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    onward = await agree_to_switch(deps, account, asked, form.handle, unwaited=form.unwaited, soft=form.soft)
    mail = await address_of_account(deps, account)
    if mail is not None and mail.verified_at is not None:
        post(deps, mail.address, switch_letter(say, deps.identity.base_url, account.name, host_in(asked.pod)))
    headers = {"Location": onward, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=HTTPStatus.SEE_OTHER.value, headers=headers | {POLICY: policy_to(asked.pod)})


async def _show(
    request: web.Request, asked: AskedSwitch, form: SwitchForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    account, say = account_of(request), say_of(request)
    sight: SwitchSight = await look_at_switch(request.app[DEPS], account, asked.pod_key)
    view = SwitchView(
        action=request.path,
        name=account.name,
        host=host_in(asked.pod),
        there=f"@{asked.name}@{host_in(asked.pod)}",
        copied=say.moment(asked.copied_at),
        lines=asked.lines,
        groups=tuple(leaving_line(say, group, ticked=group.group in form.unwaited) for group in sight.groups),
        more=sight.more,
        invitations=sight.invitations,
        days=REST_MS // UNDO_MS,
        form=form,
    )
    response = render(request, "moving/switch.html", msgspec.structs.replace(view, **problem), status, private=True)
    response.headers[POLICY] = policy_to(asked.pod)
    return response


async def _show_leaving(request: web.Request, status: HTTPStatus = HTTPStatus.OK, **problem: object) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    sight = await look_at_departure(deps, account_of(request))
    if sight is None:
        stays = await is_at_home(deps, account_of(request))
        return see_other("/settings/grants", said="stayed" if stays else "elsewhere")
    departure = sight.departure
    view = LeavingView(
        host=host_in(departure.pod),
        since=say.moment(departure.agreed_at),
        frozen=departure.is_frozen(deps.clock()),
        done=departure.item is not None,
        late=tuple(leaving_line(say, group, ticked=False) for group in sight.late),
    )
    return render(request, "moving/leaving.html", msgspec.structs.replace(view, **problem), status, private=True)
