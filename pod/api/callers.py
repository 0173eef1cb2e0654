"""Who calls the API (an account by token, a pod by signature), and how bodies and queries are read strictly."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypeVar, get_origin, get_type_hints

import msgspec
from aiohttp import web

from federation.readers import VerifiedPod, VerifiedReader, receive_reader
from models.people.accounts import Account, HeldToken, load_token
from pod.actions.access import Viewer, is_open
from pod.actions.groups.founding import token_hash
from pod.actions.signer import TokenHolder
from pod.app_keys import DEPS, KEYS, POLICY, REPLAY
from pod.blocked_hosts import for_a_move
from pod.budgets.payers import pay_as
from pod.requests import as_signed
from pod.rules.accounts import AccountRule
from pod.rules.requests import RequestRule
from protocol.canonical import parse_json
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_ITEM_DEPTH, MAX_RECORD_BYTES

BEARER = "bearer"
OF_MOVES = ("/moves/", "/switches/")
T = TypeVar("T", bound=msgspec.Struct)


async def account_of(request: web.Request) -> Account:
    """The account whose API token the request carries; raises UnauthorizedError."""
    return (await held_token_of(request)).account


async def signer_of(request: web.Request) -> TokenHolder:
    """The program that has something signed; raises UnauthorizedError."""
    held = await held_token_of(request)
    return TokenHolder(held.account, held.decides, held.proved_at)


async def held_token_of(request: web.Request) -> HeldToken:
    """The token that the request carries, with its account; raises UnauthorizedError."""
    held = await _held_token(request)
    if held is None:
        raise AccountRule.TOKEN_NEEDED.error()
    return held


async def reader_of(request: web.Request) -> Account | None:
    """Who reads: the token's account; None without a token. Raises UnauthorizedError for an unknown token."""
    held = await _held_token(request)
    return held.account if held is not None else None


async def _held_token(request: web.Request) -> HeldToken | None:
    if not request.headers.get("Authorization"):
        return None
    if token := token_of(request):
        async with request.app[DEPS].store.database.read() as session:
            held = await load_token(session, token_hash(token))
        if held is not None:
            await pay_as(request, held.account)
            return held
    raise AccountRule.UNKNOWN_TOKEN.error()


def token_of(request: web.Request) -> str:
    """The API token that the request carries; empty if it carries none. A scheme has no case (RFC 9110, 11.1)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER and token.isascii() else ""


async def puller_of(request: web.Request, group: RecordId) -> Viewer:
    """Who pulls from `group`: the account of a token, or the signer; None for a request with neither.

    A signature isn't looked at where anybody may read. Elsewhere, and where there is no such group, one that proves
    nothing is refused alike.
    """
    account = await reader_of(request)
    if account is not None or await is_open(request.app[DEPS], group):
        return account
    return await _signer_of(request)


async def pod_of(request: web.Request) -> VerifiedPod:
    """The pod that signed the request; raises UnauthorizedError."""
    signer = await _signer_of(request)
    if not isinstance(signer, VerifiedPod):
        raise RequestRule.POD_SIGNATURE.error()
    return signer


async def _signer_of(request: web.Request) -> VerifiedReader | None:
    app = request.app
    signed = await as_signed(request)
    with for_a_move(really=request.path.startswith(OF_MOVES)):
        signer = await receive_reader(signed, app[POLICY], app[KEYS], app[REPLAY], now=app[DEPS].clock())
    if isinstance(signer, VerifiedPod):
        app[DEPS].signals.heard(signer.actor, None)
    return signer


async def object_of(request: web.Request, *, most: int) -> dict[str, Any]:
    """The request's JSON object of at most `most` bytes; raises MalformedError or TooLargeError."""
    body = parse_json(await request.read(), max_bytes=most, max_depth=MAX_ITEM_DEPTH)
    if not isinstance(body, dict):
        raise RequestRule.BODY_IS_OBJECT.error()
    return body


async def wish_of(request: web.Request, kind: type[T]) -> T:
    """The body as a value of `kind`, which says whether other members are refused; raises MalformedError."""
    return convert(await object_of(request, most=2 * MAX_RECORD_BYTES), kind)


async def members_of(request: web.Request, kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Members of a record to be signed, of the shape of `kind`; others are kept and signed over, as in any record."""
    body = await object_of(request, most=2 * MAX_RECORD_BYTES)
    if "proof" in body:
        raise RequestRule.BODY_WITH_PROOF.error()
    convert(body, kind)
    return body


def query_of(request: web.Request, kind: type[T]) -> T:
    """The query as a value of `kind`; raises MalformedError for what it doesn't know."""
    names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    hints = get_type_hints(kind)
    many = {name for name, attribute in names.items() if get_origin(hints[attribute]) is list}
    told = {name: request.query.getall(name) if name in many else request.query[name] for name in request.query}
    return convert(told, kind, of="The query", strict=False)


def convert(value: object, kind: type[T], *, of: str = "The body", strict: bool = True) -> T:
    """A value of `kind`, or MalformedError with what is wrong where."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise RequestRule.ODD_BODY.error(of=of, why=str(error)) from error


def group_of(request: web.Request) -> RecordId:
    """The group that the path names; raises MalformedError."""
    return id_of(request, "group")


def id_of(request: web.Request, name: str) -> RecordId:
    """An id in the path; raises MalformedError."""
    return parse_id(request.match_info[name])


def number_of(request: web.Request, name: str) -> int:
    """A cursor in the query, 0 when absent; raises MalformedError."""
    return _natural(name, request.query.get(name, "0"))


def path_number_of(request: web.Request, name: str) -> int:
    """A number in the path; raises MalformedError."""
    return _natural(name, request.match_info[name])


def _natural(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal()) or len(value) > 15:
        raise RequestRule.NUMBER_NEEDED.error(name=name)
    return int(value)


def answer(document: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A JSON answer."""
    return web.Response(body=msgspec.json.encode(document), status=status.value, content_type="application/json")
