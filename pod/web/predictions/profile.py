"""A predictor's profile: plain words first, then the curve, the scores with their reasons, and the bets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from decisions.predictor_scores import MISSED
from decisions.score_accounts import BetAccount, PollAccount
from pod.actions.reading.decisions.predictors import AreaAccount, PredictorSight, describe_predictor
from pod.app_keys import DEPS
from pod.contracts import CSV, HTML, SVG, contract
from pod.plots.brier_curve import brier_curve
from pod.plots.calibration_curve import calibration_curve
from pod.plots.plot import Plot
from pod.rules.decisions import DecisionRule
from pod.translations import Translator
from pod.web.decisions.prediction_words import bet_words, share
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import member_name
from pod.web.kit.plot_files import picture_file, table_file
from pod.web.kit.queries import number_in
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()


class PollReason(msgspec.Struct, frozen=True):
    """What one poll adds to a score, and why."""

    title: str
    href: str
    adds: str
    reasons: tuple[str, ...]


class AreaScore(msgspec.Struct, frozen=True):
    """A score in an area with what it comes from."""

    name: str
    score: str
    polls: tuple[PollReason, ...]


class BetRow(msgspec.Struct, frozen=True):
    """A bet that is open."""

    statement: str
    href: str
    bet: str
    outcome: str


class PredictorView(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `brier`: the score of each bet that came out, over time; `at`: below which files of pictures stand."""

    frame: PageFrame
    name: str
    plot: Plot
    brier: Plot | None
    at: str
    areas: tuple[AreaScore, ...]
    bets: tuple[BetRow, ...]


@routes.get("/g/{group}/predictors/{number}/{picture}.svg")
@contract("reader", media_type=SVG)
async def get_predictor_picture(request: web.Request) -> web.Response:
    """A picture of a predictor (calibration or brier), for other pages to show."""
    return await picture_file(request, partial(_plot, request))


@routes.get("/g/{group}/predictors/{number}/{picture}.csv")
@contract("reader", media_type=CSV)
async def get_predictor_table(request: web.Request) -> web.Response:
    """The numbers of that picture, as a table."""
    return await table_file(request, partial(_plot, request), f"predictor-{request.match_info['number'][:15]}")


async def _plot(request: web.Request) -> Plot:
    make = PICTURES.get(request.match_info["picture"])
    if make is None:
        raise DecisionRule.NO_SUCH_PICTURE.error()
    return make(say_of(request), await _load(request))


async def _load(request: web.Request) -> PredictorSight:
    group, number = parse_id(request.match_info["group"]), number_in(request.match_info["number"], "number")
    return await describe_predictor(request.app[DEPS], reader_of(request), group, number)


def _calibration(say: Translator, found: PredictorSight) -> Plot:
    name = member_name(say, found.number, found.name)
    return calibration_curve(say, name, found.calibration, key=f"predictor-{found.number}")


def _brier(say: Translator, found: PredictorSight) -> Plot:
    name = member_name(say, found.number, found.name)
    return brier_curve(say, name, found.calibration, key=f"predictor-{found.number}")


PICTURES: Final[Mapping[str, Callable[[Translator, PredictorSight], Plot]]] = {
    "calibration": _calibration,
    "brier": _brier,
}


@routes.get("/g/{group}/predictors/{number}")
@contract("reader", media_type=HTML)
async def get_predictor_page(request: web.Request) -> web.Response:
    """A predictor: how often what they called likely did happen."""
    _, frame = await load_frame(request, "polls")
    return render(request, "predictions/predictor.html", _view(say_of(request), frame, await _load(request)))


def _view(say: Translator, frame: PageFrame, found: PredictorSight) -> PredictorView:
    name = member_name(say, found.number, found.name)
    titles = {one.poll: one.title for one in found.bets}
    stated = {one.statement_id: one.statement for one in found.bets}
    return PredictorView(
        frame=frame,
        name=name,
        plot=_calibration(say, found),
        brier=_brier(say, found) if found.calibration.steps else None,
        at=f"/g/{frame.group}/predictors/{found.number}",
        areas=tuple(_area(say, frame.group, one, titles, stated) for one in found.areas),
        bets=tuple(
            BetRow(
                one.statement or say("A prediction whose words this pod doesn't show"),
                f"/g/{frame.group}/polls/{one.poll}/predictions#s-{one.statement_id}",
                bet_words(say, one.bet),
                {True: say("came true"), False: say("didn't come true"), None: say("open")}[one.happened],
            )
            for one in found.bets
        ),
    )


def _area(
    say: Translator, group: RecordId, one: AreaAccount, titles: dict[RecordId, str], stated: dict[RecordId, str]
) -> AreaScore:
    return AreaScore(
        one.name or say("The whole group"),
        share(say, one.account.score, 1),
        tuple(_poll(say, group, poll, titles, stated) for poll in reversed(one.account.polls)),
    )


def _poll(
    say: Translator, group: RecordId, poll: PollAccount, titles: dict[RecordId, str], stated: dict[RecordId, str]
) -> PollReason:
    reasons = [_reason(say, bet, stated) for bet in poll.bets]
    if poll.missed:
        reasons.append(
            say.many(
                "%(count)s required prediction was left out: −%(penalty)s",
                "%(count)s required predictions were left out: −%(penalty)s, once",
                len(poll.missed),
                penalty=_points(say, MISSED),
            )
        )
    return PollReason(
        titles.get(poll.poll, "") or say("A poll"),
        f"/g/{group}/polls/{poll.poll}/predictions",
        _points(say, poll.r, sign=True),
        tuple(reasons),
    )


def _reason(say: Translator, bet: BetAccount, stated: dict[RecordId, str]) -> str:
    """Why a bet moved the score, or didn't (DC-15)."""
    said = {"statement": stated.get(bet.statement, "") or say("A prediction"), "bet": bet_words(say, bet.bet)}
    if bet.happened is None:
        return say("“%(statement)s”, %(bet)s: not decided yet, so it moves nothing.", **said)
    if bet.own is None or bet.others is None or bet.gain is None:
        return say("“%(statement)s”, %(bet)s: fewer than five people bet on it, so it moves nothing.", **said)
    facts = {
        **said,
        "own": _points(say, bet.own),
        "others": _points(say, bet.others),
        "gain": _points(say, bet.gain, sign=True),
    }
    if bet.happened:
        return say(
            "“%(statement)s”, %(bet)s: it came true. Brier score %(own)s, the others' median %(others)s: %(gain)s",
            **facts,
        )
    return say(
        "“%(statement)s”, %(bet)s: it didn't come true. Brier score %(own)s, the others' median %(others)s: %(gain)s",
        **facts,
    )


def _points(say: Translator, value: Fraction, *, sign: bool = False) -> str:
    return say.quantity(round(value * 10_000), 4, sign=sign)
