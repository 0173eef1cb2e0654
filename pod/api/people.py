"""API: a person reads their account and manages its tokens."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pod.actions.accounts.api_tokens import list_own_tokens, make_token, revoke_own_token
from pod.actions.fediverse.actor_documents import load_person
from pod.actions.reading.person.memberships import list_own_memberships
from pod.api import shapes
from pod.api.callers import account_of, answer, token_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract
from protocol.limits import FEW_RECOVERY_KEYS

routes = web.RouteTableDef()


@routes.get("/api/v1/me")
@contract("account", answer=shapes.Me)
async def get_me(request: web.Request) -> web.Response:
    """The account behind the token, with its memberships."""
    account = await account_of(request)
    memberships, left = await list_own_memberships(request.app[DEPS], account)
    groups = tuple(
        shapes.MembershipLine(entry.group_id, entry.number, entry.state, entry.recovery_index) for entry in memberships
    )
    return answer(shapes.Me(account.name, account.personal_group, left, left < FEW_RECOVERY_KEYS, groups))


@routes.get("/api/v1/me/tokens")
@contract("account", answer=shapes.Tokens)
async def get_tokens(request: web.Request) -> web.Response:
    """The account's tokens, revoked ones too, the latest first."""
    tokens = await list_own_tokens(request.app[DEPS], await account_of(request))
    return answer(shapes.Tokens(tuple(shapes.TokenLine(t.name, t.created_at, t.revoked_at) for t in tokens)))


@routes.post("/api/v1/me/tokens")
@contract("account", body=shapes.TokenWish, answer=shapes.NewToken, status=HTTPStatus.CREATED)
async def post_token(request: web.Request) -> web.Response:
    """Make a token; it is shown this once, and ends with the one that asked for it."""
    account, wish = await account_of(request), await wish_of(request, shapes.TokenWish)
    token = await make_token(request.app[DEPS], account, wish.name, by=token_of(request))
    return answer(shapes.NewToken(wish.name, token), HTTPStatus.CREATED)


@routes.delete("/api/v1/me/tokens/{name}")
@contract("account", answer=shapes.Nothing)
async def delete_token(request: web.Request) -> web.Response:
    """Revoke the token of this name."""
    await revoke_own_token(request.app[DEPS], await account_of(request), request.match_info["name"])
    return answer(shapes.Nothing())


@routes.get("/api/v1/people/{name}")
@contract(answer=shapes.PersonLine)
async def get_person(request: web.Request) -> web.Response:
    """Somebody at home here: the personal group, by which people elsewhere follow."""
    async with request.app[DEPS].store.database.read() as session:
        person = await load_person(session, request.app[DEPS], request.match_info["name"])
    return answer(shapes.PersonLine(person.name, person.state.group))
