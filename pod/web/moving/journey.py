"""Where a move stands that began in this browser: permission, plan, the copy as it grows, and why it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from models.moving.moves import BEGUN, COPYING, SETTLED, STOPPED, SWITCHING, Move
from pod.actions.moving.asked_grants import host_in
from pod.actions.moving.begun_moves import find_move
from pod.actions.moving.copy_step import ClassProgress, read_progress
from pod.actions.moving.grant_messages import LeftBehind
from pod.actions.moving.job_ends import BROKEN
from pod.actions.moving.move_plans import MovePlan, PlannedClass
from pod.actions.moving.traveller_wishes import JobWish, cancel_move, may_cancel, start_copy, try_again
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.switches import SwitchRule
from pod.translations import Translator
from pod.web.kit.form_page import FormView, again
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.templates import render
from pod.web.kit.visitors import cookie_of, say_of
from pod.web.moving.wording import class_names, named_classes

routes = web.RouteTableDef()
TRAVELLER: Final = "traveller"
PAGE: Final = "/move/journey"
EVERY_SECONDS: Final = 5
SECOND_MS: Final = 1000
KIB: Final = 1024


class StartForm(msgspec.Struct, frozen=True):
    """The name wished here, and where mails about the move go; empty: nowhere."""

    name: str = ""
    mail: str = ""


class ButtonForm(msgspec.Struct, frozen=True):
    """A button."""


class ClassRow(msgspec.Struct, frozen=True):
    """A class of the account: in words, how far its copy is, how large, and why nothing comes. `now`: being read."""

    words: str
    far: str
    size: str
    why: str
    now: bool


class JourneyView(FormView, frozen=True):
    """Where a move stands. `consent`: the address at the old pod where the person agrees; `until`: its permission's.

    `stage`: of the job; `waits`: nothing is shown yet, because the old pod is asked; `rows`: the plan, or the copy;
    `notes`: what a move ends or waits for; `pace`: how long it has taken; `fault`: what went wrong last;
    `switches`: the job stopped once its switch had begun; `elsewhere`: because the words were typed at another pod.
    """

    who: str
    host: str
    tier: str
    consent: str
    granted: bool
    until: str
    classes: tuple[str, ...]
    stage: str
    switches: bool
    elsewhere: bool
    standing: bool
    waits: bool
    rows: tuple[ClassRow, ...]
    notes: tuple[str, ...]
    pace: str
    fault: str
    name: str
    may_cancel: bool
    form: StartForm


@routes.get(PAGE)
@contract(media_type=HTML)
async def get_journey(request: web.Request) -> web.Response:
    """Where the move stands that began in this browser."""
    return await show_journey(request)


@routes.post("/move/start")
@contract(media_type=HTML)
async def post_start(request: web.Request) -> web.Response:
    """Have the account copied, under a name wished here."""
    form = await read_form(request, StartForm)
    return await act_or_show(partial(_start, request, form), again(request, partial(show_journey, request, form=form)))


async def _start(request: web.Request, form: StartForm) -> web.Response:
    wish = JobWish(form.name, form.mail, say_of(request).language)
    await start_copy(request.app[DEPS], await move_of(request), wish)
    return see_other(PAGE)


@routes.post("/move/again")
@contract(media_type=HTML)
async def post_again(request: web.Request) -> web.Response:
    """Have a move that stopped go on where it stopped."""
    await read_form(request, ButtonForm)
    return await act_or_show(partial(_again, request), again(request, partial(show_journey, request)))


async def _again(request: web.Request) -> web.Response:
    await try_again(request.app[DEPS], await move_of(request))
    return see_other(PAGE)


@routes.post("/move/cancel")
@contract(media_type=HTML)
async def post_cancel(request: web.Request) -> web.Response:
    """End a move before its switch: the copy is deleted."""
    await read_form(request, ButtonForm)
    return await act_or_show(partial(_cancel, request), again(request, partial(show_journey, request)))


async def _cancel(request: web.Request) -> web.Response:
    await cancel_move(request.app[DEPS], await move_of(request))
    return see_other("/move", said="move-ended")


async def move_of(request: web.Request) -> Move:
    """The move that began in this browser; raises NotFoundError."""
    return await find_move(request.app[DEPS], cookie_of(request, TRAVELLER))


async def show_journey(
    request: web.Request, status: HTTPStatus = HTTPStatus.OK, *, form: StartForm | None = None, **problem: object
) -> web.Response:
    """The page, which asks for itself anew while something goes on and no form is shown that somebody types into."""
    deps, move, say = request.app[DEPS], await move_of(request), say_of(request)
    held = await read_progress(deps, move)
    view = _view(say, move, held, form or StartForm(name=_wished(move)), deps.clock())
    page = msgspec.structs.replace(view, may_cancel=await may_cancel(deps, move), **problem)
    response = render(request, "moving/journey.html", page, status, private=True)
    if _goes_on(move):
        response.headers["Refresh"] = f"{EVERY_SECONDS}; url={PAGE}"
    return response


def _goes_on(move: Move) -> bool:
    return move.stage in (COPYING, SWITCHING) or (move.stage == BEGUN and move.plan is None)


def _wished(move: Move) -> str:
    """The name that somebody had there, to begin with."""
    return move.who.removeprefix("@").partition("@")[0] if move.who.startswith("@") else ""


def _view(say: Translator, move: Move, held: Mapping[str, ClassProgress], form: StartForm, now: int) -> JourneyView:
    plan = msgspec.json.decode(move.plan, type=MovePlan) if move.plan is not None else None
    stage = move.stage
    return JourneyView(
        who=move.who,
        host=host_in(move.pod),
        tier=move.tier,
        consent=move.consent_page,
        granted=move.granted_at is not None,
        until=say.day(move.expires_at) if move.expires_at is not None else "",
        classes=named_classes(say, move.classes),
        stage=stage,
        switches=stage == STOPPED and move.stopped_in in (SWITCHING, SETTLED),
        elsewhere=stage == STOPPED and move.why == SwitchRule.OTHER_KEY.name.lower(),
        standing=move.standing,
        waits=stage == BEGUN and plan is None,
        rows=_rows(say, move, plan, held),
        notes=_notes(say, plan.left) if plan is not None and plan.left is not None and stage != SETTLED else (),
        pace=_pace(say, move, held, now) if stage == COPYING else "",
        fault=_fault(say, move),
        name=move.name,
        may_cancel=False,
        form=form,
    )


def _rows(
    say: Translator, move: Move, plan: MovePlan | None, held: Mapping[str, ClassProgress]
) -> tuple[ClassRow, ...]:
    names, whys = class_names(say), _whys(say)
    return tuple(
        ClassRow(
            names.get(one.name, one.name),
            "" if one.why else _far(say, one, held.get(one.name) if move.copy_id is not None else None),
            "" if one.why else say("%(kib)s KiB", kib=say.number(-(-one.bytes // KIB))),
            whys.get(one.why, one.why),
            now=one.name == move.current,
        )
        for one in (plan.classes if plan is not None else ())
    )


def _far(say: Translator, planned: PlannedClass, held: ClassProgress | None) -> str:
    if held is None:
        return say.many("%(count)s line", "%(count)s lines", planned.count)
    of = held.of_lines or planned.count
    return say("%(done)s of %(of)s", done=say.number(held.lines), of=say.number(of))


def _whys(say: Translator) -> dict[str, str]:
    return {
        "empty": say("There is none of it."),
        "not granted": say("You didn't tick it, so it stays there."),
        "no files yet": say("There are no files: servers of this software keep none yet."),
        "no box yet": say("There is no box yet: your 24 words seal one."),
    }


def _notes(say: Translator, left: LeftBehind) -> tuple[str, ...]:
    private = say.many(
        "%(count)s private group isn't read: what you wrote there wasn't ticked.",
        "%(count)s private groups aren't read: what you wrote there wasn't ticked.",
        left.private,
    )
    invitations = say.many(
        "%(count)s open invitation of yours ends with a switch: make it anew then.",
        "%(count)s open invitations of yours end with a switch: make them anew then.",
        left.invitations,
    )
    joins = say.many(
        "You are joining %(count)s group just now: a switch waits for that.",
        "You are joining %(count)s groups just now: a switch waits for that.",
        left.joins,
    )
    seats = say.many(
        "You keep %(count)s group: your seat comes along by a handover.",
        "You keep %(count)s groups: your seats come along by handovers.",
        left.seats,
    )
    told = ((left.private, private), (left.invitations, invitations), (left.joins, joins), (left.seats, seats))
    return tuple(words for count, words in told if count)


def _pace(say: Translator, move: Move, held: Mapping[str, ClassProgress], now: int) -> str:
    """How long the copy has taken, and about how long it will take at this pace."""
    seconds = max(now - (move.stage_at or now), 0) // SECOND_MS
    done, of = sum(one.bytes for one in held.values()), sum(one.of_bytes for one in held.values())
    taken = say("%(seconds)s seconds so far.", seconds=say.number(seconds))
    if not 0 < done < of:
        return taken
    more = say("About %(seconds)s more.", seconds=say.number(seconds * (of - done) // done))
    return f"{taken} {more}"


def _fault(say: Translator, move: Move) -> str:
    if not move.why:
        return ""
    if move.said is None:
        return say("This pod has a fault. Those who run it can see which.") if move.why == BROKEN else move.why
    said = msgspec.json.decode(move.said)
    return str(said.get(say.language) or said.get("en") or move.why)
