"""A member gives another a weight after seeing what it changes; and edits their own profile in the group."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from pod.actions.groups.proposals import ask_for
from pod.actions.posts.records import submit, write_record
from pod.actions.reading.group.groups import describe_member
from pod.actions.reading.group.members import Balance, load_balance
from pod.actions.signer import Person
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.plot import Plot
from pod.plots.weights import percent
from pod.rules.groups import GroupRule
from pod.translations import Translator
from pod.web.group.members import strip_of, warning_of
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import member_name, weight_in
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.queries import number_in
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.needed_signatures import NeededSignatures, needed_for_weight
from protocol.records.content import UNSIGNED, Profile
from protocol.records.drafts import draft, draft_wish
from protocol.records.operation import SetWeight

routes = web.RouteTableDef()


class WeightForm(msgspec.Struct, frozen=True):
    """The weight as people write it; `step` is the button."""

    weight: str = ""
    step: str = "look"


class ProfileForm(msgspec.Struct, frozen=True):
    """How a member is called in one group."""

    nickname: str = ""
    text: str = ""
    hide: bool = False


class WeightView(msgspec.Struct, frozen=True):
    """A weight to be given. With `effect` it was looked at: (who, before, after) of all whose share changes."""

    frame: PageFrame
    action: str
    name: str
    now: str
    typed: str
    most: str
    effect: tuple[tuple[str, str, str], ...]
    measure: str
    plot: Plot | None
    warning: str
    needed: str
    problem: RefusalView | None


class ProfileView(msgspec.Struct, frozen=True):
    """One's profile in a group."""

    frame: PageFrame
    form: ProfileForm
    problem: RefusalView | None


@routes.get("/g/{group}/members/{number}/weight")
@contract("account", media_type=HTML)
async def get_weight(request: web.Request) -> web.Response:
    """A field for the weight."""
    account_of(request)
    return await _show(request, WeightForm())


@routes.post("/g/{group}/members/{number}/weight")
@contract("account", media_type=HTML)
async def post_weight(request: web.Request) -> web.Response:
    """See what the weight changes; give it once that was seen."""
    form, signer = await read_form(request, WeightForm), signer_of(request)
    return await act_or_show(partial(_step, request, form, signer), partial(_show, request, form))


async def _step(request: web.Request, form: WeightForm, signer: Person) -> web.Response:
    weight = weight_in(form.weight)
    if form.step != "give":
        return await _show(request, form, weight=weight)
    seen, _ = await load_frame(request, "members")
    number = number_in(request.match_info["number"], "number")
    asked = await ask_for(request.app[DEPS], signer, seen.group, draft_wish(SetWeight(number, weight)))
    if asked.open:
        return see_other(f"/g/{seen.group}/proposals", said="proposed")
    return see_other(f"/g/{seen.group}/members/{number}", said="asked")


async def _show(
    request: web.Request,
    form: WeightForm,
    *,
    weight: int | None = None,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, say, account = request.app[DEPS], say_of(request), account_of(request)
    seen, frame = await load_frame(request, "members")
    if seen.weight is None:
        raise GroupRule.ONLY_MEMBERS_GIVE_WEIGHT.error()
    number = number_in(request.match_info["number"], "number")
    member = await describe_member(deps, account, seen.group, number)
    view = WeightView(
        frame=frame,
        action=f"/g/{seen.group}/members/{number}/weight",
        name=member_name(say, number, member.nickname),
        now=say.weight(member.weight),
        typed=form.weight,
        most=say.weight(seen.weight),
        effect=(),
        measure="",
        plot=None,
        warning="",
        needed="",
        problem=problem_of(say, refusal) if refusal else None,
    )
    if weight is not None:
        before = await load_balance(deps, account, seen.group)
        after = await load_balance(deps, account, seen.group, (number, weight))
        needed = needed_for_weight(seen.state, number, weight) if number != seen.number else None
        view = msgspec.structs.replace(view, **_effect(say, before, after), needed=_needed(say, needed))
    return render(request, "group/weight.html", view, status)


def _needed(say: Translator, needed: NeededSignatures | None) -> str:
    if needed is None or needed.count < 2:
        return ""
    return say(
        "This needs the signatures of %(count)s of the %(owners)s owners: it is proposed to them.",
        count=needed.count,
        owners=len(needed.of),
    )


def _effect(say: Translator, before: Balance, after: Balance) -> dict[str, Any]:
    """What would be different: each member's part of the power, before and after."""
    numbers = [standing.number for standing in after.standings]
    numbers += [standing.number for standing in before.standings if standing.number not in numbers]
    rows = []
    for number in numbers:
        name = member_name(say, number, after.nicknames.get(number) or before.nicknames.get(number, ""))
        rows.append((name, *(_part(say, balance, number) for balance in (before, after))))
    exact = before.exact and after.exact
    return {
        "effect": tuple(row for row in rows if row[1] != row[2]) or tuple(rows),
        "measure": say("Power: in how many cases a member turns the result (Banzhaf).")
        if exact
        else say("Share of all weight."),
        "plot": strip_of(say, after) if after.standings else None,
        "warning": warning_of(say, after),
    }


def _part(say: Translator, balance: Balance, number: int) -> str:
    standing = balance.of(number)
    return percent(say, standing.power) if standing else percent(say, balance.others * 0)


@routes.get("/g/{group}/profile")
@contract("account", media_type=HTML)
async def get_profile(request: web.Request) -> web.Response:
    """One's own profile in the group."""
    account_of(request)
    return await _profile_page(request, None)


@routes.post("/g/{group}/profile")
@contract("account", media_type=HTML)
async def post_profile(request: web.Request) -> web.Response:
    """Sign a new profile; the old one is history."""
    form, signer = await read_form(request, ProfileForm), signer_of(request)
    return await act_or_show(partial(_write_profile, request, form, signer), partial(_profile_page, request, form))


async def _write_profile(request: web.Request, form: ProfileForm, signer: Person) -> web.Response:
    seen, _ = await load_frame(request, "members")
    profile = Profile(nickname=form.nickname, text=form.text, indexable=not form.hide, **UNSIGNED)
    record = await submit(request.app[DEPS], write_record, signer, seen.group, draft(profile))
    return see_other(f"/g/{seen.group}/members/{record.body['author']}", said="saved")


async def _profile_page(
    request: web.Request,
    form: ProfileForm | None,
    *,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    deps, say, account = request.app[DEPS], say_of(request), account_of(request)
    seen, frame = await load_frame(request, "members")
    if seen.membership is None or seen.membership.number is None:
        raise GroupRule.ONLY_MEMBERS_HAVE_A_PROFILE.error()
    if form is None:
        member = await describe_member(deps, account, seen.group, seen.membership.number)
        form = ProfileForm(member.nickname, member.text, not member.indexable)
    view = ProfileView(frame, form, problem_of(say, refusal) if refusal else None)
    return render(request, "group/profile.html", view, status)
