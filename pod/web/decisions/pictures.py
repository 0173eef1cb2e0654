"""A poll's pictures and their numbers at addresses of their own, for whoever may read the poll."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.contracts import CSV, SVG, contract
from pod.plots.plot import Figures, Plot
from pod.rules.decisions import DecisionRule
from pod.translations import Translator
from pod.web.decisions.phase_words import forecasts_of
from pod.web.decisions.poll_header import load_poll_page
from pod.web.decisions.result import outcome_of
from pod.web.decisions.result_plots import bars_plot, flow_plot
from pod.web.decisions.standpoint_plot import standpoint_plot
from pod.web.kit.plot_files import picture_file, table_file
from pod.web.kit.visitors import say_of

routes = web.RouteTableDef()


@routes.get("/g/{group}/polls/{poll}/{picture}.svg")
@contract("reader", media_type=SVG)
async def get_poll_picture(request: web.Request) -> web.Response:
    """A picture of a poll (result, flow, forecasts, or the reader's own standpoints), for other pages to show."""
    return await picture_file(request, partial(_plot, request))


@routes.get("/g/{group}/polls/{poll}/{picture}.csv")
@contract("reader", media_type=CSV)
async def get_poll_table(request: web.Request) -> web.Response:
    """The numbers of a picture, as a table."""
    name = f"{request.match_info['picture'][:20]}-{request.match_info['poll'][-8:]}"
    return await table_file(request, partial(_plot, request), name)


async def _plot(request: web.Request) -> Plot:
    make = PICTURES.get(request.match_info["picture"])
    plot = make(say_of(request), await load_poll_page(request, delegate=True)) if make is not None else None
    if plot is None:
        raise DecisionRule.NO_SUCH_PICTURE.error()
    return plot


def _result(say: Translator, seen: PollPageSight) -> Plot:
    return _of_a_round(seen, bars_plot(say, seen, outcome_of(seen)))


def _flow(say: Translator, seen: PollPageSight) -> Plot | None:
    plot = flow_plot(say, seen, outcome_of(seen))
    return _of_a_round(seen, plot) if plot is not None else None


def _of_a_round(seen: PollPageSight, plot: Plot) -> Plot:
    """The same; each row of its numbers says of which voting they are, and where the poll stands.

    They may be of a voting that tied, or was contested, while the next one goes on: only in a poll that is final are
    they the result for good.
    """
    facts = (outcome_of(seen).results[-1].round, str(seen.sight.poll.phase))
    names, rows = plot.figures.names, plot.figures.rows
    figures = Figures((*names, "round", "phase"), tuple((*row, *facts) for row in rows))
    return msgspec.structs.replace(plot, figures=figures)


PICTURES: Final[Mapping[str, Callable[[Translator, PollPageSight], Plot | None]]] = {
    "result": _result,
    "flow": _flow,
    "forecasts": forecasts_of,
    "standpoints": standpoint_plot,
}
