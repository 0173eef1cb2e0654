"""A request's body is read whole before anything is done with it: as it is, within a length, a time and a share.

1. Nothing is inflated. A body in another encoding than its own is refused, and told so (RFC 9110 section 12.5.3).
2. Its length is asked for first; one that doesn't say counts as the longest.
3. It comes at a pace that a slow telephone keeps, or the connection ends.
4. Who sends holds memory until the answer is made: an address no more than its share, all together no more than the
   pod has for it.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
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


@web.middleware
async def read_bodies(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Read the whole body before the handler runs; raises the refusal of a body that isn't taken."""
    if not request.body_exists:
        return await handler(request)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RequestRule.BODY_ENCODED.error()
    longest = LONGEST_FORM_BYTES if request.content_type == FORM_TYPE else LONGEST_BYTES
    length = longest if request.content_length is None else request.content_length
    if length > longest:
        raise RequestRule.BODY_TOO_LONG.error()
    with request.app[BODIES].held(address_of(request), max(length, LEAST_BYTES)):
        request[BODY] = await _read(request, longest, PATIENCE_SECONDS + length / SLOWEST_BYTES_PER_SECOND)
        return await handler(request)


async def _read(request: web.Request, longest: int, seconds: float) -> bytes:
    try:
        # A short body has usually arrived with the headers, so there is nothing to wait for.
        async with nullcontext() if request.content.is_eof() else asyncio.timeout(seconds):
            body = await request.read()
    except (ConnectionError, web.RequestPayloadError) as error:
        # The client has disconnected and gets no answer, but the log must not show a fault of ours.
        raise RequestRule.BODY_BROKEN.error() from error
    except TimeoutError as error:
        raise RequestRule.BODY_SLOW.error() from error
    if len(body) > longest:
        raise RequestRule.BODY_TOO_LONG.error()
    return body
