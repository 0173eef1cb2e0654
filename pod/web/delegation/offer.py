"""A member declares to be a delegate, changes what they say for themselves, or resigns."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

import msgspec
from aiohttp import web

from pod.actions.decisions.delegations import declare
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.delegations import describe_own_delegations, list_areas
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.records.content import UNSIGNED, Delegate
from protocol.records.drafts import draft

routes = web.RouteTableDef()


class OfferForm(msgspec.Struct, frozen=True):
    """What one says for oneself, in which areas, and the button."""

    statement: str = ""
    areas: tuple[str, ...] = ()
    step: str = "declare"


class OfferView(msgspec.Struct, frozen=True):
    """The form; `areas` are (area, name, ticked). `declared`: one is a delegate now."""

    frame: PageFrame
    action: str
    declared: bool
    may: bool
    statement: str
    areas: tuple[tuple[str, str, bool], ...]
    problem: RefusalView | None


@routes.get("/g/{group}/delegates/offer")
@contract("account", media_type=HTML)
async def get_offer(request: web.Request) -> web.Response:
    """The form in which one declares to be a delegate."""
    account_of(request)
    return await _show(request, None)


@routes.post("/g/{group}/delegates/offer")
@contract("account", media_type=HTML)
async def post_offer(request: web.Request) -> web.Response:
    """Declare to be a delegate, or resign."""
    form, signer = await read_form(request, OfferForm), signer_of(request)
    return await act_or_show(partial(_declare, request, form, signer), partial(_show, request, form))


async def _declare(request: web.Request, form: OfferForm, signer: Person) -> web.Response:
    seen, _ = await load_frame(request, "delegates")
    declared = form.step != "resign"
    areas = form.areas if declared else ()
    said = Delegate(declared=declared, statement=form.statement, areas=areas, **UNSIGNED)
    record = await submit(request.app[DEPS], declare, signer, seen.group, draft(said))
    path = f"/g/{seen.group}/delegates/{record.body['author']}"
    return see_other(path, said="declared" if declared else "resigned")


async def _show(
    request: web.Request,
    form: OfferForm | None,
    *,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, say, account = request.app[DEPS], say_of(request), account_of(request)
    seen, frame = await load_frame(request, "delegates")
    own = await describe_own_delegations(deps, account, seen.group)
    ticked = own.offered if form is None else form.areas
    areas = await list_areas(deps, account, seen.group)
    view = OfferView(
        frame=frame,
        action=f"/g/{seen.group}/delegates/offer",
        declared=own.declared,
        may=own.may_be_delegate,
        statement=own.statement if form is None else form.statement,
        areas=tuple((area, name, area in ticked) for area, name in areas),
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "delegation/offer.html", view, status)
