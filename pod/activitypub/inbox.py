"""The inboxes, which are all one: size limit, raw bytes, proof of the sender, then the one door."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from federation.receive import receive
from pod.actions.chain.receipts import answer_with
from pod.actions.fediverse.actor_documents import load_followed
from pod.actions.inbox import arrive
from pod.activitypub.documents import path_of
from pod.app_keys import DEPS, KEYS, POLICY, REPLAY
from pod.requests import as_signed
from pod.seen_signatures import FirstUse

routes = web.RouteTableDef()


@routes.post("/inbox")
async def post_inbox(request: web.Request) -> web.Response:
    """Take an activity; 202 once its content is stored."""
    return await _take(request)


async def _take(request: web.Request) -> web.Response:
    app, deps = request.app, request.app[DEPS]
    signed = await as_signed(request)
    use = FirstUse(app[REPLAY])
    verified = await receive(signed, app[POLICY], app[KEYS], use, now=deps.clock())
    receipt = None if verified is None else await arrive(deps, verified, use, now=deps.clock())
    if receipt is not None:
        return web.Response(
            body=answer_with(receipt), status=HTTPStatus.ACCEPTED.value, content_type="application/json"
        )
    return web.Response(status=HTTPStatus.ACCEPTED.value)


@routes.post("/u/{name}/inbox")
@routes.post("/groups/{group}/inbox")
async def post_actor_inbox(request: web.Request) -> web.Response:
    """The same at an actor's own address, if the actor exists."""
    deps = request.app[DEPS]
    async with deps.store.database.read() as session:
        await load_followed(session, deps, path_of(request))
    return await _take(request)
