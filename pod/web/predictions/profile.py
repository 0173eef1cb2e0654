"""A predictor's profile: plain words first, then the curve, the scores with their reasons, and the bets."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from aiohttp import web

from decisions.predictor_scores import MISSED
from decisions.score_accounts import BetAccount, PollAccount
from pod.actions.reading.decisions.predictors import AreaAccount, PredictorSight, describe_predictor
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.plots.calibration_curve import calibration_curve
from pod.plots.plot import Plot
from pod.translations import Translator
from pod.web.decisions.prediction_words import bet_words, share
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.wording import member_name
from pod.web.kit.queries import number_in
from pod.web.kit.templates import render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId

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
    """The page. `steps`: the Brier score after each bet that came out."""

    frame: PageFrame
    name: str
    plot: Plot
    warning: str
    steps: tuple[tuple[str, str, str], ...]
    areas: tuple[AreaScore, ...]
    bets: tuple[BetRow, ...]


@routes.get("/g/{group}/predictors/{number}")
@contract("reader", media_type=HTML)
async def get_predictor_page(request: web.Request) -> web.Response:
    """A predictor: how often what they called likely did happen."""
    _, frame = await load_frame(request, "polls")
    found = await describe_predictor(
        request.app[DEPS], reader_of(request), frame.group, number_in(request.match_info["number"], "number")
    )
    return render(request, "predictions/predictor.html", _view(say_of(request), frame, found))


def _view(say: Translator, frame: PageFrame, found: PredictorSight) -> PredictorView:
    name = member_name(say, found.number, found.name)
    titles = {one.poll: one.title for one in found.bets}
    stated = {one.statement_id: one.statement for one in found.bets}
    return PredictorView(
        frame=frame,
        name=name,
        plot=calibration_curve(say, name, found.calibration, key=f"predictor-{found.number}"),
        warning=say("Fewer than 20 bets have come out: this may be chance.") if found.calibration.has_few_bets else "",
        steps=tuple(
            (say.number(step.count), _points(say, step.own), _points(say, step.mean))
            for step in found.calibration.steps
        ),
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
