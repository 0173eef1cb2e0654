"""ActivityPub documents are answered under the one type that every server takes, or by the page of the same thing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from federation.content_types import prefers_page
from pod.answers import Key
from pod.app_keys import ANSWERS
from pod.budgets.payers import PROCESSOR, payer_of
from protocol.canonical import JsonObject
from protocol.ids import parse_id

# Lemmy compares the whole field, so spaces and case must be exactly these (federation §1.1).
CONTENT_TYPE: Final = "application/activity+json; charset=utf-8"
VARY: Final = "Accept, Signature"
HELD_NS: Final = 100_000  # processor time for an answer from memory
_SHARED: Final[set[Handler]] = set()


def answer(document: JsonObject, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """An ActivityPub document."""
    headers = {"Content-Type": CONTENT_TYPE, "Vary": VARY}
    return web.Response(body=msgspec.json.encode(document), status=status.value, headers=headers)


def show(
    request: web.Request, document: JsonObject, *, page: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    """The document; a browser is redirected to `page`, or else to the document's `url`.

    A document with another status, e.g. a Tombstone, is answered as it is, because there is no page for it.
    """
    leads_to = page or document.get("url")
    if isinstance(leads_to, str) and status is HTTPStatus.OK and prefers_page(request.headers.get("Accept", "")):
        return web.Response(status=HTTPStatus.SEE_OTHER.value, headers={"Location": leads_to, "Vary": VARY})
    return answer(document, status)


def shared(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """Decorate a handler whose answer depends only on address and `Accept`: it runs once between two commits."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        return await request.app[ANSWERS].get(_key(request), partial(handler, request))

    _SHARED.add(answered)
    return answered


def is_shared(match: UrlMappingMatchInfo) -> bool:
    """Routes whose answers are kept in memory."""
    return match.handler in _SHARED


@web.middleware
async def answer_held(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer at once from memory if there is such an answer and the client needn't wait for its turn."""
    found = await request.app[ANSWERS].find(_key(request))
    if found is None or not request.app[PROCESSOR].pays_at_once(payer_of(request), HELD_NS):
        return await handler(request)
    return found


def _key(request: web.Request) -> Key:
    return request.raw_path, "page" if prefers_page(request.headers.get("Accept", "")) else "document"


def path_of(request: web.Request) -> str:
    """The path of the actor that the request's path names; raises MalformedError for a malformed group id."""
    name = request.match_info.get("name")
    return f"u/{name}" if name is not None else f"groups/{parse_id(request.match_info['group'])}"
