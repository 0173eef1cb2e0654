"""A request's whole body is read before it is handled, within limits of length, time and memory.

1. Nothing is decompressed. A compressed body is refused, and the answer says so (RFC 9110 section 12.5.3).
2. The announced length is checked first; a body without one counts as the longest.
3. It must come at least as fast as over a slow phone line, or the connection ends.
4. A body takes memory until the request is answered: an address may use no more than its share, and all together no
   more than the pod has for bodies.
5. A handler that takes a file reads the body itself, piece by piece, once it knows who sends it (`reads_itself`).
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from federation.shares import Shares
from pod.requests import address_of
from pod.rules.requests import RequestRule

LONGEST_BYTES: Final = 1024 * 1024
# A longer form is read up to this length, so that its page can show what was typed again.
FORM_TYPE: Final = "application/x-www-form-urlencoded"
LONGEST_FORM_BYTES: Final = 2 * LONGEST_BYTES
PATIENCE_SECONDS: Final = 20
SLOWEST_BYTES_PER_SECOND: Final = 8 * 1024
SHARE_BYTES: Final = 4 * LONGEST_BYTES
ALL_BYTES: Final = 32 * LONGEST_BYTES
LEAST_BYTES: Final = 1024  # a request costs memory, even with a short body
BODY: Final = web.RequestKey("body", bytes)  # the whole body
BODIES: Final = web.AppKey("bodies", Shares)

# How the HTTP library reads: bodies as they come and little of them in advance, nothing of what nobody wants, and a
# connection on which no request arrives whole ends. A proxy before the pod has to close its idle ones earlier.
HANDLER: Final[dict[str, Any]] = {
    "auto_decompress": False,
    "read_bufsize": 16 * 1024,
    "lingering_time": 2.0,
    "keepalive_timeout": 75.0,
}


_READ_THEMSELVES: Final[set[Handler]] = set()


def reads_itself(handler: Handler) -> Handler:
    """Leave the body to the handler, which has bounds of its own."""
    _READ_THEMSELVES.add(handler)
    return handler


@web.middleware
async def read_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the whole body before the handler runs; raises the refusal of a body that isn't taken."""
    if not request.body_exists:
        return await handler(request)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RequestRule.BODY_ENCODED.error()
    if request.match_info.handler in _READ_THEMSELVES:
        return await handler(request)
    length, longest = request.content_length, LONGEST_BYTES
    if (length is None or length > LONGEST_BYTES) and request.content_type == FORM_TYPE:
        longest = LONGEST_FORM_BYTES
    length = longest if length is None else length
    if length > longest:
        raise RequestRule.BODY_TOO_LONG.error()
    with request.app[BODIES].held(address_of(request), max(length, LEAST_BYTES)):
        request[BODY] = await _read(request, longest, PATIENCE_SECONDS + length / SLOWEST_BYTES_PER_SECOND)
        return await handler(request)


async def _read(request: web.Request, longest: int, seconds: float) -> bytes:
    try:
        # A short body has usually arrived with the headers, so there is nothing to wait for.
        if request.content.is_eof():
            body = await request.read()
        else:
            async with asyncio.timeout(seconds):
                body = await request.read()
    except (ConnectionError, web.RequestPayloadError) as error:
        # The client has disconnected and gets no answer, but the log must not show a fault of ours.
        raise RequestRule.BODY_BROKEN.error() from error
    except TimeoutError as error:
        raise RequestRule.BODY_SLOW.error() from error
    if len(body) > longest:
        raise RequestRule.BODY_TOO_LONG.error()
    return body
