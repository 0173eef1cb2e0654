"""The predictions of a poll: what follows from which proposal, what the bets say, what came true; and the form."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Literal

import msgspec
from aiohttp import web

from pod.actions.decisions.evaluations import evaluate
from pod.actions.decisions.proposals import predict
from pod.actions.posts.records import submit
from pod.actions.reading.decisions.phase_pages import PhaseSight
from pod.actions.reading.decisions.predictions import EvaluationSight, StatementSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.forecasts import Forecast, forecast_strips
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.decisions.prediction_words import (
    bet_words,
    condition_sentence,
    evaluation_sentences,
    forecast_sentence,
    place_sentence,
    statement_name,
)
from pod.web.decisions.wording import option_name
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of, signer_of
from pod.web.kit.way_back import local_path
from pod.web.predictions.phase_frame import PhaseFrame, frame_of, load_phase, named
from pod.web.predictions.typed_prediction import IMPLEMENTED, PredictionForm, faults_of, members_of_prediction
from protocol.errors import RefusedError
from protocol.ids import parse_id
from protocol.records.drafts import Draft

routes = web.RouteTableDef()


class EvaluationForm(msgspec.Struct, frozen=True):
    """Whether it came true; "unsaid" takes one's word back. `back`: the page to go on to."""

    happened: Literal["yes", "no", "unsaid"]
    back: str = ""


class EvaluationButtons(msgspec.Struct, frozen=True):
    """Where to say whether a prediction came true; `own`: what the reader said, "yes", "no" or ""."""

    action: str
    own: str
    back: str


class PredictionLine(msgspec.Struct, frozen=True):
    """A prediction. `bets`: who bet what, once they are opened; `history`: how the evaluations went."""

    id: str
    number: int
    name: str
    text: str
    by: str
    condition: str
    due: str
    forecast: str
    why: str
    bets: tuple[tuple[str, str], ...]
    found: tuple[str, ...]
    history: tuple[str, ...]
    buttons: EvaluationButtons | None
    notes: tuple[str, ...]


class TermLine(msgspec.Struct, frozen=True):
    """A proposal in the builder; `value`: "yes", "no" or ""."""

    id: str
    name: str
    value: str


class PredictionsView(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `matrix`: of each proposal, what each prediction says of it; `barred`: why one can't predict now."""

    frame: PhaseFrame
    rows: tuple[PredictionLine, ...]
    order: str
    plot: Plot | None
    matrix: tuple[tuple[str, tuple[str, ...]], ...]
    barred: str
    terms: tuple[TermLine, ...]
    form: PredictionForm
    earliest: str
    faults: dict[str, str]
    problem: RefusalView | None


@routes.get("/g/{group}/polls/{poll}/predictions")
@contract("reader", media_type=HTML)
async def get_predictions_page(request: web.Request) -> web.Response:
    """The predictions of a poll; `if` names the proposal that the builder begins with."""
    chosen = request.query.get("if", "")
    return _show(
        request, await load_phase(request), PredictionForm(term=(f"{chosen}:{IMPLEMENTED}",) if chosen else ())
    )


@routes.post("/g/{group}/polls/{poll}/predictions")
@contract("account", media_type=HTML)
async def post_predictions_form(request: web.Request) -> web.Response:
    """Predict what follows from what the poll chooses."""
    form, seen = await read_form(request, PredictionForm), await load_phase(request)
    times = seen.page.sight.poll.times
    faults = faults_of(say_of(request), form, after=times.voting_end if times else 0)
    if faults:
        return _show(request, seen, form, faults=faults, status=HTTPStatus.BAD_REQUEST)
    return await act_or_show(partial(_predict, request, seen, form), partial(_refused, request, seen, form))


async def _predict(request: web.Request, seen: PhaseSight, form: PredictionForm) -> web.Response:
    poll = seen.page.sight.poll.id
    draft = Draft("Prediction", {**members_of_prediction(form), "poll": poll})
    await submit(request.app[DEPS], predict, signer_of(request), seen.page.group, draft)
    return see_other(f"/g/{seen.page.group}/polls/{poll}/predictions", said="predicted")


async def _refused(
    request: web.Request, seen: PhaseSight, form: PredictionForm, refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    return _show(request, seen, form, refusal=refusal, status=status)


@routes.post("/g/{group}/polls/{poll}/predictions/{prediction}/evaluation")
@contract("account", media_type=HTML)
async def post_evaluation_form(request: web.Request) -> web.Response:
    """Say whether a prediction came true, or take one's word back."""
    form = await read_form(request, EvaluationForm)
    group, poll, prediction = (parse_id(request.match_info[name]) for name in ("group", "poll", "prediction"))
    said = {} if form.happened == "unsaid" else {"happened": form.happened == "yes"}
    draft = Draft("Evaluation", {"prediction": prediction, "poll": poll, **said})
    await submit(request.app[DEPS], evaluate, signer_of(request), group, draft)
    back = form.back or f"/g/{group}/polls/{poll}/predictions"
    return see_other(local_path(back), said="evaluated")


def _show(
    request: web.Request,
    seen: PhaseSight,
    form: PredictionForm,
    *,
    faults: dict[str, str] | None = None,
    refusal: RefusedError | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say, poll, now = say_of(request), seen.page.sight.poll, request.app[DEPS].clock()
    frame = frame_of(request, seen, "predictions")
    rows = tuple(
        prediction_line(say, seen, one, number, now=now, back="")
        for number, one in enumerate(seen.predictions.statements, start=1)
    )
    terms = tuple(
        TermLine(one.id, option_name(say, poll, one.id), form.terms.get(one.id, ""))
        for one in poll.options
        if one.author is not None and one.id in poll.votable  # a condition names proposals
    )
    view = PredictionsView(
        frame=frame,
        rows=rows,
        order=_order(say, seen),
        plot=forecast_plot(say, seen) if seen.predictions.opened else None,
        matrix=_matrix(say, seen),
        barred=_barred(say, seen) or ("" if terms else _nothing(say)),
        terms=terms,
        form=form,
        earliest=say.stamp(poll.times.voting_end)[:10] if poll.times else "",
        faults={"statement": "", "term": "", "due": "", **(faults or {})},
        problem=problem_of(say, refusal) if refusal else None,
    )
    return render(request, "predictions/predictions.html", view, status, private=seen.page.number is not None)


def forecast_plot(say: Translator, seen: PhaseSight) -> Plot:
    """What predictors think will happen, as a picture."""
    forecasts = [
        Forecast(statement_name(say, one.stated, number), tuple(one.forecast.bets.values()), one.forecast.combined)
        for number, one in enumerate(seen.predictions.statements, start=1)
        if one.forecast is not None
    ]
    return forecast_strips(say, forecasts, key="forecasts")


def prediction_line(
    say: Translator, seen: PhaseSight, one: StatementSight, number: int, *, now: int, back: str
) -> PredictionLine:
    """A prediction as its page shows it."""
    poll, stated = seen.page.sight.poll, one.stated
    bets = sorted(one.forecast.bets.items(), key=lambda bet: (-bet[1], bet[0])) if one.forecast else []
    return PredictionLine(
        id=stated.id,
        number=number,
        name=statement_name(say, stated, number),
        text=stated.text,
        by=named(say, seen, stated.author),
        condition=condition_sentence(say, poll, stated),
        due=say.day(stated.due_at),
        forecast=forecast_sentence(say, one),
        why=place_sentence(say, one),
        bets=tuple((named(say, seen, member), bet_words(say, bet)) for member, bet in bets),
        found=tuple(evaluation_sentences(say, one.evaluation, now)),
        history=_history(say, one.evaluation),
        buttons=_buttons(seen, one, back),
        notes=(say("On its way: it is in once the steward has sealed it."),) if stated.waits else (),
    )


def _buttons(seen: PhaseSight, one: StatementSight, back: str) -> EvaluationButtons | None:
    found = one.evaluation
    if found is None or not found.may:
        return None
    action = f"/g/{seen.page.group}/polls/{seen.page.sight.poll.id}/predictions/{one.stated.id}/evaluation"
    return EvaluationButtons(action, {True: "yes", False: "no", None: ""}[found.own], back)


def _history(say: Translator, found: EvaluationSight | None) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(
        say(
            "entry %(place)s of the log: %(yes)s yes, %(no)s no",
            place=say.number(one.leaf),
            yes=say.number(one.yes),
            no=say.number(one.no),
        )
        for one in found.history
    )


def _order(say: Translator, seen: PhaseSight) -> str:
    if seen.predictions.opened:
        return say(
            "Those on which people disagree come first, then those on which the better predictors bet. The area whose"
            " past weighs the bets: %(area)s, with %(past)s predictions that were evaluated before.",
            area=seen.area or say("the whole group"),
            past=say.number(seen.predictions.past),
        )
    return say("In the order in which they were made. What people bet stays hidden until betting ends.")


def _matrix(say: Translator, seen: PhaseSight) -> tuple[tuple[str, tuple[str, ...]], ...]:
    poll = seen.page.sight.poll
    rows = []
    for option in poll.votable:
        cells = tuple(_cell(say, one, option) for one in seen.predictions.statements)
        rows.append((option_name(say, poll, option), cells))
    return tuple(rows) if seen.predictions.statements else ()


def _cell(say: Translator, one: StatementSight, option: str) -> str:
    said = [term.implemented for term in one.stated.condition.terms if term.proposal == option]
    return "" if not said else say("if") if said[0] else say("if not")


def _nothing(say: Translator) -> str:
    return say("A prediction hangs on proposals, and none is sealed here yet. Look again in a minute.")


def _barred(say: Translator, seen: PhaseSight) -> str:
    sight = seen.page.sight
    if sight.poll.withheld:
        return say("This pod doesn't show the words of this poll.")
    if sight.status.stage in ("unopened", "proposals"):
        return say("Predictions follow once the proposals are made.")
    if sight.status.stage != "predictions":
        return say("The phase of predictions is over.")
    if seen.page.number is None:
        return say("Members of the group predict.")
    return "" if "predict" in sight.may else say("You lacked the weight to predict when the poll was opened.")
