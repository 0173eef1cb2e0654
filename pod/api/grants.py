"""What a pod to which somebody moves asks of their old one: to read the account, then its classes, page by page."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from pod.actions.moving.asked_grants import ask_grant
from pod.actions.moving.grant_messages import (
    ClassPage,
    ConsentPage,
    GivenGrant,
    LeftBehind,
    ShownCode,
    WantedGrant,
)
from pod.actions.moving.grants import (
    OpenGrant,
    granted_manifest,
    granted_marks,
    granted_plan,
    open_grant,
    read_granted,
    redeem_code,
)
from pod.actions.moving.taken_copies import LeafPage, leaves_of
from pod.api.callers import answer, pod_of, query_of, wish_of
from pod.app_keys import DEPS
from pod.contracts import contract

routes = web.RouteTableDef()
MANIFEST: Final = "manifest of a grant"
MARKS: Final = "marks of a grant"


class ClassQuery(msgspec.Struct, frozen=True, rename={"after": "from"}):
    """The cursor: the key of the last line that the asking pod has; empty for the beginning.

    `until`: no line is wanted whose key isn't below it.
    """

    after: str = ""
    until: str = ""


class LeafQuery(msgspec.Struct, frozen=True, rename={"after": "from"}):
    """The cursor, as of lines."""

    after: str = ""


@routes.post("/moves/asked")
@contract("pod", body=WantedGrant, answer=ConsentPage)
async def post_asked_grant(request: web.Request) -> web.Response:
    """A pod asks to copy an account that is at home here; the answer says where its person agrees or refuses."""
    asker = await pod_of(request)
    return answer(await ask_grant(request.app[DEPS], asker, await wish_of(request, WantedGrant)))


@routes.post("/moves/grants")
@contract("pod", body=ShownCode, answer=GivenGrant)
async def post_code(request: web.Request) -> web.Response:
    """The same pod shows the code with which the person's browser came back, and gets a grant for it, once."""
    asker = await pod_of(request)
    return answer(await redeem_code(request.app[DEPS], asker, await wish_of(request, ShownCode)))


@routes.get("/moves/{grant}/manifest")
@contract("pod", answer=dict[str, Any])
async def get_manifest(request: web.Request) -> web.Response:
    """Count, bytes and root of each class that the grant holds, signed by the person's key."""
    return answer(await granted_manifest(request.app[DEPS], await _opened(request, MANIFEST)))


@routes.get("/moves/{grant}/plan")
@contract("pod", answer=LeftBehind)
async def get_plan(request: web.Request) -> web.Response:
    """What doesn't simply come along: private groups that weren't ticked, open invitations, joins, keepers' seats."""
    return answer(await granted_plan(request.app[DEPS], await _opened(request, MANIFEST)))


@routes.get("/moves/{grant}/classes/{name}")
@contract("pod", query=ClassQuery, answer=ClassPage)
async def get_class(request: web.Request) -> web.Response:
    """Lines of a class that the grant holds, after cursor `from`, and `next`, the cursor to go on from."""
    opened, query = await _opened(request), query_of(request, ClassQuery)
    page = await read_granted(request.app[DEPS], opened, request.match_info["name"], query.after, query.until)
    return answer(ClassPage([msgspec.Raw(line.text) for line in page.lines], page.next))


@routes.get("/moves/{grant}/leaves/{name}")
@contract("pod", query=LeafQuery, answer=LeafPage)
async def get_leaves(request: web.Request) -> web.Response:
    """The same lines as hashes by their keys, for a pod that compares its copy line by line."""
    opened, after = await _opened(request), query_of(request, LeafQuery).after
    return answer(leaves_of(await read_granted(request.app[DEPS], opened, request.match_info["name"], after)))


@routes.get("/moves/{grant}/marks")
@contract("pod", answer=dict[str, str])
async def get_marks(request: web.Request) -> web.Response:
    """For each class that the grant holds, a text that stays the same as long as its lines do."""
    return answer(await granted_marks(request.app[DEPS], await _opened(request, MARKS)))


async def _opened(request: web.Request, counted: str = "") -> OpenGrant:
    asker = await pod_of(request)
    return await open_grant(request.app[DEPS], asker, request.match_info["grant"], counted=counted)
