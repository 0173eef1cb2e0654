"""Who asks, and what: the account behind a token, a JSON body read strictly, and the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from models.accounts import Account, load_account_by_token
from pod.actions.founding import token_hash
from pod.app_keys import DEPS
from pod.errors import UnauthorizedError
from protocol.canonical import parse_json
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_ITEM_DEPTH, MAX_RECORD_BYTES

BEARER = "Bearer "


async def account_of(request: web.Request) -> Account:
    """The account whose API token the request carries; raises UnauthorizedError."""
    field = request.headers.get("Authorization", "")
    if field.startswith(BEARER) and field.isascii():
        async with request.app[DEPS].database.read() as session:
            account = await load_account_by_token(session, token_hash(field.removeprefix(BEARER)))
        if account is not None:
            return account
    raise UnauthorizedError("This needs an API token: `Authorization: Bearer …`.")


async def object_of(request: web.Request, *, most: int) -> dict[str, Any]:
    """The request's JSON object of at most `most` bytes; raises MalformedError or TooLargeError."""
    body = parse_json(await request.read(), max_bytes=most, max_depth=MAX_ITEM_DEPTH)
    if not isinstance(body, dict):
        raise MalformedError("The body must be a JSON object.")
    return body


async def body_of(request: web.Request) -> dict[str, Any]:
    """What a person asks to have signed or done; raises MalformedError or TooLargeError."""
    body = await object_of(request, most=2 * MAX_RECORD_BYTES)
    if "proof" in body:
        raise MalformedError("The body must not have a `proof`: the pod signs.")
    return body


def group_of(request: web.Request) -> RecordId:
    """The group that the path names; raises MalformedError."""
    return parse_id(request.match_info["group"])


def number_of(request: web.Request, name: str) -> int:
    """A cursor in the query, 0 when absent; raises MalformedError."""
    value = request.query.get(name, "0")
    if not value.isdecimal() or len(value) > 16:
        raise MalformedError(f"`{name}` must be a number.")
    return int(value)


def answer(document: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A JSON answer."""
    return web.Response(body=msgspec.json.encode(document), status=status.value, content_type="application/json")
