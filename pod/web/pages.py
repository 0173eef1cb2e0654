"""A page for each group and each post, the same for everybody: what is private has none."""

from __future__ import annotations

import mimetypes

from aiohttp import web
from aiohttp.typedefs import Handler

from moderation.lens import Lens
from pod.actions.reading import describe_group
from pod.actions.reading.groups import load_names
from pod.actions.reading.posts import describe_post, list_posts
from pod.actions.reading.votes import explain_score
from pod.app_keys import DEPS
from pod.contracts import HTML, contract, contract_of
from pod.errors import NotFoundError, status_of
from pod.web.rendering import render, static_file, version_of
from pod.web.views import GroupView, PostView, ProblemView, group_view, post_view
from protocol.errors import MalformedError, RefusedError
from protocol.ids import RecordId, parse_id
from protocol.records.content import PostTarget

routes = web.RouteTableDef()
POSTS_ON_A_PAGE = 50
FOR_EVER = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


@routes.get("/g/{group}")
@contract(media_type=HTML)
async def get_group_page(request: web.Request) -> web.Response:
    """The page of a group: what it is, who keeps it, its posts."""
    return render("group.html", await _group_view(request, parse_id(request.match_info["group"])))


async def _group_view(request: web.Request, group: RecordId) -> GroupView:
    deps, before = request.app[DEPS], _cursor(request)
    seen = await describe_group(deps, group)
    page = await list_posts(deps, None, group, Lens((group,)), before=before, limit=POSTS_ON_A_PAGE)
    numbers = {*seen.keepers, *(line.author for line in page.posts)}
    return group_view(seen, page, await load_names(deps, group, numbers))


@routes.get("/g/{group}/posts/{post}")
@contract(media_type=HTML)
async def get_post_page(request: web.Request) -> web.Response:
    """The page of a post: its text as the group shows it, what is hidden, and why."""
    group, post = (parse_id(request.match_info[name]) for name in ("group", "post"))
    return render("post.html", await _post_view(request, group, post))


async def _post_view(request: web.Request, group: RecordId, post: RecordId) -> PostView:
    deps = request.app[DEPS]
    seen = await describe_group(deps, group)
    shown = await describe_post(deps, None, group, post, Lens((group,)))
    explained = await explain_score(deps, None, group, PostTarget(post))
    numbers = {shown.author, *(paragraph.author for paragraph in shown.paragraphs)}
    return post_view(seen, shown, explained, await load_names(deps, group, numbers))


@routes.get("/static/{name}")
@contract(media_type="text/css")
async def get_static_file(request: web.Request) -> web.Response:
    """A stylesheet or picture of the pages; one asked for by its version never changes."""
    name = request.match_info["name"]
    body = static_file(name)
    if body is None:
        raise NotFoundError("There is no such file.")
    headers = {"Cache-Control": FOR_EVER if request.query.get("v") == version_of(name) else AN_HOUR}
    headers |= {"ETag": f'"{version_of(name)}"', "X-Content-Type-Options": "nosniff"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=mimetypes.guess_type(name)[0], headers=headers)


@web.middleware
async def show_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A refusal of a page is a page."""
    stated = contract_of(request.match_info.handler)
    try:
        return await handler(request)
    except RefusedError as refusal:
        if stated is None or stated.media_type != HTML:
            raise
        status = status_of(refusal)
        return render("problem.html", ProblemView(status.phrase, str(refusal)), status)


def _cursor(request: web.Request) -> int | None:
    value = request.query.get("before")
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()) or len(value) > 15:
        raise MalformedError("`before` must be a number.")
    return int(value)
