"""Members publish a group under a public name: what that means, who has to sign, and the button."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal
from unicodedata import normalize

import msgspec
from aiohttp import web

from pod.actions.groups.proposals import ask_for
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.limits import MAX_NAME_LENGTH
from protocol.needed_signatures import needed_to_publish
from protocol.records.drafts import draft_wish
from protocol.records.operation import Publish

routes = web.RouteTableDef()


class PublishForm(msgspec.Struct, frozen=True):
    """The name; `step` is the button."""

    subject: str = ""
    step: Literal["look", "ask"] = "look"


class PublishView(msgspec.Struct, frozen=True):
    """The form; once it was `looked` at, what is to be confirmed. `several`: others must sign it, too."""

    frame: PageFrame
    subject: str
    looked: bool
    hidden_so_far: bool
    needed: str
    several: bool
    problem: RefusalView | None


@routes.get("/g/{group}/publish")
@contract("account", media_type=HTML)
async def get_publish(request: web.Request) -> web.Response:
    """A field for the name, and what publishing means."""
    account_of(request)
    return await _show(request, PublishForm(), looked=False)


@routes.post("/g/{group}/publish")
@contract("account", media_type=HTML)
async def post_publish(request: web.Request) -> web.Response:
    """Look at what it means; sign the wish, which waits for others' signatures if it needs them."""
    form, signer = await read_form(request, PublishForm), signer_of(request)
    return await act_or_show(partial(_step, request, form, signer), partial(_show, request, form, looked=False))


async def _step(request: web.Request, form: PublishForm, signer: Person) -> web.Response:
    subject = normalize("NFC", form.subject)
    if not 1 <= len(subject) <= MAX_NAME_LENGTH:
        raise GroupRule.NAME_LENGTH.error(most=MAX_NAME_LENGTH)
    if form.step == "look":
        return await _show(request, PublishForm(subject), looked=True)
    seen, _ = await load_frame(request, "about")
    asked = await ask_for(request.app[DEPS], signer, seen.group, draft_wish(Publish(subject)))
    if asked.open:
        return see_other(f"/g/{seen.group}/proposals", said="proposed")
    return see_other(f"/g/{seen.group}/about", said="asked")


async def _show(
    request: web.Request,
    form: PublishForm,
    *,
    looked: bool,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say = say_of(request)
    seen, frame = await load_frame(request, "about")
    if seen.weight is None or seen.weight < seen.state.owner_weight:
        raise GroupRule.ONLY_OWNERS_PROPOSE.error()
    count = needed_to_publish(seen.state).count
    view = PublishView(
        frame=frame,
        subject=form.subject,
        looked=looked,
        hidden_so_far=seen.state.visibility != "public",
        needed=say.many(
            "It holds once the %(count)s member with weight has signed it.",
            "It holds once all %(count)s members with weight have signed it.",
            count,
        ),
        several=count > 1,
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "group/publish.html", view, status, private=True)
