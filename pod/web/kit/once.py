"""A form that makes something carries a number that its page drew, so the pod does it once, however often it comes.

A form that says what shall hold, e.g. a vote or a setting, carries none: to send it again later means something else.
A page whose form goes to the page's own address has the number in its address: browsers ask for it anew when one goes
back to it, and must come to the same number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from pod.actions.accounts.sent_forms import do_once
from pod.app_keys import DEPS
from pod.clock import random_token
from pod.web.kit.forms import ONCE_FIELD
from pod.web.kit.sent_form import PostedForm, sent_form
from pod.web.kit.templates import HEADERS, NUMBER, PRIVATE
from pod.web.kit.visitors import VISITOR, reader_of

NUMBER_LENGTH: Final = 16
SHOWN_ONCE: Final = web.ResponseKey("shown_once", bool)


def numbered(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """A page whose form makes something and goes to the page's own address; one without a number is given it."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.StreamResponse:
        if request.query.get(NUMBER) or reader_of(request) is None:
            return await handler(request)
        location = str(request.rel_url.update_query({NUMBER: random_token()[:NUMBER_LENGTH]}))
        headers = {"Location": location, "Cache-Control": "no-store"}
        return web.Response(status=HTTPStatus.SEE_OTHER.value, headers=headers)

    return answered


class FirstAnswer(msgspec.Struct, frozen=True):
    """What a form came to: the page to go on to, or a page itself."""

    location: str = ""
    text: str = ""


def shown_once(response: web.Response) -> web.Response:
    """Mark a page that shows what its form made and no other page can show: it is the answer to a second press, too."""
    response[SHOWN_ONCE] = True
    return response


@web.middleware
async def take_once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Do a numbered form of somebody signed in once; another time its first answer is given."""
    account = request[VISITOR].account if VISITOR in request else None
    if account is None or request.method != "POST":
        return await handler(request)
    sent = sent_form(request)
    if not sent.last(ONCE_FIELD):
        return await handler(request)
    fresh: list[web.StreamResponse] = []

    async def do() -> tuple[bytes, bool] | None:
        fresh.append(await handler(request))
        answer = _kept(fresh[0])
        return (msgspec.json.encode(answer), bool(answer.text)) if answer else None

    before = await do_once(request.app[DEPS], account, _hash(request, account.id, sent), do)
    return fresh[0] if before is None else _again(msgspec.json.decode(before, type=FirstAnswer))


def _hash(request: web.Request, account: int, sent: PostedForm) -> bytes:
    whole = json.dumps([account, request.path_qs, sent.fields])
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


def _kept(response: web.StreamResponse) -> FirstAnswer | None:
    """What to say again; nothing of an answer that begins or ends a session, for a cookie isn't handed out twice."""
    if response.cookies or not isinstance(response, web.Response):
        return None
    if response.status == HTTPStatus.SEE_OTHER:
        return FirstAnswer(location=response.headers["Location"])
    return FirstAnswer(text=response.text or "") if response.get(SHOWN_ONCE) else None


def _again(answer: FirstAnswer) -> web.Response:
    if answer.location:
        headers = {"Location": answer.location, "Cache-Control": "no-store"}
        return web.Response(status=HTTPStatus.SEE_OTHER.value, headers=headers)
    return web.Response(text=answer.text, content_type="text/html", headers=HEADERS | PRIVATE)
