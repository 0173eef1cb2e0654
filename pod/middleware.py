"""Each request is told in one line with its id; refusals become problem documents (RFC 9457), bugs a 500."""

from __future__ import annotations

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from federation.errors import RemoteError
from models.engine.full_disk import is_full, is_unwritable
from pod.app_keys import MEASURES, REQUEST
from pod.clock import request_number, steady_ns
from pod.errors import headers_of, problem
from pod.logs import REQUEST_LINES, TOLD_REQUEST
from pod.rules.requests import RequestRule
from protocol.errors import RefusedError

_LOG = structlog.stdlib.get_logger(__name__)
PROBLEM = "application/problem+json"
REQUEST_ID = "X-Request-Id"


@web.middleware
async def tell_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log one line for each request: method, route (no address, which may hold a secret), status, milliseconds."""
    request_id, began = request_number(), steady_ns()
    request[REQUEST] = request_id
    # Stays bound until the connection's next request.
    TOLD_REQUEST.set(request_id)
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _tell(request, answer.status, began)
        raise
    if not response.prepared:
        response.headers[REQUEST_ID] = request_id
    _tell(request, response.status, began)
    return response


def _tell(request: web.Request, status: int, began: int) -> None:
    route, spent_ns = route_of(request), steady_ns() - began
    REQUEST_LINES.tell(request[REQUEST], request.method, route, status, spent_ns)
    if (measures := request.app.get(MEASURES)) is not None:
        measures.request(request.method, route, status, spent_ns)


def route_of(request: web.Request) -> str:
    """The pattern that the request's path matches; empty if none does."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a refusal with its code and sentence."""
    try:
        return await handler(request)
    except RefusedError as refusal:
        _LOG.info("refused", code=refusal.code, sentence=str(refusal))
        return _answer(refusal)
    except RemoteError as error:
        _LOG.info("remote", sentence=str(error))
        return _other("remote", 502, "Bad Gateway", str(error))
    except web.HTTPRequestEntityTooLarge:
        return _answer(RequestRule.BODY_TOO_LONG.error())
    except web.RequestPayloadError:
        return _answer(RequestRule.BODY_BROKEN.error())
    except web.HTTPNotFound:
        return _answer(RequestRule.NOTHING_HERE.error())
    except web.HTTPException:
        raise
    except Exception as error:  # noqa: BLE001  (the one place where a bug becomes an answer)
        return _fault(error)


def _fault(error: Exception) -> web.Response:
    """The answer to an unexpected error; a full disk or an unwritable database isn't a bug of the program."""
    if is_full(error):
        _LOG.error("the disk is full")
        return _other("disk_full", 507, "Insufficient Storage", "The disk of this server is full.")
    if is_unwritable(error):
        _LOG.error("the database takes no writes", fault=str(error))
        return _other("database_unwritable", 503, "Service Unavailable", "The database of this server takes no writes.")
    _LOG.error("bug", exc_info=error)
    return _other("bug", 500, "Internal Server Error", "This is a fault of the server; it was written to its log.")


def _answer(refusal: RefusedError) -> web.Response:
    return web.json_response(problem(refusal), status=refusal.status, content_type=PROBLEM, headers=headers_of(refusal))


def _other(code: str, status: int, title: str, sentence: str) -> web.Response:
    document = {
        "type": f"urn:althing:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": sentence,
    }
    return web.json_response(document, status=status, content_type=PROBLEM)
