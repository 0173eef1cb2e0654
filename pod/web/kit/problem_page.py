"""The page of a refusal or fault: what happened and why, what the person typed, where to go on, the log number."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo
from yarl import URL

from federation.content_types import prefers_page
from federation.errors import RemoteError
from models.engine.full_disk import is_full, is_unwritable
from pod.app_keys import REQUEST
from pod.errors import ConfirmFirstError, ForgedFormError, ProofNeededError, SignInError, headers_of
from pod.gates import pages, unmatched
from pod.rules.requests import RequestRule
from pod.web.kit.kept_form import KeptForm, keep_form
from pod.web.kit.notices import say
from pod.web.kit.refusals import BY_STATUS, RefusalView, problem_of
from pod.web.kit.templates import render
from pod.web.kit.visitors import say_of
from pod.web.kit.way_back import BACK, FRONT, find_way_back, onward_from
from protocol.errors import RefusedError

_LOG = structlog.stdlib.get_logger(__name__)
SIGN_IN: Final = "/sign-in"
CONFIRM: Final = "/settings/confirm"
UNWRITABLE: Final = say(
    "This pod's database takes no writes at the moment. Nothing was done; those who run it have to see why."
)
SAFE: Final = frozenset({"GET", "HEAD"})


class ProblemView(msgspec.Struct, frozen=True):
    """The page of a refusal. `request` is the number in the log, `kept` the refused form.

    `sign_in` leads to signing in and from there back, `back` to the page on which the form stood, `href` to what `way`
    says; empty: to nothing.
    """

    title: str
    sentence: str
    detail: str
    request: str
    kept: KeptForm | None
    sign_in: str
    back: str
    href: str
    way: str


def may_show_problem(match: UrlMappingMatchInfo) -> bool:
    """Pages; where there is no route, a browser may ask."""
    return pages(match) or unmatched(match)


@web.middleware
async def show_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what a page's handler refuses, or fails at, by a page."""
    if unmatched(request.match_info) and not prefers_page(request.headers.get("Accept", "")):
        return await handler(request)
    if request.method not in SAFE:
        request[BACK] = await find_way_back(request)
    try:
        return await handler(request)
    except RefusedError as refusal:
        return _led_on(request, refusal) or _refused(request, refusal)
    except RemoteError as error:
        _LOG.info("remote", sentence=str(error))
        return _show(request, HTTPStatus.BAD_GATEWAY, error.told(say_of(request).language))
    except web.HTTPException as answer:
        return await _unmet(request, answer)
    except Exception as error:  # noqa: BLE001  (a bug on a page becomes a page)
        return _faulty(request, error)


def _faulty(request: web.Request, error: Exception) -> web.Response:
    """What the machine refuses is no bug of the program."""
    if is_full(error):
        _LOG.error("the disk is full")
        return _show(request, HTTPStatus.INSUFFICIENT_STORAGE, "")
    if is_unwritable(error):
        _LOG.error("the database takes no writes", fault=str(error))
        return _show(request, HTTPStatus.SERVICE_UNAVAILABLE, "", RefusalView(say_of(request)(UNWRITABLE)))
    _LOG.error("bug", exc_info=error)
    return _show(request, HTTPStatus.INTERNAL_SERVER_ERROR, "")


async def _unmet(request: web.Request, answer: web.HTTPException) -> web.Response:
    match answer:
        case web.HTTPNotFound():
            return _refused(request, RequestRule.NOTHING_HERE.error())
        case web.HTTPMethodNotAllowed():
            request[BACK] = await find_way_back(request)
            response = _show(request, HTTPStatus.METHOD_NOT_ALLOWED, "")
            response.headers["Allow"] = answer.headers["Allow"]
            return response
        case _:
            return _show(request, HTTPStatus(answer.status), "")


def _go(page: str, back: str) -> web.Response:
    location = str(URL(page).with_query(to=back))
    return web.Response(status=HTTPStatus.SEE_OTHER.value, headers={"Location": location, "Cache-Control": "no-store"})


def _led_on(request: web.Request, refusal: RefusedError) -> web.Response | None:
    """The way to the page that makes possible what was refused, if there is one that leads back."""
    match refusal:
        case SignInError() if request.method in SAFE:
            return _go(SIGN_IN, request.path_qs)
        case ConfirmFirstError():
            return _go(CONFIRM, request.path_qs if request.method in SAFE else str(refusal.refused.facts["back"]))
        case _:
            return None


def _refused(request: web.Request, refusal: RefusedError) -> web.Response:
    _LOG.info("refused", code=refusal.code, sentence=str(refusal))
    status = HTTPStatus(refusal.status)
    problem = problem_of(say_of(request), refusal)
    again = isinstance(refusal, ForgedFormError | ProofNeededError)
    response = _show(request, status, "", problem, again=again)
    response.headers.update(headers_of(refusal))
    return response


def _show(
    request: web.Request, status: HTTPStatus, detail: str, problem: RefusalView | None = None, *, again: bool = False
) -> web.Response:
    say, back = say_of(request), request.get(BACK, "")
    known = say(BY_STATUS.get(status.value, BY_STATUS[400 if status < HTTPStatus.INTERNAL_SERVER_ERROR else 500]))
    sign_in = str(URL(SIGN_IN).with_query(to=onward_from(back or FRONT))) if status is HTTPStatus.UNAUTHORIZED else ""
    view = ProblemView(
        title=f"{status.value}",
        sentence=problem.sentence if problem else known,
        detail=detail,
        href=problem.href if problem else "",
        way=problem.way if problem else "",
        request=request.get(REQUEST, ""),
        kept=keep_form(request, status, again=again),
        sign_in=sign_in,
        back="" if back == FRONT else back,
    )
    return render(request, "kit/problem.html", view, status, private=True)
