"""Bets on a poll's predictions: a probability for each statement, hidden from everybody else until the phase ends."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from aiohttp import web

from pod.actions.decisions.bets import place_bets
from pod.actions.decisions.poll_course import Phase
from pod.actions.reading.decisions.phase_pages import read_cost_of_a_gap
from pod.actions.reading.decisions.poll_page import PollPageSight
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.errors import ProofNeededError
from pod.translations import Translator
from pod.web.decisions.ballot_form import KEEP, prove_first
from pod.web.decisions.phase_words import StatementView, bets_sentence, gap_sentence, statement_views
from pod.web.decisions.poll_header import PollHeader, header_of, load_poll_page
from pod.web.decisions.typed_ballot import TypedBallot, keep, kept
from pod.web.kit.forms import act_or_show, read_form, see_other
from pod.web.kit.refusals import RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import account_of, reader_of, say_of, signer_of
from protocol.errors import RefusedError

routes = web.RouteTableDef()
CHIPS: Final = ("1", "5", "10", "25", "50", "75", "90", "95", "99")
MOST: Final = 100
PER_PERCENT: Final = 10


class BetsForm(msgspec.Struct, frozen=True):
    """Bets in per cent as they are sent: `value` stands beside `statement`; `put` is "statement:value" of a button."""

    statement: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    put: str = ""
    step: Literal["look", "bet"] = "look"


class BetLine(msgspec.Struct, frozen=True):
    """A statement with what is typed beside it; `focus`: the button that was pressed last."""

    shown: StatementView
    value: str
    error: str
    focus: str


class BetsView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of one's bets; `open`: one can bet now; `gap`: what it costs to leave one out."""

    header: PollHeader
    open: bool
    lines: tuple[BetLine, ...]
    done: str
    gap: str
    fault: str
    problem: RefusalView | None
    chips: tuple[str, ...]


@routes.get("/g/{group}/polls/{poll}/bets")
@contract("account", media_type=HTML)
async def get_bets_page(request: web.Request) -> web.Response:
    """One's bets, as they stand."""
    account_of(request)
    seen = await load_poll_page(request)
    held = request.query.get(KEEP)
    statements = [str(one.id) for one in seen.sight.statements]
    return await _show(request, seen, typed_bets(seen) if held is None else kept("score", statements, held).values)


@routes.post("/g/{group}/polls/{poll}/bets")
@contract("account", media_type=HTML)
async def post_bets_form(request: web.Request) -> web.Response:
    """Bet; what others bet is told to nobody until the phase ends."""
    form, seen = await read_form(request, BetsForm), await load_poll_page(request)
    typed = typed_in_form(form)
    if form.step == "look":
        return await _show(request, seen, typed, focus=form.put)
    faults = faults_in(say_of(request), typed)
    if faults:
        return await _show(request, seen, typed, faults=faults, status=HTTPStatus.BAD_REQUEST)
    return await act_or_show(partial(_bet, request, seen, typed), partial(_refused, request, seen, typed))


async def _bet(request: web.Request, seen: PollPageSight, typed: Mapping[str, str]) -> web.Response:
    deps, signer, poll = request.app[DEPS], signer_of(request), seen.sight.poll.id
    known = {str(one.id): one.id for one in seen.sight.statements}
    bets = {known[name]: int(value) * PER_PERCENT for name, value in typed.items() if value and name in known}
    await deps.store.write(lambda session: place_bets(session, deps, signer, seen.group, poll, bets=bets))
    return see_other(f"/g/{seen.group}/polls/{poll}/bets", said="bet")


async def _refused(
    request: web.Request, seen: PollPageSight, typed: Mapping[str, str], refusal: RefusedError, status: HTTPStatus
) -> web.Response:
    if isinstance(refusal, ProofNeededError):
        statements = [str(one.id) for one in seen.sight.statements]
        return prove_first(request, keep(TypedBallot("score", typed), statements))
    return await _show(request, seen, typed, refusal=refusal, status=status)


def typed_bets(seen: PollPageSight) -> dict[str, str]:
    """The form that would say the reader's bets, to the nearest per cent."""
    return {statement: str(round(bet / PER_PERCENT)) for statement, bet in (seen.sight.bets or {}).items()}


def typed_in_form(form: BetsForm) -> dict[str, str]:
    """What stands in the form, after the button that was pressed."""
    values = form.value or ("",) * len(form.statement)
    typed = dict(zip(form.statement, values, strict=False))
    statement, _, value = form.put.partition(":")
    return {**typed, statement: value} if statement in typed and (value in CHIPS or not value) else typed


def faults_in(say: Translator, typed: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, by statement; "" is all of it."""
    if not any(typed.values()):
        return {"": say("Set a probability on at least one statement.")}
    wrong = [name for name, value in typed.items() if value and not _is_percent(value)]
    return dict.fromkeys(wrong, say("Write a whole number from 0 to 100, or nothing."))


def _is_percent(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= len(str(MOST)) and int(value) <= MOST


async def _show(
    request: web.Request,
    seen: PollPageSight,
    typed: Mapping[str, str],
    *,
    faults: Mapping[str, str] | None = None,
    refusal: RefusedError | None = None,
    focus: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    say, found, poll = say_of(request), faults or {}, seen.sight.poll.id
    cost = await read_cost_of_a_gap(request.app[DEPS], reader_of(request), seen.group, poll)
    view = BetsView(
        header=header_of(say, seen, request.app[DEPS].clock()),
        open=(seen.sight.status.stage == Phase.BETS and "bet" in seen.sight.may) or refusal is not None,
        lines=tuple(_line(one, typed, found, focus) for one in statement_views(say, seen)),
        done=bets_sentence(say, seen),
        gap=gap_sentence(say, seen, cost),
        fault=found.get("", ""),
        problem=problem_of(say, refusal) if refusal else None,
        chips=CHIPS,
    )
    return render(request, "decisions/bets.html", view, status, private=True)


def _line(one: StatementView, typed: Mapping[str, str], faults: Mapping[str, str], focus: str) -> BetLine:
    at, _, what = focus.partition(":")
    return BetLine(
        one, typed.get(one.id, ""), faults.get(one.id, ""), (what or "none") if focus and at == one.id else ""
    )
