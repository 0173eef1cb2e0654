"""API: who predicts in a group, and how well."""

from __future__ import annotations

import msgspec
from aiohttp import web

from decisions.calibration import CalibrationBin
from decisions.score_accounts import PollAccount
from pod.actions.reading.decisions.predictors import (
    AreaPredictors,
    BetSight,
    PredictorSight,
    describe_predictor,
    list_predictors,
)
from pod.api.callers import answer, group_of, path_number_of, reader_of
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.ids import RecordId

routes = web.RouteTableDef()


class PredictorsAnswer(msgspec.Struct, frozen=True):
    """Who bet, by area."""

    areas: tuple[AreaPredictors, ...]


class PollGain(msgspec.Struct, frozen=True):
    """What a poll adds to a score (`r`, a fraction), and the required predictions that were left out."""

    poll: RecordId
    r: str
    missed: tuple[RecordId, ...]


class AreaGains(msgspec.Struct, frozen=True):
    """A score in an area as a fraction, and what it comes from."""

    area: str
    name: str
    score: str
    polls: tuple[PollGain, ...]


class PredictorAnswer(msgspec.Struct, frozen=True):
    """A predictor. `calibration`: by tenths of what they said; `brier`: the mean after each bet that came out."""

    number: int
    name: str
    calibration: tuple[CalibrationBin, ...]
    brier: tuple[str, ...]
    areas: tuple[AreaGains, ...]
    bets: tuple[BetSight, ...]


@routes.get("/api/v1/groups/{group}/predictors")
@contract("reader", answer=PredictorsAnswer)
async def get_predictors(request: web.Request) -> web.Response:
    """The predictors of a group by area, the best first."""
    return answer(
        PredictorsAnswer(await list_predictors(request.app[DEPS], await reader_of(request), group_of(request)))
    )


@routes.get("/api/v1/groups/{group}/predictors/{number}")
@contract("reader", answer=PredictorAnswer)
async def get_predictor(request: web.Request) -> web.Response:
    """A predictor: how often what they called likely did happen, where their scores come from, and their bets."""
    deps, reader, number = request.app[DEPS], await reader_of(request), path_number_of(request, "number")
    return answer(_told(await describe_predictor(deps, reader, group_of(request), number)))


def _told(found: PredictorSight) -> PredictorAnswer:
    return PredictorAnswer(
        found.number,
        found.name,
        found.calibration.bins,
        tuple(str(step.mean) for step in found.calibration.steps),
        tuple(
            AreaGains(one.area, one.name, str(one.account.score), tuple(map(_gain, one.account.polls)))
            for one in found.areas
        ),
        found.bets,
    )


def _gain(poll: PollAccount) -> PollGain:
    return PollGain(poll.poll, str(poll.r), poll.missed)
