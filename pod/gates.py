"""Gates before a route's handler: each says which routes it concerns, and requests of others do not pass it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from pod.contracts import HTML, contract_of


def every(_: UrlMappingMatchInfo) -> bool:
    """Every route, and requests without a route."""
    return True


def unmatched(match: UrlMappingMatchInfo) -> bool:
    """Requests for which there is no route."""
    return match.route.resource is None


def pages(match: UrlMappingMatchInfo) -> bool:
    """Routes that answer with a page."""
    stated = contract_of(match.handler)
    return stated is not None and stated.media_type == HTML


class Gate(NamedTuple):
    """A middleware, and the routes that it concerns."""

    middleware: Middleware
    concerns: Callable[[UrlMappingMatchInfo], bool] = every


def through(gates: Sequence[Gate]) -> Middleware:
    """One middleware that runs all gates, the first one outermost; the gates of a route are chosen only once."""
    known: dict[web.AbstractRoute, Handler] = {}

    @web.middleware
    def passed(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        match = request.match_info
        if (whole := known.get(match.route)) is None:
            whole = handler
            for gate in reversed(gates):
                if gate.concerns(match):
                    whole = partial(gate.middleware, handler=whole)
            if match.route.resource is not None:  # without a route, aiohttp makes a new object each time
                known[match.route] = whole
        return whole(request)

    return passed
