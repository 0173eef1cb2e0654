"""A group's chain, log and single records over HTTP, each in its signed form."""

from __future__ import annotations

from aiohttp import web

from pod.actions.reading.group import records_and_items as reading
from pod.api import shapes
from pod.api.callers import answer, group_of, id_of, query_of, reader_of
from pod.app_keys import DEPS
from pod.contracts import contract

routes = web.RouteTableDef()


@routes.get("/api/v1/groups/{group}/items")
@contract("reader", query=shapes.FromQuery, answer=reading.ItemPage)
async def get_items(request: web.Request) -> web.Response:
    """The items on the way to the head, from a height on."""
    deps, query, reader = request.app[DEPS], query_of(request, shapes.FromQuery), await reader_of(request)
    return answer(await reading.list_items(deps, reader, group_of(request), start=query.start, limit=query.limit))


@routes.get("/api/v1/groups/{group}/log")
@contract("reader", query=shapes.FromQuery, answer=reading.EntryPage)
async def get_entries(request: web.Request) -> web.Response:
    """The log's entries from an index on, in the steward's order."""
    deps, query, reader = request.app[DEPS], query_of(request, shapes.FromQuery), await reader_of(request)
    return answer(await reading.list_entries(deps, reader, group_of(request), start=query.start, limit=query.limit))


@routes.get("/api/v1/groups/{group}/records/{record}")
@contract("reader", answer=reading.RecordSight)
async def get_record(request: web.Request) -> web.Response:
    """One record of the group, its place in the log, and the steward's receipt for it if there is one."""
    deps, reader = request.app[DEPS], await reader_of(request)
    return answer(await reading.describe_record(deps, reader, group_of(request), id_of(request, "record")))
