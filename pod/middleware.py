"""Refusals become problem documents (RFC 9457); everything else that escapes is a bug and a 500."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from federation.errors import MalformedDocumentError, RemoteError
from pod.errors import NotFoundError, problem, status_of
from protocol.errors import RefusedError, TooLargeError

_LOG = logging.getLogger(__name__)
PROBLEM = "application/problem+json"


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a refusal with its code and sentence."""
    try:
        return await handler(request)
    except RefusedError as refusal:
        _LOG.info("%s %s refused: %s (%s)", request.method, request.path, refusal, refusal.code)
        return _answer(refusal)
    except RemoteError as error:
        document = {
            "type": "urn:althing:problem:remote",
            "title": "Bad Gateway",
            "status": 502,
            "code": "remote",
            "detail": str(error),
        }
        return web.json_response(document, status=502, content_type=PROBLEM)
    except web.HTTPRequestEntityTooLarge:
        return _answer(TooLargeError("The body is longer than this pod reads."))
    except web.RequestPayloadError:
        return _answer(MalformedDocumentError("The body breaks off or isn't in the encoding that it names."))
    except web.HTTPNotFound:
        return _answer(NotFoundError("There is nothing at this address."))
    except web.HTTPException:
        raise
    except Exception:  # noqa: BLE001  (the one place where a bug becomes an answer)
        _LOG.exception("%s %s failed", request.method, request.path)
        document = {
            "type": "urn:althing:problem:bug",
            "title": "Internal Server Error",
            "status": 500,
            "code": "bug",
            "detail": "This is a fault of the server; it was written to its log.",
        }
        return web.json_response(document, status=500, content_type=PROBLEM)


def _answer(refusal: RefusedError) -> web.Response:
    return web.json_response(problem(refusal), status=status_of(refusal).value, content_type=PROBLEM)
