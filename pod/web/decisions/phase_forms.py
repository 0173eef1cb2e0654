"""What members say before voting, by forms on the poll's page: proposals, predictions, going on earlier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from pod.actions.decisions.polls import forward_poll
from pod.actions.decisions.proposals import predict, propose, withdraw_proposal
from pod.actions.posts.records import Write, submit
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.rules.decisions import DecisionRule
from pod.web.kit.forms import read_form, see_other
from pod.web.kit.visitors import account_of, signer_of
from pod.web.post.plain_text import paragraphs_of
from protocol.ids import RecordId, parse_id
from protocol.records.drafts import Draft

routes = web.RouteTableDef()
TERMS: Final = {"chosen": True, "not": False}


class PollProposalForm(msgspec.Struct, frozen=True):
    """A proposal; or, with `withdraws`, that one stands no longer behind one."""

    title: str = ""
    text: str = ""
    withdraws: str = ""


class PredictionForm(msgspec.Struct, frozen=True):
    """A prediction; `term` stands beside `option`: chosen, not, or nothing. `due`: a day, as browsers send it."""

    statement: str = ""
    text: str = ""
    due: str = ""
    every: Literal["every", "any"] = "every"
    option: tuple[str, ...] = ()
    term: tuple[str, ...] = ()


@routes.post("/g/{group}/polls/{poll}/proposals")
@contract("account", media_type=HTML)
async def post_proposal_of_poll(request: web.Request) -> web.Response:
    """Propose something to choose, or stand no longer behind what one proposed."""
    account_of(request)
    form = await read_form(request, PollProposalForm)
    if form.withdraws:
        return await _say(request, withdraw_proposal, "Proposal", {"withdraws": form.withdraws}, "unsupported")
    paragraphs = msgspec.to_builtins(paragraphs_of(form.text))
    return await _say(request, propose, "Proposal", {"title": form.title, "paragraphs": paragraphs}, "suggested-option")


@routes.post("/g/{group}/polls/{poll}/predictions")
@contract("account", media_type=HTML)
async def post_prediction_of_poll(request: web.Request) -> web.Response:
    """Predict what follows from what the poll chooses."""
    account_of(request)
    form = await read_form(request, PredictionForm)
    named = [(option, TERMS.get(term)) for option, term in zip(form.option, form.term, strict=False)]
    terms = [{"proposal": option, "implemented": wanted} for option, wanted in named if wanted is not None]
    said = {
        "statement": form.statement,
        "text": form.text,
        "due_at": due_in(form.due),
        "condition": {"every": form.every == "every", "terms": terms},
    }
    return await _say(request, predict, "Prediction", said, "predicted")


@routes.post("/g/{group}/polls/{poll}/forward")
@contract("account", media_type=HTML)
async def post_forward_of_poll(request: web.Request) -> web.Response:
    """Have the present phase end as soon as the steward has sealed this."""
    account_of(request)
    await read_form(request, PollProposalForm)
    deps, signer, (group, poll) = request.app[DEPS], signer_of(request), _ids(request)
    await deps.store.write(lambda session: forward_poll(session, deps, signer, group, poll))
    return see_other(f"/g/{group}/polls/{poll}", said="asked")


def due_in(day: str) -> int:
    """The end of a day (UTC), in ms; raises MalformedError for what is no day."""
    try:
        begun = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise DecisionRule.NO_DAY.error() from error
    return (int(begun.timestamp()) + 86_400) * 1000


async def _say(request: web.Request, write: Write, kind: str, members: dict[str, Any], said: str) -> web.Response:
    group, poll = _ids(request)
    await submit(request.app[DEPS], write, signer_of(request), group, Draft(kind, {**members, "poll": poll}))
    return see_other(f"/g/{group}/polls/{poll}", said=said)


def _ids(request: web.Request) -> tuple[RecordId, RecordId]:
    return parse_id(request.match_info["group"]), parse_id(request.match_info["poll"])
