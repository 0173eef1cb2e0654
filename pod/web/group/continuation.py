"""An owner continues a group elsewhere: chooses whom to invite, looks at it, and gets a link for each of them."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal

import msgspec
from aiohttp import web

from pod.actions.groups.continuation import MOST_INVITED, Continuation, continue_elsewhere
from pod.actions.reading.group.members import RosterLine, list_roster
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.found import check_name
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import member_name
from pod.web.kit.forms import act_or_show, read_form
from pod.web.kit.once import numbered, shown_once
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()


class ContinueForm(msgspec.Struct, frozen=True):
    """Where it goes on, and for whom; `step` is the button."""

    name: str = ""
    visibility: Literal["private", "unlisted", "public"] = "private"
    invited: tuple[int, ...] = ()
    step: Literal["look", "continue", "change"] = "look"


class ContinueView(msgspec.Struct, frozen=True):
    """The form; `looked`: what is to be confirmed; `links`: (name, link) once it is done. `members`: (number, name)."""

    frame: PageFrame
    form: ContinueForm
    visibility: tuple[tuple[str, str], ...]
    members: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    left_out: str
    looked: bool
    links: tuple[tuple[str, str], ...]
    done: str
    heir: str
    problem: RefusalView | None


@routes.get("/g/{group}/continue")
@contract("account", media_type=HTML)
@numbered
async def get_continue(request: web.Request) -> web.Response:
    """Who is invited, and how the new group is called."""
    account_of(request)
    return await _show(request, None)


@routes.post("/g/{group}/continue")
@contract("account", media_type=HTML)
async def post_continue(request: web.Request) -> web.Response:
    """Look at who would be left out; found the new group, invite, and sign that the old one goes on there."""
    form, signer = await read_form(request, ContinueForm), signer_of(request)

    async def show(refusal: RefusedError, status: HTTPStatus) -> web.Response:
        return await _show(request, form, refusal=refusal, status=status)

    return await act_or_show(partial(_step, request, form, signer), show)


async def _step(request: web.Request, form: ContinueForm, signer: Person) -> web.Response:
    check_name(form.name, "")
    if form.step != "continue":
        return await _show(request, form, looked=form.step == "look")
    seen, _ = await load_frame(request, "about")
    done = await continue_elsewhere(
        request.app[DEPS], signer, seen.group, name=form.name, visibility=form.visibility, invited=form.invited
    )
    return shown_once(await _show(request, form, done=done))


async def _show(
    request: web.Request,
    form: ContinueForm | None,
    *,
    looked: bool = False,
    done: Continuation | None = None,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, say = request.app[DEPS], say_of(request)
    seen, frame = await load_frame(request, "about")
    if seen.weight is None or seen.weight < seen.state.owner_weight:
        raise GroupRule.ONLY_OWNERS_PROPOSE.error()
    roster = await list_roster(deps, account_of(request), seen.group, after=0, limit=MOST_INVITED)
    others = {one.number: _name(say, one) for one in roster.members if _may_come(one) and one.number != seen.number}
    form = form or ContinueForm(seen.name, "private", tuple(others))
    named = tuple(others[number] for number in form.invited if number in others)
    left_out = seen.members - 1 - len(named)
    view = ContinueView(
        frame=frame,
        form=form,
        visibility=(
            ("private", say("Its members alone")),
            ("unlisted", say("Everybody who has its address")),
            ("public", say("Everybody")),
        ),
        members=tuple((str(number), name) for number, name in others.items()),
        names=named,
        left_out=say.many("%(count)s member is left out.", "%(count)s members are left out.", left_out)
        if left_out > 0
        else "",
        looked=looked,
        links=tuple((others.get(number, str(number)), link) for number, link in done.links) if done else (),
        done=_done(say, done) if done else "",
        heir=f"/g/{done.group}" if done else "",
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "group/continue.html", view, status, private=True)


def _name(say: Translator, one: RosterLine) -> str:
    return member_name(say, one.number, one.nickname)


def _may_come(one: RosterLine) -> bool:
    return one.weight > 0 and not one.left


def _done(say: Translator, done: Continuation) -> str:
    if done.open:
        return say("The new group is there. The old one closes once enough of its owners have signed that.")
    return say("The new group is there, and the old one closes as soon as that is sealed.")
