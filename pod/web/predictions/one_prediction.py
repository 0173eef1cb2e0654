"""One prediction of a poll: what the bets on it say, and how they came in."""

from __future__ import annotations

from functools import partial

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.phase_pages import PhaseSight, read_bet_times
from pod.app_keys import DEPS
from pod.contracts import CSV, HTML, SVG, contract
from pod.plots.forecasts import forecast_fan
from pod.plots.plot import Plot
from pod.rules.decisions import DecisionRule
from pod.translations import Translator
from pod.web.decisions.prediction_words import statement_name
from pod.web.kit.plot_files import picture_file, table_file
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.predictions.phase_frame import PhaseFrame, frame_of, load_phase
from pod.web.predictions.predictions import PredictionLine, prediction_line
from protocol.ids import parse_id

routes = web.RouteTableDef()


class OnePredictionView(msgspec.Struct, frozen=True):
    """The page. `plot`: how the bets came in, once they are opened; `at`: the address of its files."""

    frame: PhaseFrame
    row: PredictionLine
    plot: Plot | None
    at: str


@routes.get("/g/{group}/polls/{poll}/predictions/{prediction}.svg")
@contract("reader", media_type=SVG)
async def get_prediction_picture(request: web.Request) -> web.Response:
    """How the bets on a prediction came in, for other pages to show."""
    return await picture_file(request, partial(_opened, request))


@routes.get("/g/{group}/polls/{poll}/predictions/{prediction}.csv")
@contract("reader", media_type=CSV)
async def get_prediction_table(request: web.Request) -> web.Response:
    """The numbers of that picture, as a table."""
    name = f"bets-{request.match_info['prediction'][-8:]}"
    return await table_file(request, partial(_opened, request), name)


@routes.get("/g/{group}/polls/{poll}/predictions/{prediction}")
@contract("reader", media_type=HTML)
async def get_prediction_page(request: web.Request) -> web.Response:
    """A prediction: its condition, what the bets on it say and how they came in, and whether it came true."""
    seen = await load_phase(request)
    view = _view(request, seen, await _plot(request, seen))
    return render(request, "predictions/one-prediction.html", view, private=seen.page.number is not None)


def _view(request: web.Request, seen: PhaseSight, plot: Plot | None) -> OnePredictionView:
    say, number = say_of(request), _number(request, seen)
    at = f"/g/{seen.page.group}/polls/{seen.page.sight.poll.id}/predictions/{request.match_info['prediction']}"
    one = seen.predictions.statements[number - 1]
    row = prediction_line(say, seen, one, number, now=request.app[DEPS].clock(), back=at)
    return OnePredictionView(frame_of(request, seen, "predictions"), row, plot, at)


async def _plot(request: web.Request, seen: PhaseSight) -> Plot | None:
    """None while bets are hidden."""
    number = _number(request, seen)
    stated = seen.predictions.statements[number - 1].stated
    times = await read_bet_times(
        request.app[DEPS], reader_of(request), seen.page.group, seen.page.sight.poll.id, stated.id
    )
    say: Translator = say_of(request)
    points = [(one.at, one.bets) for one in times]
    return forecast_fan(say, statement_name(say, stated, number), points, key=stated.id[-8:]) if times else None


async def _opened(request: web.Request) -> Plot:
    found = await _plot(request, await load_phase(request))
    if found is None:
        raise DecisionRule.NO_SUCH_PICTURE.error()
    return found


def _number(request: web.Request, seen: PhaseSight) -> int:
    """Its number in the list; raises NotFoundError."""
    wanted = parse_id(request.match_info["prediction"])
    found = [place for place, one in enumerate(seen.predictions.statements, start=1) if one.stated.id == wanted]
    if not found:
        raise DecisionRule.NO_SUCH_STATEMENT.error()
    return found[0]
