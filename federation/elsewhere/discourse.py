"""Discourse: topics as its pages give them in JSON (`/t/1.json`, one or a list), and the table of one's own posts.

A topic's first post opens the thread; the others answer it, or the post that they name. Small actions of moderators
and whispers, which only the staff read, aren't taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from msgspec.structs import replace

from federation.elsewhere.foreign_html import read_html, read_plain, writable
from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost, date_ms, text_of, text_refusal
from federation.elsewhere.json_entries import decoded, json_entries
from federation.elsewhere.rows import FileBounds, RefusedRow
from federation.elsewhere.tables import table_rows
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.limits import MAX_NAME_LENGTH

_REGULAR: Final = (1, None)  # post_type: 2 is a moderator's, 3 a small action, 4 a whisper
_MODERATORS: Final = 2


def read_discourse(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    """The posts of one topic's file, or of a list of topics; a row is a post, counted through the file."""
    row = 0
    for topic, refused in _topics(stream, file, bounds):
        shown = topic.get("post_stream")
        posts = shown.get("posts") if isinstance(shown, dict) else None
        if not isinstance(posts, list):
            row += 1
            yield RefusedRow(file, row, refused or ElsewhereRule.ROW_ODD.refused(what="post_stream"))
            continue
        for post in posts:
            row += 1
            read = _read_post(post, topic, file, row)
            yield RefusedRow(file, row, read) if isinstance(read, Refused) else read


def read_discourse_csv(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    """The table of one's own posts; it names neither author nor answers, so each post stands alone."""
    for row, cells in table_rows(stream, file, bounds):
        read = cells if isinstance(cells, Refused) else _read_row(cells, file, row)
        yield RefusedRow(file, row, read) if isinstance(read, Refused) else read


def _topics(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[tuple[dict[str, Any], Refused | None]]:
    if stream.peek(64).lstrip().startswith(b"["):
        for _, value, refused in json_entries(stream, file, (), replace(bounds, row_bytes=bounds.small)):
            yield (value, refused) if isinstance(value, dict) else ({}, refused or _odd())
        return
    raw = stream.read(bounds.small + 1)
    if len(raw) > bounds.small:
        raise ElsewhereRule.FILE_TOO_LARGE.error(file=file, most=bounds.small)
    value, refused = decoded(raw)
    yield (value, refused) if isinstance(value, dict) else ({}, refused or _odd())


def _odd() -> Refused:
    return ElsewhereRule.ROW_ODD.refused(what="post_stream")


def _read_post(post: Any, topic: dict[str, Any], file: str, row: int) -> ForeignPost | Refused:
    if not isinstance(post, dict) or not isinstance(post.get("post_number"), int):
        return ElsewhereRule.ROW_ODD.refused(what="post_number")
    if post.get("post_type") not in (*_REGULAR, _MODERATORS) or post.get("hidden") is True:
        return ElsewhereRule.ROW_NOT_READ.refused(kind=f"post_type {post.get('post_type')}")
    at, number, thread = date_ms(post.get("created_at")), post["post_number"], topic.get("id", post.get("topic_id"))
    if isinstance(at, Refused):
        return at
    paragraphs = read_html(text_of(post.get("cooked"))) if post.get("cooked") else read_plain(text_of(post.get("raw")))
    if (refused := text_refusal(paragraphs)) is not None:
        return refused
    answered = post.get("reply_to_post_number") or 1
    return ForeignPost(
        file=file,
        row=row,
        id=f"{thread}/{number}",
        url="",
        at=at,
        author=_name(text_of(post.get("name")) or text_of(post.get("username"))),
        paragraphs=paragraphs,
        title=_name(text_of(topic.get("title"))) if number == 1 else "",
        reply_to="" if number == 1 else f"{thread}/{answered}",
    )


def _read_row(cells: dict[str, str], file: str, row: int) -> ForeignPost | Refused:
    if cells.get("is_pm", "").casefold() in {"true", "yes", "ja"}:
        return ElsewhereRule.ROW_NOT_READ.refused(kind="is_pm")
    at = date_ms(cells.get("created_at", ""))
    if isinstance(at, Refused):
        return at
    cooked = cells.get("post_cooked", "")
    paragraphs = read_html(cooked) if cooked else read_plain(cells.get("post_raw") or cells.get("post", ""))
    if (refused := text_refusal(paragraphs)) is not None:
        return refused
    url = cells.get("url", "")
    title = _name(cells.get("topic_title", ""))
    return ForeignPost(
        file=file, row=row, id=url or f"row {row}", url=url, at=at, author="", paragraphs=paragraphs, title=title
    )


def _name(text: str) -> str:
    return " ".join(writable(text).split())[:MAX_NAME_LENGTH]
