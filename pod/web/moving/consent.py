"""At the old pod a person reads which server wants to copy their account, and agrees or refuses.

The code that follows goes to the address that asked, in a redirect that no page shows. A browser forbids redirects of
a form to other sites, so this page alone names that one address as allowed.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.grants import AskedGrant
from pod.actions.accounts.mail_address import address_of_account
from pod.actions.accounts.sessions import check_confirmed
from pod.actions.letters import post
from pod.actions.moving.asked_grants import PAGE, Agreement, agree, find_asked, host_in, refuse
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.account.session_start import session_here
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import HEADERS, render
from pod.web.kit.visitors import account_of, say_of
from pod.web.moving.letters import grant_letter
from pod.web.moving.wording import class_names

routes = web.RouteTableDef()
POLICY: Final = "Content-Security-Policy"


class ConsentForm(msgspec.Struct, frozen=True):
    """What is ticked, and the typed host."""

    classes: tuple[str, ...] = ()
    private: bool = False
    standing: bool = False
    host: str = ""


class RefuseForm(msgspec.Struct, frozen=True):
    """A button."""


class ConsentView(FormView, frozen=True):
    """Who asks for what. `classes`: name, words, whether it is ticked."""

    action: str
    name: str
    host: str
    classes: tuple[tuple[str, str, bool], ...]
    has_records: bool
    standing: bool
    form: ConsentForm


@routes.get("/move/consent/{asked}")
@contract("account", media_type=HTML)
async def get_consent(request: web.Request) -> web.Response:
    """Which server wants to read what of one's account."""
    asked = await _asked(request)
    return await _show(request, asked, ConsentForm(tuple(asked.classes.split())))


@routes.post("/move/consent/{asked}")
@contract("account", media_type=HTML)
async def post_consent(request: web.Request) -> web.Response:
    """Agree: the browser goes back to the server that asked, with a code that it never shows."""
    account_of(request)
    form = await read_form(request, ConsentForm)
    asked = await _asked(request)
    return await act_or_show(
        partial(_agree, request, asked, form), again(request, partial(_show, request, asked, form))
    )


@routes.post("/move/consent/{asked}/refuse")
@contract("account", media_type=HTML)
async def post_refusal(request: web.Request) -> web.Response:
    """Refuse: nothing is read."""
    account = account_of(request)
    await read_form(request, RefuseForm)
    deps = request.app[DEPS]
    await refuse(deps, await find_asked(deps, account, request.match_info["asked"]))
    return see_other("/settings/grants", said="refused")


async def _asked(request: web.Request) -> AskedGrant:
    account, deps, secret = account_of(request), request.app[DEPS], request.match_info["asked"]
    asked = await find_asked(deps, account, secret)
    check_confirmed(deps, session_here(request), back=f"{PAGE}/{secret}")
    return asked


async def _agree(request: web.Request, asked: AskedGrant, form: ConsentForm) -> web.Response:
    deps, account, say = request.app[DEPS], account_of(request), say_of(request)
    onward = await agree(deps, asked, Agreement(form.classes, form.private, form.standing, form.host))
    mail = await address_of_account(deps, account)
    if mail is not None and mail.verified_at is not None:
        post(deps, mail.address, grant_letter(say, deps.identity.base_url, account.name, host_in(asked.pod)))
    headers = {"Location": onward, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=HTTPStatus.SEE_OTHER.value, headers=headers | {POLICY: policy_to(asked.pod)})


async def _show(
    request: web.Request, asked: AskedGrant, form: ConsentForm, status: HTTPStatus = HTTPStatus.OK, **problem: object
) -> web.Response:
    names = class_names(say_of(request))
    classes = tuple((name, names[name], name in form.classes) for name in asked.classes.split())
    view = ConsentView(
        action=request.path,
        name=account_of(request).name,
        host=host_in(asked.pod),
        classes=classes,
        has_records="records" in asked.classes.split(),
        standing=asked.standing,
        form=form,
    )
    response = render(request, "moving/consent.html", msgspec.structs.replace(view, **problem), status, private=True)
    response.headers[POLICY] = policy_to(asked.pod)
    return response


def policy_to(pod: str) -> str:
    """The policy of our pages, with the one address that the form may lead to, a bare origin."""
    return HEADERS[POLICY].replace("form-action 'self'", f"form-action 'self' {pod}")
