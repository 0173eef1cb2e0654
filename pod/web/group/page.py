"""A group's page: its posts in a lens with a count of the hidden ones, and what the reader can do here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from aiohttp import web

from models.content.places import LogPlace
from moderation.lens import Lens
from pod.actions.reading.group.post_list import GroupPosts, list_group_posts
from pod.app_keys import DEPS
from pod.contracts import HTML, contract
from pod.translations import Translator
from pod.web.group.page_frame import PageFrame, load_frame
from pod.web.group.post_rows import PostLineView, group_rows
from pod.web.kit.leads_elsewhere import leads_to_new_pod
from pod.web.kit.lens_bar import LensBar, lens_of, load_lens_bar
from pod.web.kit.queries import place_before, with_query
from pod.web.kit.templates import held, render
from pod.web.kit.visitors import reader_of, say_of
from protocol.ids import RecordId

routes = web.RouteTableDef()
ON_A_PAGE = 50


class GroupView(msgspec.Struct, frozen=True):
    """The page of a group. `show` and `hide` lead to the same page with and without what is hidden."""

    frame: PageFrame
    lens: LensBar
    rows: tuple[PostLineView, ...]
    hidden: str
    show: str
    hide: str
    older: str
    empty: bool
    alternate: str


@routes.get("/g/{group}")
@contract("reader", media_type=HTML)
@held
async def get_group_page(request: web.Request) -> web.Response:
    """A group: its posts in a lens, the last in its log first."""
    seen, frame = await load_frame(request, "posts")
    if (elsewhere := await leads_to_new_pod(request, seen.group)) is not None:
        return elsewhere
    own = seen.membership.number if seen.membership else None
    view = await _view(request, frame, lens_of(request, seen.group), own)
    return render(request, "group/group.html", view)


async def _view(request: web.Request, frame: PageFrame, lens: Lens, own: int | None) -> GroupView:
    """The page; hidden posts are on it if the reader asks for them, or wrote them (`own`: the reader's number)."""
    say, reader, before = say_of(request), reader_of(request), place_before(request)
    everything = request.query.get("show") == "all"
    posts = await list_group_posts(request.app[DEPS], reader, frame.group, lens, before=before, limit=ON_A_PAGE)
    rows = await _rows(request, frame.group, lens, before, posts)
    told = hidden_sentence(say, sum(bool(row.note) for row in rows))
    fields = _kept(request)
    here = [*fields, ("before", "" if before is None else str(before))]
    following = posts.page.next
    older = [*fields, ("before", str(following)), ("show", "all" if everything else "")]
    return GroupView(
        frame=frame,
        lens=await load_lens_bar(request, lens, usual=(frame.group,), counts=(told,) if told else ()),
        rows=tuple(
            row
            for row, line in zip(rows, posts.page.posts, strict=True)
            if everything or not row.note or (line.group, line.author) == (frame.group, own)
        ),
        hidden=told,
        show="" if everything else with_query(request.path, [*here, ("show", "all")]),
        hide=with_query(request.path, here) if everything else "",
        older="" if following is None else with_query(request.path, older),
        empty=not posts.page.posts and before is None,
        alternate=f"/groups/{frame.group}",
    )


async def _rows(
    request: web.Request, group: RecordId, lens: Lens, before: LogPlace | None, posts: GroupPosts
) -> Sequence[PostLineView]:
    say = say_of(request)

    async def make() -> Sequence[PostLineView]:
        return group_rows(say, group, posts)

    if not posts.plain:
        return await make()
    return await request.app[DEPS].store.remember(("rows", group, lens, before, say.language), make)


def _kept(request: web.Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query.items() if name in {"lens", "combine", "showing"}]


def hidden_sentence(say: Translator, hidden: int) -> str:
    """How many of a page's posts its lens hides; empty for none."""
    return say.many("%(count)s hidden here", "%(count)s hidden here", hidden) if hidden else ""
