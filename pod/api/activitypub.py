"""Actors of this pod, and the inbox: size limit, raw bytes, proof of the sender, then the one door."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from aiohttp import web

from federation.receive import receive
from federation.signatures import SignedRequest, VerificationKey
from federation.signatures.keys import find_actor_key
from pod.actions.arriving import arrive
from pod.actions.reading import describe_group
from pod.api.asking import group_of
from pod.app_keys import DEPS, POLICY, PUBLIC_PEM, REPLAY
from protocol.canonical import JsonObject

routes = web.RouteTableDef()
AS2 = "application/activity+json"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
KEYS: web.AppKey[dict[str, VerificationKey]] = web.AppKey("known_keys")
MOST_KEYS = 10_000


def _actor(own_id: str, base_url: str, pem: str, **members: Any) -> web.Response:
    document: JsonObject = {
        "@context": CONTEXT,
        "id": own_id,
        "inbox": f"{base_url}/inbox",
        "outbox": f"{own_id}/outbox",
        "endpoints": {"sharedInbox": f"{base_url}/inbox"},
        "publicKey": {"id": f"{own_id}#main-key", "owner": own_id, "publicKeyPem": pem},
        **members,
    }
    return web.json_response(document, content_type=AS2, headers={"Vary": "Accept, Signature"})


@routes.get("/actor")
async def get_pod_actor(request: web.Request) -> web.Response:
    """The pod itself."""
    base_url = request.app[DEPS].base_url
    return _actor(f"{base_url}/actor", base_url, request.app[PUBLIC_PEM], type="Application", preferredUsername="pod")


@routes.get("/groups/{group}")
async def get_group_actor(request: web.Request) -> web.Response:
    """A group as an actor of this pod."""
    deps, group = request.app[DEPS], group_of(request)
    described = await describe_group(deps, group)
    own_id = f"{deps.base_url}/groups/{group}"
    return _actor(
        own_id, deps.base_url, request.app[PUBLIC_PEM], type="Group", preferredUsername=group, name=described.name
    )


@routes.post("/inbox")
async def post_inbox(request: web.Request) -> web.Response:
    """Take an activity: 202 once its record is stored."""
    deps = request.app[DEPS]
    signed = SignedRequest(
        method=request.method,
        target=request.raw_path,
        authority=request.headers.get("Host", ""),
        scheme=deps.base_url.split(":", maxsplit=1)[0],
        headers=tuple(request.headers.items()),
        body=await request.read(),
    )

    async def find_key(key_id: str) -> VerificationKey:
        return await _find_key(request.app, key_id)

    verified = await receive(signed, request.app[POLICY], find_key, request.app[REPLAY], now=deps.clock())

    await arrive(deps, verified, now=deps.clock())
    return web.Response(status=HTTPStatus.ACCEPTED.value)


async def _find_key(app: web.Application, key_id: str) -> VerificationKey:
    keys = app[KEYS]
    if key_id not in keys:
        if len(keys) >= MOST_KEYS:
            keys.clear()
        document = await app[DEPS].http.get_document(key_id.split("#", maxsplit=1)[0])
        keys[key_id] = find_actor_key(document.content, key_id)
    return keys[key_id]
