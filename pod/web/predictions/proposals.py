"""The proposals of a poll, the form for another, and which areas the poll is in; nothing removes a proposal."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from aiohttp import web

from decisions.orderings import order_proposals
from pod.actions.decisions.proposals import propose, vote_on_areas, withdraw_proposal
from pod.actions.posts.records import Write, submit
from pod.actions.reading.decisions.phase_pages import AreaSight, PhaseSight
from pod.actions.reading.decisions.poll_words import VisibleOption
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.wording import option_name
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of, signer_of
from pod.web.post.plain_text import paragraphs_of
from pod.web.predictions.phase_frame import PhaseFrame, frame_of, load_phase, named
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.content import Paragraph
from protocol.records.drafts import Draft

routes = web.RouteTableDef()


class OptionForm(msgspec.Struct, frozen=True):
    """What is sent: a proposal, the id of one to withdraw, or "area:yes", "area:no" or "area:none"."""

    title: str = ""
    text: str = ""
    withdraws: str = ""
    area: str = ""
    do: Literal["propose", "withdraw", "areas"] = "propose"


class ProposalLine(msgspec.Struct, frozen=True):
    """A proposal with its number; `notes` say what became of it, `why` why it stands where it does.

    `own_record`: a member made it, so that comments answer it and not the poll.
    """

    id: str
    number: int
    name: str
    by: str
    paragraphs: tuple[Paragraph, ...]
    text: str
    notes: tuple[str, ...]
    why: str
    predict: str
    may_withdraw: bool
    own_record: bool


class AreaLine(msgspec.Struct, frozen=True):
    """An area with the voices for and against it; `own` is "yes", "no" or ""."""

    area: str
    name: str
    voices: str
    own: str
    chosen: bool


class OptionsView(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `barred`: why the reader can't propose now, empty if they can."""

    frame: PhaseFrame
    rows: tuple[ProposalLine, ...]
    count: str
    order: str
    areas: tuple[AreaLine, ...]
    areas_open: bool
    barred: str
    title: str
    text: str
    error: str
    problem: RefusalView | None


@routes.get("/g/{group}/polls/{poll}/proposals")
@contract("reader", media_type=HTML)
async def get_proposals_page(request: web.Request) -> web.Response:
    """The proposals of a poll."""
    return _show(request, await load_phase(request), OptionForm())


@routes.post("/g/{group}/polls/{poll}/proposals")
@contract("account", media_type=HTML)
async def post_proposals_form(request: web.Request) -> web.Response:
    """Propose, withdraw what one proposed, or say which areas the poll is in."""
    form, seen = await read_form(request, OptionForm), await load_phase(request)
    if form.do == "propose" and not form.title:
        return _show(request, seen, form, error=True, status=HTTPStatus.BAD_REQUEST)
    return await act_or_show(partial(_act, request, seen, form), partial(_refused, request, seen, form))


async def _act(request: web.Request, seen: PhaseSight, form: OptionForm) -> web.Response:
    write, kind, members, said = _wish(seen, form)
    draft = Draft(kind, {**members, "poll": seen.page.sight.poll.id})
    await submit(request.app[DEPS], write, signer_of(request), seen.page.group, draft)
    return see_other(f"/g/{seen.page.group}/polls/{seen.page.sight.poll.id}/proposals", said=said)


def _wish(seen: PhaseSight, form: OptionForm) -> tuple[Write, str, dict[str, Any], str]:
    if form.do == "withdraw":
        return withdraw_proposal, "Proposal", {"withdraws": form.withdraws}, "unsupported"
    if form.do == "areas":
        area, _, wish = form.area.rpartition(":")
        own = {one.area: one.own for one in seen.areas if one.own is not None and one.area != area}
        belongs = {area: wish == "yes"} if wish in ("yes", "no") else {}
        return vote_on_areas, "AreaVote", {"areas": {**own, **belongs}}, "areas-said"
    paragraphs = [msgspec.to_builtins(one) for one in paragraphs_of(form.text)]
    return propose, "Proposal", {"title": form.title, "paragraphs": paragraphs}, "suggested-option"


async def _refused(
    request: web.Request, seen: PhaseSight, form: OptionForm, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    return _show(request, seen, form, refusal=refusal, status=status)


def _show(
    request: web.Request,
    seen: PhaseSight,
    form: OptionForm,
    *,
    error: bool = False,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say, poll = say_of(request), seen.page.sight.poll
    totals = _totals(seen)
    rows = [_row(say, seen, one, totals) for one in _listed(seen, totals)]
    view = OptionsView(
        frame=frame_of(request, seen, "proposals"),
        rows=tuple(rows),
        count=say.many("%(count)s proposal", "%(count)s proposals", len(rows)),
        order=_order(say, seen, totals),
        areas=tuple(_area(say, one) for one in seen.areas),
        areas_open=poll.phase == "proposals" and "vote" in seen.page.sight.may,
        barred=_barred(say, seen),
        title=form.title,
        text=form.text,
        error=say("Say in a few words what you propose.") if error else "",
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "predictions/proposals.html", view, status, private=seen.page.number is not None)


def _totals(seen: PhaseSight) -> dict[RecordId, int]:
    """The sums of a counted score poll; empty before."""
    outcome = seen.page.sight.outcome
    if outcome is None or seen.page.sight.poll.kind != "score":
        return {}
    return {RecordId(one.id): one.support.total for one in outcome.results[0].options}


def _listed(seen: PhaseSight, totals: dict[RecordId, int]) -> list[VisibleOption]:
    """By sum after the close, in the reader's own order while one may vote, before that as they were made."""
    options: dict[str, VisibleOption] = {one.id: one for one in seen.page.sight.poll.options}
    if totals:
        first = [str(one.id) for one in order_proposals(totals)]
    elif seen.page.sight.status.stage == "voting":
        first = list(seen.page.order)
    else:
        first = list(options)
    return [options[one] for one in (*first, *(one for one in options if one not in first)) if one in options]


def _row(say: Translator, seen: PhaseSight, one: VisibleOption, totals: dict[RecordId, int]) -> ProposalLine:
    poll, number = seen.page.sight.poll, [option.id for option in seen.page.sight.poll.options].index(one.id) + 1
    mine = one.author is not None and one.author == seen.page.number
    total = totals.get(RecordId(one.id))
    return ProposalLine(
        id=one.id,
        number=number,
        name=option_name(say, poll, one.id),
        by=named(say, seen, one.author) if one.author is not None else say("stands in the question"),
        paragraphs=one.paragraphs,
        text=one.text,
        notes=tuple(_notes(say, one)),
        why=say("sum of scores: %(total)s", total=say.number(total)) if total is not None else "",
        predict=f"/g/{seen.page.group}/polls/{poll.id}/predictions?if={one.id}#predict" if _predicts(seen) else "",
        may_withdraw=mine and not one.withdrawn,
        own_record=one.author is not None,
    )


def _predicts(seen: PhaseSight) -> bool:
    return seen.page.sight.status.stage == "predictions" and "predict" in seen.page.sight.may


def _notes(say: Translator, one: VisibleOption) -> list[str]:
    notes = []
    if one.withdrawn:
        notes.append(say("Its author no longer stands behind it. One may vote for it all the same."))
    if one.withheld:
        notes.append(
            say("A group that decides what this pod shows hides its words. One may vote for it under its number.")
        )
    if one.waits:
        notes.append(say("On its way: it is in once the steward has sealed it."))
    return notes


def _order(say: Translator, seen: PhaseSight, totals: dict[RecordId, int]) -> str:
    if totals:
        return say("In the order of the sums of their scores, the highest first.")
    if seen.page.sight.status.stage == "voting" and seen.page.number is not None:
        return say("In an order of your own; others see them in another one, so that no place gains votes.")
    return say("In the order in which they were made.")


def _barred(say: Translator, seen: PhaseSight) -> str:
    sight = seen.page.sight
    if sight.poll.withheld:
        return say("This pod doesn't show the words of this poll.")
    if sight.status.stage != "proposals":
        return say("The phase of proposals is over.") if sight.status.stage != "unopened" else say("It isn't open yet.")
    if seen.page.number is None:
        return say("Members of the group propose.")
    if "propose" not in sight.may:
        return say("You lacked the weight to propose when the poll was opened.")
    return ""


def _area(say: Translator, one: AreaSight) -> AreaLine:
    own = {True: "yes", False: "no", None: ""}[one.own]
    voices = say("%(yes)s yes, %(no)s no", yes=say.number(one.yes), no=say.number(one.no))
    return AreaLine(one.area, one.name, voices, own, one.chosen)
