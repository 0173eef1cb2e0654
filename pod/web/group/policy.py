"""Owners change a group's name, description and rules; a change holds once the steward has sealed it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web
from msgspec.structs import replace

from pod.actions.posts.records import submit, write_record
from pod.actions.reading.group.page_header import HeaderSight
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.about import rules_of
from pod.web.group.found import check_name
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import GroupKind, kind_sentence, weight_in
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.records.drafts import draft_wish
from protocol.records.operation import SetPolicy

routes = web.RouteTableDef()
HOUR_MS: Final = 3_600_000
THOUSAND: Final = 1000  # a score has six decimals, what people write three


class PolicyForm(msgspec.Struct, frozen=True):
    """The policy as people write it; `hours` 0: the steward's job is handed on by hand only."""

    name: str = ""
    description: str = ""
    others_weight: str = "0"
    default_score: str = "0"
    hours: int = 24
    step: str = "look"


class PolicyView(msgspec.Struct, frozen=True):
    """The form; with `sentence` what it makes of the group, to be confirmed: the `rules` are (what, how much)."""

    frame: PageFrame
    form: PolicyForm
    sentence: str = ""
    rules: tuple[tuple[str, str], ...] = ()
    problem: RefusalView | None = None


@routes.get("/g/{group}/policy")
@contract("account", media_type=HTML)
async def get_policy(request: web.Request) -> web.Response:
    """The rules as they are, to be changed."""
    account_of(request)
    seen, frame = await load_frame(request, "about")
    return render(request, "group/policy.html", PolicyView(frame, form_of(say_of(request), seen)))


def form_of(say: Translator, seen: HeaderSight) -> PolicyForm:
    """The policy that holds now."""
    state = seen.state
    return PolicyForm(
        seen.name,
        state.policy.description or "",
        say.weight(state.others_weight),
        say.weight(state.default_score // THOUSAND),
        state.handover_after_ms() // HOUR_MS,
    )


@routes.post("/g/{group}/policy")
@contract("account", media_type=HTML)
async def post_policy(request: web.Request) -> web.Response:
    """See what kind of group the rules make; sign the wish once that was seen."""
    form, signer = await read_form(request, PolicyForm), signer_of(request)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        _, frame = await load_frame(request, "about")
        view = PolicyView(frame, form, problem=problem_of(say_of(request), refusal))
        return render(request, "group/policy.html", view, status)

    return await act_or_show(partial(_step, request, form, signer), show)


async def _step(request: web.Request, form: PolicyForm, signer: Person) -> web.Response:
    check_name(form.name, form.description)
    seen, frame = await load_frame(request, "about")
    policy: dict[str, Any] = {
        "name": form.name,
        "description": form.description,
        "others_weight": weight_in(form.others_weight),
        "default_score": weight_in(form.default_score) * THOUSAND,
        "handover_after": max(form.hours, 0) * HOUR_MS,
    }
    if form.step == "change":
        return render(request, "group/policy.html", PolicyView(frame, form))
    if form.step != "set":
        say, state = say_of(request), replace(seen.state, policy=seen.state.policy.changed(policy))
        sentence = kind_sentence(say, GroupKind(state.visibility, state.others_weight, state.default_score))
        return render(request, "group/policy.html", PolicyView(frame, form, sentence, rules_of(say, state)))
    held = seen.state.policy.members()
    changed = {name: value for name, value in policy.items() if held.get(name) != value}
    if changed:
        await submit(request.app[DEPS], write_record, signer, seen.group, draft_wish(SetPolicy(changed)))
    return see_other(f"/g/{seen.group}/about", said="asked")
