"""What other pods ask for: pages to pull, proofs of the log, signatures on handovers, promises to recoveries."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from pod.actions.handover.asked_of_keepers import open_asked
from pod.actions.handover.countersign import sign_handover
from pod.actions.recovery.keeper_promises import promise
from pod.actions.sync import served_lists
from pod.actions.sync.served_proofs import Proof, prove_consistency, prove_inclusion
from pod.actions.sync.standings import Differing, Question, find_differing
from pod.api import peer_shapes, shapes
from pod.api.callers import answer, group_of, number_of, object_of, pod_of, puller_of, query_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.rules.chains import ChainRule
from protocol.ids import parse_id
from protocol.limits import MAX_ITEM_BYTES

routes = web.RouteTableDef()


@routes.get("/groups/{group}/chain")
@contract("puller", query=shapes.PullQuery, answer=peer_shapes.ChainPage)
async def get_chain(request: web.Request) -> web.Response:
    """Items from a height, rival branches too, with the acks of these heights."""
    deps, group, start = request.app[DEPS], group_of(request), number_of(request, "from")
    return answer(await served_lists.chain_page(deps, await puller_of(request, group), group, start))


@routes.get("/groups/{group}/log")
@contract("puller", query=shapes.LogQuery, answer=peer_shapes.LogPage)
async def get_log(request: web.Request) -> web.Response:
    """The log's records from an index, in the steward's order; of the log that `item` commits to, if it is named."""
    deps, group, start = request.app[DEPS], group_of(request), number_of(request, "from")
    item = parse_id(request.query["item"]) if "item" in request.query else None
    return answer(await served_lists.log_page(deps, await puller_of(request, group), group, start, item))


@routes.get("/groups/{group}/pending")
@contract("puller", query=shapes.PullQuery, answer=peer_shapes.PendingPage)
async def get_pending(request: web.Request) -> web.Response:
    """What this pod accepted and the log lacks, after a cursor."""
    deps, group, start = request.app[DEPS], group_of(request), number_of(request, "from")
    return answer(await served_lists.pending_page(deps, await puller_of(request, group), group, start))


@routes.get("/groups/{group}/operations")
@contract("puller", query=shapes.PullQuery, answer=peer_shapes.OperationsPage)
async def get_operations(request: web.Request) -> web.Response:
    """The operations that wait at this pod for a seal, after a cursor."""
    deps, group, start = request.app[DEPS], group_of(request), number_of(request, "from")
    return answer(await served_lists.operations_page(deps, await puller_of(request, group), group, start))


@routes.get("/groups/{group}/proof")
@contract("puller", query=shapes.ProofQuery, answer=Proof)
async def get_proof(request: web.Request) -> web.Response:
    """A proof of RFC 9162: that entry `leaf` is in the log of `size`, or that the log of `second` continues `first`."""
    deps, group = request.app[DEPS], group_of(request)
    reader = await puller_of(request, group)
    match query_of(request, shapes.ProofQuery):
        case shapes.ProofQuery(leaf=int(leaf), size=int(size), first=None, second=None):
            return answer(await prove_inclusion(deps, reader, group, leaf, size))
        case shapes.ProofQuery(leaf=None, size=None, first=int(first), second=int(second)):
            return answer(await prove_consistency(deps, reader, group, first, second))
    raise ChainRule.PROOF_QUERY.error()


@routes.post("/comparisons")
@contract("pod", body=Question, answer=Differing)
async def post_comparison(request: web.Request) -> web.Response:
    """A pod says how far it has groups that it shares with this one, and learns which of them differ here."""
    asker = await pod_of(request)
    return answer(await find_differing(request.app[DEPS], asker, await wish_of(request, Question)))


@routes.post("/groups/{group}/handovers")
@contract("pod", body=dict[str, Any], answer=shapes.SignedHandover)
async def post_handover_to_sign(request: web.Request) -> web.Response:
    """A keeper's pod asks this pod's seat to sign a handover; it is signed by its proposer."""
    deps, group = request.app[DEPS], group_of(request)
    record = await open_asked(deps, group, partial(object_of, request, most=2 * MAX_ITEM_BYTES))
    return answer(shapes.SignedHandover(await sign_handover(deps, group, record)))


@routes.post("/groups/{group}/promises")
@contract("pod", body=dict[str, Any], answer=shapes.Promised)
async def post_recovery_to_promise(request: web.Request) -> web.Response:
    """A recovery that a quorum of recovery keys signed asks this pod's seat for its term; nothing is published."""
    deps, group = request.app[DEPS], group_of(request)
    record = await open_asked(deps, group, partial(object_of, request, most=2 * MAX_ITEM_BYTES))
    return answer(shapes.Promised(await promise(deps, group, record)))
