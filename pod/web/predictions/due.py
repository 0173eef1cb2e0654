"""The page of predictions whose day has come: did it happen? Each with two buttons for who gains nothing from it."""

from __future__ import annotations

import msgspec
from aiohttp import web

from pod.actions.reading.decisions.due_evaluations import list_due_evaluations
from pod.actions.reading.decisions.phase_pages import PhaseSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.decisions.wording import poll_title
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from pod.web.predictions.predictions import PredictionLine, prediction_line

routes = web.RouteTableDef()


class DuePoll(msgspec.Struct, frozen=True):
    """A poll with its predictions that are evaluated now."""

    title: str
    href: str
    rows: tuple[PredictionLine, ...]


class DueView(msgspec.Struct, frozen=True):
    """The page."""

    frame: PageFrame
    polls: tuple[DuePoll, ...]
    more: str


@routes.get("/g/{group}/evaluations")
@contract("reader", media_type=HTML)
async def get_evaluations_page(request: web.Request) -> web.Response:
    """What is evaluated now."""
    _, frame = await load_frame(request, "polls")
    deps, say = request.app[DEPS], say_of(request)
    found = await list_due_evaluations(deps, reader_of(request), frame.group)
    polls = tuple(_poll(say, seen, deps.clock()) for seen in found.polls)
    more = say.many("%(count)s more poll follows.", "%(count)s more polls follow.", found.more) if found.more else ""
    return render(request, "predictions/due.html", DueView(frame, polls, more), private=reader_of(request) is not None)


def _poll(say: Translator, seen: PhaseSight, now: int) -> DuePoll:
    own, poll = f"/g/{seen.page.group}", seen.page.sight.poll
    rows = tuple(
        prediction_line(say, seen, one, number, now=now, back=f"{own}/evaluations")
        for number, one in enumerate(seen.predictions.statements, start=1)
        if one.evaluation is not None and one.evaluation.begins <= now < one.evaluation.ends
    )
    return DuePoll(poll_title(say, poll), f"{own}/polls/{poll.id}/predictions", rows)
