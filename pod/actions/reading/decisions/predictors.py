"""Who predicts in a group, and how well: scores by area, and of one predictor what they said and what happened."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.calibration import Calibration, ResolvedBet, calibration
from decisions.evaluation import Outcome, outcome_at
from decisions.predictor_scores import AreaScores, PastPoll
from decisions.score_accounts import ScoreAccount, account
from models.decisions.said import load_statements_named
from pod.actions.access import ReadableGroup, Reader, open_group
from pod.actions.reading.decisions.past_polls import AreaPast, GroupPast, load_area, load_past
from pod.actions.reading.decisions.poll_titles import load_poll_titles
from pod.actions.reading.group.profiles import load_nicknames
from pod.actions.reading.lens.floor import list_unhosted
from pod.budgets.heavy import computed
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.ids import RecordId
from protocol.records.content import PostTarget

MOST_PREDICTORS = 100
MOST_BETS = 200


class PredictorLine(msgspec.Struct, frozen=True):
    """A predictor in an area. `score` is a share; `polls`: in how many they bet; `resolved`: how many bets came out."""

    number: int
    name: str
    score: float
    polls: int
    resolved: int


class AreaPredictors(msgspec.Struct, frozen=True):
    """The predictors of an area by score, the best first; "" is the area of polls that are in none."""

    area: str
    name: str
    predictors: tuple[PredictorLine, ...]


class BetSight(msgspec.Struct, frozen=True):
    """A bet that is open, newest first in lists. `statement` is empty where its words aren't shown here."""

    poll: RecordId
    title: str
    statement_id: RecordId
    statement: str
    bet: int
    happened: bool | None


class AreaAccount(msgspec.Struct, frozen=True):
    """Where a predictor's score in an area comes from."""

    area: str
    name: str
    account: ScoreAccount


class PredictorSight(msgspec.Struct, frozen=True):
    """A predictor's profile. `calibration`: of all bets that came out; `bets`: the latest."""

    number: int
    name: str
    calibration: Calibration
    areas: tuple[AreaAccount, ...]
    bets: tuple[BetSight, ...]


async def list_predictors(deps: Deps, reader: Reader, group: RecordId) -> tuple[AreaPredictors, ...]:
    """The predictors of a group by area; raises UnknownGroupError."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        past = await load_past(session, deps, readable)
        areas = [await load_area(session, deps, readable, area) for area in past.areas]
        listed = {one.area: _best(one) for one in areas}
        named = await load_nicknames(session, deps, group, {number for best in listed.values() for number in best})
    return tuple(
        AreaPredictors(
            one.area,
            area_name(readable, one.area),
            tuple(_line(one, number, named.get(number, "")) for number in listed[one.area]),
        )
        for one in areas
    )


async def describe_predictor(deps: Deps, reader: Reader, group: RecordId, number: int) -> PredictorSight:
    """One member as a predictor; raises UnknownGroupError, or NotFoundError for who never was a member."""
    async with deps.store.database.read() as session:
        readable = await open_group(session, deps, reader, group)
        past = await load_past(session, deps, readable)
        own = _bets_of(past, number)
        if number not in readable.state.members:
            raise DecisionRule.NO_PREDICTOR.error()
        areas = [await load_area(session, deps, readable, area) for area in past.areas]
        accounts = [await _account(readable, one, number) for one in areas if number in one.scores.scores]
        bets = await _shown(session, deps, group, own[-MOST_BETS:])
        named = await load_nicknames(session, deps, group, {number})
    resolved = await computed(len(own), _resolved, past, own)
    return PredictorSight(number, named.get(number, ""), calibration(resolved), tuple(accounts), bets)


def area_name(readable: ReadableGroup, area: str) -> str:
    """What the group calls an area; empty for that of polls that are in none."""
    names = {one["area"]: str(one["name"]) for one in readable.state.policy.areas or []}
    return names.get(area, area)


class _OwnBet(msgspec.Struct, frozen=True):
    poll: RecordId
    statement: RecordId
    bet: int
    happened: bool | None


def _bets_of(past: GroupPast, number: int) -> list[_OwnBet]:
    return [
        _OwnBet(one.poll_id, statement, bets[number], outcome_at(past.found.get(statement, ()), past.held))
        for one in past.opened
        if one.round == 1
        for statement, bets in one.bets.items()
        if number in bets
    ]


def _resolved(past: GroupPast, own: Collection[_OwnBet]) -> list[ResolvedBet]:
    return [
        ResolvedBet(one.statement, _leaf(past.found[one.statement]), one.bet, one.happened)
        for one in own
        if one.happened is not None
    ]


def _leaf(found: tuple[Outcome, ...]) -> int:
    return found[-1].leaf


def _best(area: AreaPast) -> list[int]:
    scores: AreaScores = area.scores
    return sorted(scores.scores, key=lambda number: (-scores.scores[number], number))[:MOST_PREDICTORS]


def _line(area: AreaPast, number: int, name: str) -> PredictorLine:
    polls: list[PastPoll] = [poll for poll in area.polls if any(number in one.bets for one in poll.statements)]
    came_out = sum(
        number in one.bets and outcome_at(one.outcomes, area.scores.log_size) is not None
        for poll in polls
        for one in poll.statements
    )
    return PredictorLine(number, name, float(area.scores.of(number)), len(polls), came_out)


async def _account(readable: ReadableGroup, area: AreaPast, number: int) -> AreaAccount:
    found = await computed(len(area.polls), account, area.scores, area.polls, number)
    return AreaAccount(area.area, area_name(readable, area.area), found)


async def _shown(session: AsyncSession, deps: Deps, group: RecordId, own: list[_OwnBet]) -> tuple[BetSight, ...]:
    """The bets with the words that this pod shows, the newest first."""
    titles = await load_poll_titles(session, deps, group, {one.poll for one in own})
    words = await load_statements_named(session, group, {one.statement for one in own})
    tokens = {one: PostTarget(one).token for one in words}
    hidden = await list_unhosted(session, deps, tokens.values())
    return tuple(
        BetSight(
            one.poll,
            titles.get(one.poll, ""),
            one.statement,
            words[one.statement] if _tells(one, titles, tokens, hidden) else "",
            one.bet,
            one.happened,
        )
        for one in reversed(own)
    )


def _tells(one: _OwnBet, titles: dict[RecordId, str], tokens: Mapping[RecordId, str], hidden: Collection[str]) -> bool:
    return one.poll in titles and one.statement in tokens and tokens[one.statement] not in hidden
