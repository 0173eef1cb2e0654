"""What each route takes and answers, stated beside its handler: the OpenAPI document is made from these.

A handler is decorated with `@contract(…)` below its route; the first paragraph of its docstring is the summary. A test
walks all routes and fails for one without.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from aiohttp import web

Who = Literal["anybody", "account", "reader", "puller", "actor", "pod", "admin"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
JSON = "application/json"
AS2 = "application/activity+json"
HTML = "text/html"
CSV = "text/csv"
ATOM = "application/atom+xml"
CALENDAR = "text/calendar"
SVG = "image/svg+xml"


@dataclass(frozen=True)
class Contract:
    """What a route takes and answers. `body` and `answer` are types for which msgspec has a schema, or None.

    `who`: *reader* is anybody, but for a private group only its members; *puller* the same, and the group's pods by
    signature; *pod* is another pod's server; *admin* is an admin of this pod.
    """

    who: Who = "anybody"
    query: type[msgspec.Struct] | None = None
    body: Any = None
    answer: Any = None
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = JSON


_CONTRACTS: dict[Handler, Contract] = {}


def contract(
    who: Who = "anybody",
    *,
    query: type[msgspec.Struct] | None = None,
    body: Any = None,
    answer: Any = None,
    status: HTTPStatus = HTTPStatus.OK,
    media_type: str = JSON,
) -> Callable[[Handler], Handler]:
    """State what the handler takes and answers."""

    def state(handler: Handler) -> Handler:
        _CONTRACTS[handler] = Contract(who, query, body, answer, status, media_type)
        return handler

    return state


def contract_of(handler: Any) -> Contract | None:
    """The contract of a route's handler. Routes of ActivityPub are described as AS2, without shapes."""
    stated = _CONTRACTS.get(handler)
    if stated is None and "activitypub" in getattr(handler, "__module__", "").split("."):
        return Contract(media_type=AS2)
    return stated
