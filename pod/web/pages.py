"""A page for each post, the same for everybody: what is private has none."""

from __future__ import annotations

from aiohttp import web

from moderation.lens import Lens
from pod.actions.reading import describe_group
from pod.actions.reading.groups import load_names
from pod.actions.reading.posts import describe_post
from pod.actions.reading.votes import explain_score
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.web.rendering import held, render
from pod.web.views import PostView, post_view
from protocol.ids import RecordId, parse_id
from protocol.records.content import PostTarget

routes = web.RouteTableDef()


@routes.get("/g/{group}/posts/{post}")
@contract(media_type=HTML)
@held
async def get_post_page(request: web.Request) -> web.Response:
    """The page of a post: its text as the group shows it, what is hidden, and why."""
    group, post = (parse_id(request.match_info[name]) for name in ("group", "post"))
    return render(request, "post.html", await _post_view(request, group, post))


async def _post_view(request: web.Request, group: RecordId, post: RecordId) -> PostView:
    deps = request.app[DEPS]
    seen = await describe_group(deps, group)
    shown = await describe_post(deps, None, group, post, Lens((group,)))
    explained = await explain_score(deps, None, group, PostTarget(post))
    numbers = {shown.author, *(paragraph.author for paragraph in shown.paragraphs)}
    return post_view(seen, shown, explained, await load_names(deps, group, numbers))
