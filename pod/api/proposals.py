"""API: members propose changes that need several signatures, see, sign and withdraw them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal

import msgspec
from aiohttp import web

from pod.actions.groups.proposals import ask_for, sign_proposal, withdraw_proposal
from pod.actions.reading.group.proposals import ProposalSight, list_proposals
from pod.api import shapes
from pod.api.callers import account_of, answer, group_of, id_of, members_of, signer_of
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.ids import RecordId
from protocol.records.drafts import Draft

routes = web.RouteTableDef()


class ProposalWish(msgspec.Struct, frozen=True):
    """The change: `do` is set-weight, publish or succeed; what others needn't sign is a wish like any other."""

    do: Literal["set-weight", "publish", "succeed", "set-policy", "event"]
    with_: dict[str, Any] = msgspec.field(name="with")


class ProposedWish(msgspec.Struct, frozen=True):
    """A change that waits for signatures: `lacking` of `needed`; `signed` of those who may sign (`signers`) did.

    `record` is its signed form; times are in ms since 1970.
    """

    operation: RecordId
    author: int
    at: int
    expires: int
    needed: int
    lacking: int
    signers: tuple[int, ...]
    signed: tuple[int, ...]
    record: msgspec.Raw


class Proposals(msgspec.Struct, frozen=True):
    """What waits for signatures that the asker may give, the oldest first."""

    proposals: tuple[ProposedWish, ...]


class AskedFor(msgspec.Struct, frozen=True):
    """The operation; `open` while it lacks signatures, else it waits for its seal."""

    record: RecordId
    open: bool


@routes.get("/api/v1/groups/{group}/proposals")
@contract("account", answer=Proposals)
async def get_proposals(request: web.Request) -> web.Response:
    """Changes of the group that wait for signatures which the asker may give, or gave."""
    seen = await list_proposals(request.app[DEPS], await account_of(request), group_of(request))
    return answer(Proposals(tuple(map(_proposal, seen.proposals))))


def _proposal(seen: ProposalSight) -> ProposedWish:
    return ProposedWish(
        operation=seen.record.id,
        author=seen.author,
        at=seen.at,
        expires=seen.expires,
        needed=seen.needed,
        lacking=seen.lacking,
        signers=tuple(line.number for line in seen.signatures),
        signed=tuple(line.number for line in seen.signatures if line.signed),
        record=msgspec.Raw(seen.record.wire),
    )


@routes.post("/api/v1/groups/{group}/proposals")
@contract("account", body=ProposalWish, answer=AskedFor, status=HTTPStatus.CREATED)
async def post_proposal(request: web.Request) -> web.Response:
    """Wish for a change that others must sign, too; what needs nobody else is on its way at once."""
    deps, group, signer = request.app[DEPS], group_of(request), await signer_of(request)
    asked = await ask_for(deps, signer, group, Draft("Operation", await members_of(request, ProposalWish)))
    return answer(AskedFor(asked.record, asked.open), HTTPStatus.CREATED)


@routes.post("/api/v1/groups/{group}/proposals/{operation}/signatures")
@contract("account", answer=AskedFor, status=HTTPStatus.CREATED)
async def post_signature(request: web.Request) -> web.Response:
    """Sign a proposed change; the last signature that was lacking sends it to be sealed."""
    deps, signer = request.app[DEPS], await signer_of(request)
    asked = await sign_proposal(deps, signer, group_of(request), id_of(request, "operation"))
    return answer(AskedFor(asked.record, asked.open), HTTPStatus.CREATED)


@routes.delete("/api/v1/groups/{group}/proposals/{operation}")
@contract("account", answer=shapes.Written)
async def delete_proposal(request: web.Request) -> web.Response:
    """Take back one's own proposal; `record` is the operation that overtakes it."""
    deps, signer = request.app[DEPS], await signer_of(request)
    record = await withdraw_proposal(deps, signer, group_of(request), id_of(request, "operation"))
    return answer(shapes.Written(record))
