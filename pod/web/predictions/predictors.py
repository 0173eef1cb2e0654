"""Who predicts in a group, area by area, the best first."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.predictors import AreaPredictors, list_predictors
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.prediction_words import share
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import member_name
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId

routes = web.RouteTableDef()


class PredictorRow(msgspec.Struct, frozen=True):
    """A predictor in the table."""

    name: str
    href: str
    score: str
    polls: str
    resolved: str


class AreaTable(msgspec.Struct, frozen=True):
    """The predictors of an area."""

    name: str
    rows: tuple[PredictorRow, ...]


class PredictorsView(msgspec.Struct, frozen=True):
    """The page."""

    frame: PageFrame
    areas: tuple[AreaTable, ...]


@routes.get("/g/{group}/predictors")
@contract("reader", media_type=HTML)
async def get_predictors_page(request: web.Request) -> web.Response:
    """Who predicts in the group."""
    _, frame = await load_frame(request, "polls")
    say = say_of(request)
    found = await list_predictors(request.app[DEPS], reader_of(request), frame.group)
    view = PredictorsView(frame, tuple(_table(say, frame.group, one) for one in found))
    return render(request, "predictions/predictors.html", view)


def _table(say: Translator, group: RecordId, area: AreaPredictors) -> AreaTable:
    rows = tuple(
        PredictorRow(
            member_name(say, one.number, one.name),
            f"/g/{group}/predictors/{one.number}",
            share(say, one.score, 1),
            say.number(one.polls),
            say.number(one.resolved),
        )
        for one in area.predictors
    )
    return AreaTable(area.name or say("The whole group"), rows)
