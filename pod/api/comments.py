"""API: what people say about a poll and its parts, in posts that answer its record."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from pod.actions.reading.decisions.talk import read_talk
from pod.actions.reading.post.reply_sights import ReplySight
from pod.api import shapes
from pod.api.callers import answer, group_of, id_of, query_of, reader_of
from pod.app_keys import DEPS
from pod.contracts import contract
from pod.cursors import place_in
from protocol.ids import RecordId
from protocol.records.content.shapes import Id, Paragraph

routes = web.RouteTableDef()


class CommentsQuery(shapes.LensQuery, frozen=True, forbid_unknown_fields=True):
    """Comments on the poll, or on its proposal or prediction `about`, after a cursor."""

    about: Id | None = None
    after: str | None = None


class CommentLine(Struct, frozen=True):
    """A comment: `group` and `author` (its number there) wrote it; it has no `paragraphs` where the lens hides it.

    `answers`: how many posts answer it.
    """

    post: RecordId
    group: RecordId
    author: int
    at: int
    score: int
    shown: bool
    paragraphs: tuple[Paragraph, ...]
    answers: int


class CommentPage(Struct, frozen=True):
    """Comments in the order of the log; `next` is the `after` of the next page.

    `counts`: how many the poll, each proposal and each prediction has, where there are any.
    """

    comments: tuple[CommentLine, ...]
    counts: dict[str, int]
    next: str | None


@routes.get("/api/v1/groups/{group}/polls/{poll}/comments")
@contract("reader", query=CommentsQuery, answer=CommentPage)
async def get_comments(request: web.Request) -> web.Response:
    """Comments on a poll or on a part of it, in a lens."""
    deps, group, reader = request.app[DEPS], group_of(request), await reader_of(request)
    query, poll = query_of(request, CommentsQuery), id_of(request, "poll")
    after, about = place_in(query.after, "after"), query.about or poll
    seen = await read_talk(deps, reader, group, poll, query.lens_in(group), about=about, after=after)
    page = tuple(_line(one) for one in seen.comments)
    return answer(CommentPage(page, dict(seen.counts), str(seen.next) if seen.next else None))


def _line(one: ReplySight) -> CommentLine:
    card, paragraphs = one.card, one.paragraphs if one.shown else ()
    return CommentLine(card.id, card.group_id, card.author, card.at or 0, one.score, one.shown, paragraphs, one.answers)
