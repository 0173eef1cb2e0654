"""API: a person reads their account and manages its tokens."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from aiohttp import web

from pod.actions.accounts.api_tokens import list_own_tokens, make_token_by, revoke_own_token
from pod.actions.accounts.fresh_proofs import mail_token_code, prove_token
from pod.actions.admin.pod_settings import pod_name, read_settings
from pod.actions.fediverse.actor_documents import load_person
from pod.actions.reading.person.memberships import list_own_memberships
from pod.api import shapes, token_shapes
from pod.api.callers import account_of, answer, held_token_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.letters.decisions import token_letter
from pod.requests import address_of
from pod.translations import DEFAULT, translator_for
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
@contract("account", answer=token_shapes.Tokens)
async def get_tokens(request: web.Request) -> web.Response:
    """The account's tokens, revoked ones too, the latest first."""
    tokens = await list_own_tokens(request.app[DEPS], await account_of(request))
    return answer(
        token_shapes.Tokens(
            tuple(token_shapes.TokenLine(t.name, t.created_at, t.revoked_at, t.decides) for t in tokens)
        )
    )


@routes.post("/api/v1/me/tokens")
@contract("account", body=token_shapes.TokenWish, answer=token_shapes.NewToken, status=HTTPStatus.CREATED)
async def post_token(request: web.Request) -> web.Response:
    """Make a token; it is shown this once, and ends with the one that asked for it."""
    held, wish = await held_token_of(request), await wish_of(request, token_shapes.TokenWish)
    token = await make_token_by(request.app[DEPS], held, wish.name, decides=wish.decide)
    return answer(token_shapes.NewToken(wish.name, token), HTTPStatus.CREATED)


@routes.delete("/api/v1/me/tokens/{name}")
@contract("account", answer=shapes.Nothing)
async def delete_token(request: web.Request) -> web.Response:
    """Revoke the token of this name."""
    await revoke_own_token(request.app[DEPS], await account_of(request), request.match_info["name"])
    return answer(shapes.Nothing())


@routes.post("/api/v1/me/proof/mail")
@contract("account", answer=shapes.Nothing)
async def post_proof_mail(request: web.Request) -> web.Response:
    """Have a code mailed that proves this token."""
    deps, held = request.app[DEPS], await held_token_of(request)
    say, pod = translator_for(held.account.language or DEFAULT), pod_name(deps, await read_settings(deps))
    await mail_token_code(deps, held, partial(token_letter, say, pod))
    return answer(shapes.Nothing())


@routes.post("/api/v1/me/proof")
@contract("account", body=token_shapes.ProofWish, answer=token_shapes.Proved)
async def post_proof(request: web.Request) -> web.Response:
    """Prove that the token's owner is there: what decides is signed for it for some time."""
    deps, held, proof = request.app[DEPS], await held_token_of(request), await wish_of(request, token_shapes.ProofWish)
    return answer(token_shapes.Proved(await prove_token(deps, held, address_of(request), proof.code, proof.link)))


@routes.get("/api/v1/people/{name}")
@contract(answer=shapes.PersonLine)
async def get_person(request: web.Request) -> web.Response:
    """Somebody at home here: the personal group, by which people elsewhere follow."""
    async with request.app[DEPS].store.database.read() as session:
        person = await load_person(session, request.app[DEPS], request.match_info["name"])
    return answer(shapes.PersonLine(person.name, person.state.group))
