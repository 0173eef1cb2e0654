"""API: what the operator's programs ask: whether the pod lives, is ready, and how much of everything it has."""

from __future__ import annotations

import asyncio
import hmac
from http import HTTPStatus
from typing import Literal

import msgspec
from aiohttp import web
from yarl import URL

from models.pod.metrics import measure
from pod.actions.admin.readiness import Hindrance, reasons_against
from pod.api.callers import answer, token_of
from pod.app_keys import DEPS, MEASURES
from pod.config import is_local
from pod.contracts import contract
from pod.measures import TEXT
from pod.rules.accounts import AccountRule
from pod.storage import storage_bytes

routes = web.RouteTableDef()
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"]


class Readiness(msgspec.Struct, frozen=True):
    """Whether the pod can do its work; if not, every reason."""

    status: Literal["ready", "not ready"]
    reasons: list[Hindrance]


@routes.get("/healthz")
@contract(answer=Health)
async def get_health(_: web.Request) -> web.Response:
    """Whether the process answers."""
    return answer(Health("ok"))


@routes.get("/readyz")
@contract(answer=Readiness)
async def get_readiness(request: web.Request) -> web.Response:
    """Whether the pod can do its work: 200, or 503 with the reasons."""
    reasons = await reasons_against(request.app[DEPS])
    if reasons:
        return answer(Readiness("not ready", reasons), HTTPStatus.SERVICE_UNAVAILABLE)
    return answer(Readiness("ready", []))


@routes.get("/metrics")
@contract(media_type="text/plain")
async def get_metrics(request: web.Request) -> web.Response:
    """How much there is of everything, for Prometheus on this machine or with the token of `[metrics]`."""
    deps = request.app[DEPS]
    if not _may_measure(request, deps.config.metrics.token):
        raise AccountRule.METRICS_ARE_LOCAL.error()
    async with deps.store.database.read() as session:
        measured = await measure(session)
    storage = await asyncio.to_thread(storage_bytes, deps.config)
    if measured.database_bytes is not None:
        storage["database"] = measured.database_bytes
    text = request.app[MEASURES].text(measured, storage, now=deps.clock())
    return web.Response(body=text, headers={"Content-Type": TEXT})


def _may_measure(request: web.Request, token: str) -> bool:
    """By the token; or from this machine, which a request that came by a proxy on it isn't."""
    if token and hmac.compare_digest(token_of(request).encode(), token.encode()):
        return True
    # A proxy keeps the host, which signatures cover; the snippets of `pod init` pass the client's address on.
    direct = not any(name in request.headers for name in FORWARDED)
    return direct and is_local(request.remote or "") and is_local(URL(f"//{request.host}").host or "")
