"""A request as its signature sees it: method, target, fields and bytes as they came."""

from __future__ import annotations

from aiohttp import web

from federation.signatures import SignedRequest
from pod.app_keys import DEPS


async def as_signed(request: web.Request) -> SignedRequest:
    """The request for those who verify signatures."""
    return SignedRequest(
        method=request.method,
        target=request.raw_path,
        authority=request.headers.get("Host", ""),
        scheme=request.app[DEPS].base_url.split(":", maxsplit=1)[0],
        headers=tuple(request.headers.items()),
        body=await request.read(),
    )
