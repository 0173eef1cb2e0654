"""WebFinger and NodeInfo: how other servers find this one's actors, and what it says of itself."""

from __future__ import annotations

from typing import Final, cast

import msgspec
from aiohttp import web

from federation import nodeinfo
from federation.content_types import JRD_JSON, PLAIN_JSON, XRD_XML
from federation.nodeinfo import Version
from federation.webfinger import host_meta, only_rels, parse_resource
from pod.actions.fediverse.actor_documents import node
from pod.actions.fediverse.webfinger_lookup import find_actor
from pod.activitypub.documents import shared
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.rules.requests import RequestRule
from protocol.canonical import JsonObject

routes = web.RouteTableDef()
SCHEMAS: Final = ("2.0", "2.1")


@routes.get("/.well-known/webfinger")
@contract(media_type=JRD_JSON)
@shared
async def get_webfinger(request: web.Request) -> web.Response:
    """The actor that `resource`, a handle or an address, means."""
    resource = parse_resource(request.query.get("resource", ""))
    descriptor = await find_actor(request.app[DEPS], resource)
    return _open(only_rels(descriptor, request.query.getall("rel", [])), JRD_JSON)


@routes.get("/.well-known/host-meta")
@contract(media_type=XRD_XML)
async def get_host_meta(request: web.Request) -> web.Response:
    """The address of WebFinger, for servers that ask here first (RFC 6415)."""
    headers = {"Content-Type": f"{XRD_XML}; charset=utf-8", "Access-Control-Allow-Origin": "*"}
    return web.Response(text=host_meta(f"{request.app[DEPS].identity.base_url}/"), headers=headers)


@routes.get("/.well-known/nodeinfo")
@contract(media_type=PLAIN_JSON)
async def get_nodeinfo(request: web.Request) -> web.Response:
    """The addresses of the NodeInfo documents."""
    base_url = request.app[DEPS].identity.base_url
    return _open(nodeinfo.discovery(f"{base_url}/", f"{base_url}/actor"), PLAIN_JSON)


@routes.get("/nodeinfo/{schema}")
@contract(media_type=PLAIN_JSON)
@shared
async def get_node(request: web.Request) -> web.Response:
    """NodeInfo 2.0 or 2.1."""
    schema = request.match_info["schema"]
    if schema not in SCHEMAS:
        raise RequestRule.NO_NODEINFO.error()
    known = cast("Version", schema)
    return _open(await node(request.app[DEPS], known), nodeinfo.content_type(known))


def _open(document: JsonObject, content_type: str) -> web.Response:
    """An answer that scripts of other sites may read."""
    headers = {"Content-Type": content_type, "Access-Control-Allow-Origin": "*"}
    return web.Response(body=msgspec.json.encode(document), headers=headers)
