"""A mail program's own button stops mails about decisions (RFC 8058): no session or form, the secret is enough."""

from __future__ import annotations

from aiohttp import web

from pod.actions.accounts.digest_choice import stop_mails
from pod.app_keys import DEPS
from pod.contracts import contract

routes = web.RouteTableDef()
PLAIN = "text/plain"


@routes.post("/digest/{secret}")
@contract(media_type=PLAIN)
async def post_digest_stop(request: web.Request) -> web.Response:
    """Stop the mails of the kind that the secret names."""
    await stop_mails(request.app[DEPS], request.match_info["secret"])
    return web.Response(text="Stopped.\n", content_type=PLAIN)
