"""A page for each group, the same for everybody: what is private has none."""

from __future__ import annotations

from aiohttp import web

from moderation.lens import Lens
from pod.actions.reading import describe_group
from pod.actions.reading.groups import load_names
from pod.actions.reading.posts import list_posts
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.rendering import held, render
from pod.web.views import GroupView, group_view
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id

routes = web.RouteTableDef()
POSTS_ON_A_PAGE = 50


@routes.get("/g/{group}")
@contract(media_type=HTML)
@held
async def get_group_page(request: web.Request) -> web.Response:
    """The page of a group: what it is, who keeps it, its posts."""
    view = await _group_view(request, parse_id(request.match_info["group"]))
    return render(request, "group.html", view)


async def _group_view(request: web.Request, group: RecordId) -> GroupView:
    deps, before = request.app[DEPS], _cursor(request)
    seen = await describe_group(deps, group)
    page = await list_posts(deps, None, group, Lens((group,)), before=before, limit=POSTS_ON_A_PAGE)
    numbers = {*seen.keepers, *(line.author for line in page.posts)}
    return group_view(seen, page, await load_names(deps, group, numbers))


def _cursor(request: web.Request) -> int | None:
    value = request.query.get("before")
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 15:
        raise MalformedError("`before` must be a number.")
    return int(value)
