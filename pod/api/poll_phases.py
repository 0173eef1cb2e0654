"""API: what members say in the phases of a poll beside ballots, and what its group or another one says of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from pod.actions.decisions.bets import place_bets
from pod.actions.decisions.evaluations import evaluate
from pod.actions.decisions.polls import audit_poll, forward_poll
from pod.actions.decisions.proposals import predict, propose, vote_on_areas, withdraw_proposal
from pod.actions.decisions.voids import void_votes
from pod.actions.posts.records import Write, submit, write_record
from pod.actions.reading.decisions.predictions import PredictionsSight, describe_predictions
from pod.actions.recovery.phrase import RecoveryKeys
from pod.api import shapes
from pod.api.callers import account_of, answer, group_of, id_of, members_of, reader_of, signer_of, wish_of
from pod.api.recovery_shapes import PhraseWish
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.ids import RecordId
from protocol.records.content import UNSIGNED, Condition, Confirm
from protocol.records.content.shapes import Id, Name, Natural, Paragraph
from protocol.records.drafts import Draft, draft

routes = web.RouteTableDef()
Bet = Annotated[int, Meta(ge=0, le=1000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2000)]


class PollProposalWish(msgspec.Struct, frozen=True):
    """Something to choose in the poll."""

    title: Name
    paragraphs: tuple[Paragraph, ...] = ()


class AreasWish(msgspec.Struct, frozen=True):
    """Whether the poll belongs to areas, by their names; the newest word of a member counts."""

    areas: dict[Name, bool]


class PredictionWish(msgspec.Struct, frozen=True):
    """What will be true at `due_at` (ms) if the condition holds."""

    statement: Name
    due_at: Natural
    condition: Condition
    text: str = ""


class BetsWish(msgspec.Struct, frozen=True):
    """Bets in thousandths, by statement; they take the place of all that the member bet before."""

    bets: Annotated[dict[Id, Bet], Meta(min_length=1, max_length=100)]


class EvaluationWish(msgspec.Struct, frozen=True):
    """Whether the prediction came true; null takes one's word back."""

    happened: bool | None


class AuditWish(msgspec.Struct, frozen=True):
    """Which poll of which group was wrong, and why."""

    group: Id
    poll: Id
    reason: Reason


@routes.post("/api/v1/groups/{group}/polls/{poll}/proposals")
@contract("account", body=PollProposalWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_poll_proposal(request: web.Request) -> web.Response:
    """Propose something to choose; nothing removes it again."""
    return await _say(request, propose, "Proposal", await members_of(request, PollProposalWish))


@routes.post("/api/v1/groups/{group}/polls/{poll}/proposals/{proposal}/withdrawal")
@contract("account", answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_withdrawal(request: web.Request) -> web.Response:
    """Stand no longer behind one's proposal; it stays an option."""
    return await _say(request, withdraw_proposal, "Proposal", {"withdraws": id_of(request, "proposal")})


@routes.put("/api/v1/groups/{group}/polls/{poll}/areas")
@contract("account", body=AreasWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def put_areas(request: web.Request) -> web.Response:
    """Say which areas the poll belongs to."""
    return await _say(request, vote_on_areas, "AreaVote", await members_of(request, AreasWish))


@routes.post("/api/v1/groups/{group}/polls/{poll}/predictions")
@contract("account", body=PredictionWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_prediction(request: web.Request) -> web.Response:
    """Predict what follows from what the poll chooses."""
    return await _say(request, predict, "Prediction", await members_of(request, PredictionWish))


@routes.get("/api/v1/groups/{group}/polls/{poll}/predictions")
@contract("reader", answer=PredictionsSight)
async def get_predictions(request: web.Request) -> web.Response:
    """The predictions of a poll: what all bets on each say, once they are opened, and whether it came true."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    return answer(await describe_predictions(deps, reader, group, id_of(request, "poll")))


@routes.put("/api/v1/groups/{group}/polls/{poll}/bets")
@contract("account", body=BetsWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def put_bets(request: web.Request) -> web.Response:
    """Bet on the poll's statements. The log holds a commitment; the pod opens it once the phase has ended."""
    deps, group, signer, poll = request.app[DEPS], group_of(request), await signer_of(request), id_of(request, "poll")
    wish = await wish_of(request, BetsWish)
    record = await deps.store.write(lambda session: place_bets(session, deps, signer, group, poll, bets=wish.bets))
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


@routes.put("/api/v1/groups/{group}/polls/{poll}/predictions/{prediction}/evaluation")
@contract("account", body=EvaluationWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def put_evaluation(request: web.Request) -> web.Response:
    """Say whether a prediction came true, from its due date on for 90 days; the newest word of a member counts."""
    wish = await wish_of(request, EvaluationWish)
    said: dict[str, Any] = {"prediction": id_of(request, "prediction")}
    if wish.happened is not None:
        said["happened"] = wish.happened
    return await _say(request, evaluate, "Evaluation", said)


@routes.post("/api/v1/groups/{group}/polls/{poll}/fast-forward")
@contract("account", answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_forward(request: web.Request) -> web.Response:
    """Have the present phase end as soon as the steward seals this; voting is never shortened."""
    deps, group, signer, poll = request.app[DEPS], group_of(request), await signer_of(request), id_of(request, "poll")
    record = await deps.store.write(lambda session: forward_poll(session, deps, signer, group, poll))
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/polls/{poll}/void")
@contract("account", body=PhraseWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_void(request: web.Request) -> web.Response:
    """Say with the 24 words that what one's account said in the poll wasn't one's own word."""
    deps, account, wish = request.app[DEPS], await account_of(request), await wish_of(request, PhraseWish)
    keys = RecoveryKeys(wish.phrase)
    record = await void_votes(deps, account, group_of(request), id_of(request, "poll"), keys)
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/audits")
@contract("account", body=AuditWish, answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_audit(request: web.Request) -> web.Response:
    """Say in this group's name that a poll of another group was wrong; it is shown beside that poll's result."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    said = msgspec.to_builtins(await wish_of(request, AuditWish))
    record = await deps.store.write(lambda session: audit_poll(session, deps, signer, group, said))
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/confirmations")
@contract("account", answer=shapes.Written, status=HTTPStatus.CREATED)
async def post_confirmation(request: web.Request) -> web.Response:
    """Say that one is still here; it puts one on the rolls of the polls that open within a year."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    record = await submit(deps, write_record, signer, group, draft(Confirm(**UNSIGNED)))
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)


async def _say(request: web.Request, write: Write, kind: str, members: dict[str, Any]) -> web.Response:
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    said = Draft(kind, {**members, "poll": RecordId(id_of(request, "poll"))})
    record = await submit(deps, write, signer, group, said)
    return answer(shapes.Written(record.id), HTTPStatus.CREATED)
