"""Reddit: submissions and comments of a community, a JSON object a line, and the tables of one's own.

A comment answers its `parent_id`, a submission opens a thread. What was deleted or removed has no words any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from federation.elsewhere.foreign_html import read_plain, writable
from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost, date_ms, text_of, text_refusal
from federation.elsewhere.json_entries import json_lines
from federation.elsewhere.rows import FileBounds, RefusedRow
from federation.elsewhere.tables import table_rows
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.limits import MAX_NAME_LENGTH

_SITE: Final = "https://www.reddit.com"
_GONE: Final = frozenset({"[deleted]", "[removed]", "[deleted by user]"})
_COMMENT, _SUBMISSION = "t1_", "t3_"


def read_reddit(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    """The posts of a file with one submission or comment a line."""
    for row, value, refused in json_lines(stream, file, bounds):
        read = refused or (_read_line(value, file, row) if isinstance(value, dict) else None)
        read = read or ElsewhereRule.ROW_ODD.refused(what="id")
        yield RefusedRow(file, row, read) if isinstance(read, Refused) else read


def read_reddit_csv(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    """The table of one's own posts or comments."""
    for row, cells in table_rows(stream, file, bounds):
        read = cells if isinstance(cells, Refused) else _read_cells(cells, file, row)
        yield RefusedRow(file, row, read) if isinstance(read, Refused) else read


def _read_line(value: dict[str, Any], file: str, row: int) -> ForeignPost | Refused:
    name, is_comment = text_of(value.get("id")), "body" in value
    created = value.get("created_utc")
    at = date_ms(int(created) if isinstance(created, str) and created.isdigit() else created)
    if not name:
        return ElsewhereRule.ROW_ODD.refused(what="id")
    link, body = text_of(value.get("url")), text_of(value.get("body" if is_comment else "selftext"))
    author = text_of(value.get("author"))
    return _post(
        file,
        row,
        at,
        {
            "id": (_COMMENT if is_comment else _SUBMISSION) + name.removeprefix(_COMMENT).removeprefix(_SUBMISSION),
            "page": text_of(value.get("permalink")),
            "author": "" if author in _GONE else author,
            "title": text_of(value.get("title")),
            "body": body,
            "link": "" if is_comment or value.get("is_self") is True else link,
            "parent": text_of(value.get("parent_id")) if is_comment else "",
        },
    )


def _read_cells(cells: dict[str, str], file: str, row: int) -> ForeignPost | Refused:
    is_comment = "parent" in cells
    parent, thread = cells.get("parent", ""), cells.get("link", "").rstrip("/").split("/comments/")[-1].split("/")[0]
    answered = (_COMMENT + parent) if parent else (_SUBMISSION + thread) if thread else ""
    name = cells.get("id", "")
    if not name:
        return ElsewhereRule.ROW_ODD.refused(what="id")
    return _post(
        file,
        row,
        date_ms(cells.get("date", "")),
        {
            "id": (_COMMENT if is_comment else _SUBMISSION) + name,
            "page": cells.get("permalink", ""),
            "author": "",
            "title": cells.get("title", ""),
            "body": cells.get("body", ""),
            "link": cells.get("url", ""),
            "parent": answered if is_comment else "",
        },
    )


def _post(file: str, row: int, at: int | Refused, said: dict[str, str]) -> ForeignPost | Refused:
    if isinstance(at, Refused):
        return at
    body = "" if said["body"].strip() in _GONE else said["body"]
    title = " ".join(writable(said["title"]).split())[:MAX_NAME_LENGTH]
    own_link = said["link"] if said["link"] and said["page"] not in said["link"] else ""
    paragraphs = read_plain("\n\n".join(part for part in (body, own_link) if part) or title)
    if (refused := text_refusal(paragraphs)) is not None:
        return refused
    page = said["page"] if "://" in said["page"] or not said["page"] else _SITE + said["page"]
    return ForeignPost(
        file=file,
        row=row,
        id=said["id"],
        url=page,
        at=at,
        author=" ".join(writable(said["author"]).split())[:MAX_NAME_LENGTH],
        paragraphs=paragraphs,
        title=title,
        reply_to=said["parent"],
    )
