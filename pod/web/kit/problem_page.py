"""Whatever goes wrong on a page is told as a page: what, why, the next step, and its number in the log."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from federation.content_types import prefers_page
from federation.errors import RemoteError
from pod.app_keys import REQUEST
from pod.contracts import HTML, contract_of
from pod.errors import ConfirmFirstError, NotFoundError, SignInError, headers_of
from pod.web.kit.refusals import BY_STATUS, problem_of
from pod.web.kit.rendering import render
from pod.web.kit.visitors import say_of
from protocol.errors import RefusedError, TooLargeError

_LOG = structlog.stdlib.get_logger(__name__)
SIGN_IN: Final = "/sign-in"
CONFIRM: Final = "/settings/confirm"


class ProblemView(msgspec.Struct, frozen=True):
    """The page of a refusal. `request` is the number in the log; `again` leads to a page that helps."""

    title: str
    sentence: str
    detail: str
    request: str
    again: str


@web.middleware
async def show_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a page's handler refuses, or fails at, by a page."""
    if not wants_page(request):
        return await handler(request)
    try:
        return await handler(request)
    except SignInError as refusal:
        return _go(SIGN_IN, request.path_qs) if request.method == "GET" else _refused(request, refusal)
    except ConfirmFirstError as refusal:
        return _go(CONFIRM, request.path_qs if request.method == "GET" else refusal.back)
    except RefusedError as refusal:
        _LOG.info("refused", code=refusal.code, sentence=str(refusal))
        return _refused(request, refusal)
    except RemoteError as error:
        _LOG.info("remote", sentence=str(error))
        return _show(request, HTTPStatus.BAD_GATEWAY, str(error))
    except web.HTTPException as answer:
        return _unmet(request, answer)
    except Exception:  # noqa: BLE001  (a bug on a page becomes a page)
        _LOG.exception("bug")
        return _show(request, HTTPStatus.INTERNAL_SERVER_ERROR, "")


def _unmet(request: web.Request, answer: web.HTTPException) -> web.Response:
    match answer:
        case web.HTTPRequestEntityTooLarge():
            return _refused(request, TooLargeError("The form is longer than this pod reads."))
        case web.HTTPNotFound():
            return _refused(request, NotFoundError("There is nothing at this address."))
        case _:
            return _show(request, HTTPStatus(answer.status), "")


def wants_page(request: web.Request) -> bool:
    """Whether the route is a page's, or there is none and a browser asks."""
    stated = contract_of(request.match_info.handler)
    if stated is not None:
        return stated.media_type == HTML
    unmatched = request.match_info.route.resource is None
    return unmatched and prefers_page(request.headers.get("Accept", ""))


def _go(page: str, back: str) -> web.Response:
    location = str(URL(page).with_query(to=back))
    return web.Response(status=HTTPStatus.SEE_OTHER.value, headers={"Location": location, "Cache-Control": "no-store"})


def _refused(request: web.Request, refusal: RefusedError) -> web.Response:
    status = HTTPStatus(refusal.status)
    problem = problem_of(say_of(request), refusal)
    response = _show(request, status, problem.detail, problem.sentence)
    response.headers.update(headers_of(refusal))
    return response


def _show(request: web.Request, status: HTTPStatus, detail: str, sentence: str = "") -> web.Response:
    say = say_of(request)
    known = say(BY_STATUS.get(status.value, BY_STATUS[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500]))
    again = SIGN_IN if status is HTTPStatus.UNAUTHORIZED else ""
    view = ProblemView(f"{status.value}", sentence or known, detail, request.get(REQUEST, ""), again)
    return render(request, "kit/problem.html", view, status, private=True)
