"""A mail program's own button stops the daily mail (RFC 8058): no session, no form of ours, the secret is enough."""

from __future__ import annotations

from aiohttp import web

from pod.actions.accounts.digest_choice import choose_digest, whose_digest
from pod.app_keys import DEPS
from pod.contracts import contract

routes = web.RouteTableDef()
PLAIN = "text/plain"


@routes.post("/digest/{secret}")
@contract(media_type=PLAIN)
async def post_digest_stop(request: web.Request) -> web.Response:
    """Stop the mail."""
    deps = request.app[DEPS]
    await choose_digest(deps, whose_digest(deps, request.match_info["secret"]), None)
    return web.Response(text="Stopped.\n", content_type=PLAIN)
