"""The ballot: what one says of each option, kept over every refusal; one button casts it, and leads to a receipt."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from pod.actions.decisions.polls import cast_ballot
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.errors import ProofNeededError
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.decisions.phase_words import forecast_words, option_notes, option_text
from pod.web.decisions.poll_header import PollHeader, header_of, load_poll_page, will_count
from pod.web.decisions.standpoint_plot import delegate_note, standpoint_plot
from pod.web.decisions.status_sentence import NEEDED
from pod.web.decisions.typed_ballot import (
    Move,
    TypedBallot,
    faults_of,
    keep,
    kept,
    members_of,
    typed_of,
    with_move,
    with_score,
)
from pod.web.decisions.wording import option_name, when
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, say_of, signer_of
from protocol.errors import RefusedError
from protocol.records.content import NO, YES
from protocol.records.drafts import Draft

routes = web.RouteTableDef()
PRESETS: Final = ("0", "25", "50", "75", "100")
KEEP: Final = "keep"
CONFIRM: Final = "/settings/confirm"
MOVES: Final[dict[str, Move]] = {"up": "up", "down": "down", "out": "out"}


class BallotForm(msgspec.Struct, frozen=True):
    """A ballot as it is sent: `value` stands beside `option`; `put` and `move`, of a button, are "option:what"."""

    option: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    tick: tuple[str, ...] = ()
    choice: str = ""
    put: str = ""
    move: str = ""
    step: Literal["look", "cast", "blank", "withdraw"] = "look"


class BallotLine(msgspec.Struct, frozen=True):
    """An option on the ballot. `note`: of a proposal; `forecasts`: what people bet on what follows.

    `focus`: the button pressed last.
    """

    id: str
    name: str
    text: str
    note: str
    when: str
    forecasts: tuple[str, ...]
    value: str
    error: str
    focus: str


class BallotView(msgspec.Struct, frozen=True, kw_only=True):
    """The ballot's page. `notes`: what holds of it; `counts` and `remedy` stand in its place where one can't vote.

    `delegate`: what becomes of the vote otherwise, once delegates are locked; `beside`: the reader and that delegate.
    """

    header: PollHeader
    kind: str
    open: bool
    counts: str
    remedy: str
    notes: tuple[str, ...]
    rows: tuple[BallotLine, ...]
    choice: str
    fault: str
    problem: RefusalView | None
    voted: bool
    places: int
    delegate: str
    beside: Plot | None


@routes.get("/g/{group}/polls/{poll}/vote")
@contract("account", media_type=HTML)
async def get_ballot_page(request: web.Request) -> web.Response:
    """One's ballot, as it was cast, or as it was typed before one had to prove who one is."""
    account_of(request)
    seen = await load_poll_page(request, delegate=True)
    said = seen.sight.own.says if seen.sight.own else None
    held = request.query.get(KEEP)
    kind = seen.sight.poll.kind
    return _show(request, seen, typed_of(kind, said) if held is None else kept(kind, sorted(seen.order), held))


@routes.post("/g/{group}/polls/{poll}/vote")
@contract("account", media_type=HTML)
async def post_ballot_form(request: web.Request) -> web.Response:
    """Cast the ballot, or set a score or place by a button."""
    form, seen = await read_form(request, BallotForm), await load_poll_page(request, delegate=True)
    typed = pressed(typed_in(seen, form), form)
    faults = faults_of(say_of(request), typed, _names(say_of(request), seen)) if form.step == "cast" else {}
    if faults:
        return _show(request, seen, typed, faults=faults, status=HTTPStatus.BAD_REQUEST)
    if form.step == "look":
        return _show(request, seen, typed, focus=form.put or form.move)
    said: dict[str, Any] = members_of(typed) if form.step == "cast" else {form.step: True}
    return await act_or_show(partial(_cast, request, seen, said), partial(_refused, request, seen, typed))


async def _cast(request: web.Request, seen: PollPageSight, said: dict[str, Any]) -> web.Response:
    poll = seen.sight.poll.id
    draft = Draft("Ballot", {**said, "poll": poll})
    await submit(request.app[DEPS], cast_ballot, signer_of(request), seen.group, draft)
    return see_other(f"/g/{seen.group}/polls/{poll}/receipt")


async def _refused(
    request: web.Request, seen: PollPageSight, typed: TypedBallot, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    if isinstance(refusal, ProofNeededError):
        return prove_first(request, keep(typed, sorted(seen.order)))
    return _show(request, seen, typed, refusal=refusal, status=status)


def prove_first(request: web.Request, typed: str) -> web.Response:
    """Go on to proving who one is, and from there back to the form with what was typed."""
    to = f"{request.path}?{urlencode({KEEP: typed, 'said': 'kept-ballot'})}"
    return see_other(f"{CONFIRM}?{urlencode({'to': to})}")


def typed_in(seen: PollPageSight, form: BallotForm) -> TypedBallot:
    """What stands in the form, of the options that the poll has."""
    kind = seen.sight.poll.kind
    if kind == "for-against":
        return TypedBallot(kind, choice=form.choice if form.choice in (YES, NO) else "")
    if kind in ("approval", "date"):
        return TypedBallot(kind, {option: "1" for option in form.tick if option in seen.order})
    values = form.value or ("",) * len(form.option)  # a lone empty field counts as not sent
    return TypedBallot(
        kind,
        {option: value for option, value in zip(form.option, values, strict=False) if option in seen.order and value},
    )


def pressed(typed: TypedBallot, form: BallotForm) -> TypedBallot:
    """The ballot after the button that sets a score or moves an option."""
    option, _, what = (form.put or form.move).partition(":")
    if form.put and typed.kind == "score" and (what in PRESETS or not what):
        return with_score(typed, option, what)
    if form.move and typed.kind == "ranking" and what in MOVES:
        return with_move(typed, option, MOVES[what])
    return typed


def _show(
    request: web.Request,
    seen: PollPageSight,
    typed: TypedBallot,
    *,
    faults: dict[str, str] | None = None,
    refusal: RefusedError | None = None,
    focus: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say, poll = say_of(request), seen.sight.poll
    counts, remedy = will_count(say, seen)
    begins = _begins(say, seen)
    found = faults or {}
    view = BallotView(
        header=header_of(say, seen, request.app[DEPS].clock()),
        kind=poll.kind,
        open=(seen.sight.status.can != "nothing" and not poll.withheld) or refusal is not None,
        counts=begins or counts or say("Voting has ended."),
        remedy=counts if begins else remedy,
        notes=tuple(_notes(say, seen)),
        rows=tuple(_row(say, seen, typed, option, found, focus) for option in _listed(seen, typed)),
        choice=typed.choice,
        fault=found.get("", ""),
        problem=problem_of(say, refusal) if refusal else None,
        voted=seen.sight.status.voted,
        places=len(seen.order),
        delegate=delegate_note(say, seen),
        beside=standpoint_plot(say, seen),
    )
    return render(request, "decisions/ballot.html", view, status, private=True)


def _begins(say: Translator, seen: PollPageSight) -> str:
    """When voting begins, while an earlier phase goes on; else empty."""
    times = seen.sight.poll.times
    if times is None or seen.sight.status.stage not in NEEDED:
        return ""
    return say("Voting hasn't begun. It begins at %(moment)s.", moment=say.moment(times.voting_start))


def _listed(seen: PollPageSight, typed: TypedBallot) -> tuple[str, ...]:
    """The options in the reader's order; on a ranking those that have a place come first."""
    if typed.kind != "ranking":
        return seen.order
    placed = [option for option in typed.ranked if option in seen.order]
    return (*placed, *(option for option in seen.order if option not in placed))


def _row(
    say: Translator, seen: PollPageSight, typed: TypedBallot, option: str, faults: dict[str, str], focus: str
) -> BallotLine:
    shown = next(one for one in seen.sight.poll.options if one.id == option)
    at, _, what = focus.partition(":")
    return BallotLine(
        id=option,
        name=option_name(say, seen.sight.poll, option),
        text=option_text(shown),
        note=option_notes(say, seen, shown),
        when=when(say, shown),
        forecasts=forecast_words(say, seen, option),
        value=typed.values.get(option, ""),
        error=faults.get(option, ""),
        focus=what or "none" if at == option and focus else "",
    )


def _names(say: Translator, seen: PollPageSight) -> dict[str, str]:
    return {option: option_name(say, seen.sight.poll, option) for option in seen.order}


def _notes(say: Translator, seen: PollPageSight) -> list[str]:
    """What holds of this ballot, beside what every ballot is."""
    status, notes = seen.sight.status, []
    if status.delegated:
        notes.append(
            say.many(
                "+%(count)s voice: one other vote follows yours in this poll.",
                "+%(count)s voices: so many other votes follow yours in this poll.",
                status.delegated,
            )
        )
    if status.role == "delegate" and status.lock_at is not None:
        notes.append(
            say("🔒 As a delegate you can change your ballot until %(moment)s.", moment=say.moment(status.lock_at))
        )
    if status.until is not None:
        notes.append(say("You can change or withdraw it until %(moment)s.", moment=say.moment(status.until)))
    notes.append(
        say("Ballots are open: every pod of the group gets yours, and whoever may read the group can read it.")
    )
    return notes
