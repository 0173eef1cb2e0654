"""Records as objects and activities that other software can fetch."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from pod.actions.fediverse.post_documents import ShownDocument, show_activity, show_record
from pod.activitypub.documents import shared, show
from pod.app_keys import DEPS
from protocol.ids import parse_id

routes = web.RouteTableDef()


@routes.get("/records/{record}")
@shared
async def get_record(request: web.Request) -> web.Response:
    """A record as an object; a post as Note or Article."""
    shown = await show_record(request.app[DEPS], parse_id(request.match_info["record"]))
    return _answer(request, shown)


@routes.get("/activities/{record}")
@shared
async def get_activity(request: web.Request) -> web.Response:
    """The activity that carries a record."""
    return _answer(request, await show_activity(request.app[DEPS], parse_id(request.match_info["record"])))


def _answer(request: web.Request, shown: ShownDocument) -> web.Response:
    status = HTTPStatus.GONE if shown.gone else HTTPStatus.OK
    return show(request, shown.document, page=shown.page, status=status)
