"""The actors of this pod, each with its keys, outbox and followers."""

from __future__ import annotations

from aiohttp import web

from pod.actions.fediverse import actor_documents
from pod.activitypub.documents import answer, path_of, shared, show
from pod.app_keys import DEPS
from protocol.ids import parse_id

routes = web.RouteTableDef()


@routes.get("/actor")
@shared
async def get_pod_actor(request: web.Request) -> web.Response:
    """The pod's own actor."""
    return show(request, await actor_documents.pod_actor(request.app[DEPS]))


@routes.get("/u/{name}")
@shared
async def get_person(request: web.Request) -> web.Response:
    """A local person's actor."""
    document = await actor_documents.person_actor(request.app[DEPS], request.match_info["name"])
    return show(request, document)


@routes.get("/groups/{group}")
@shared
async def get_group(request: web.Request) -> web.Response:
    """A group's actor."""
    document = await actor_documents.group_actor(request.app[DEPS], parse_id(request.match_info["group"]))
    return show(request, document)


@routes.get("/u/{name}/outbox")
@routes.get("/groups/{group}/outbox")
async def get_outbox(request: web.Request) -> web.Response:
    """The actor's outbox; with `before`, a page of it."""
    deps, before = request.app[DEPS], request.query.get("before")
    if before is None:
        return answer(await actor_documents.outbox(deps, path_of(request)))
    return answer(await actor_documents.outbox_page(deps, path_of(request), before))


@routes.get("/u/{name}/followers")
@routes.get("/groups/{group}/followers")
async def get_followers(request: web.Request) -> web.Response:
    """How many follow the actor."""
    return answer(await actor_documents.followers(request.app[DEPS], path_of(request)))
