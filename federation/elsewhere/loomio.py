"""Loomio's export of a group: a JSON object a line, each a row of one of its tables; threads, comments and outcomes.

People, polls and votes stand in the same file. Names of people come before what they wrote; mail addresses are never
read. Votes aren't taken: nobody here could count them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Any, Final

from federation.elsewhere.foreign_html import read_html, read_plain, writable
from federation.elsewhere.foreign_posts import ForeignEntry, ForeignPost, date_ms, text_of, text_refusal
from federation.elsewhere.json_entries import json_lines
from federation.elsewhere.rows import FileBounds, RefusedRow
from federation.rules.elsewhere import ElsewhereRule
from protocol.errors import Refused
from protocol.limits import MAX_NAME_LENGTH
from protocol.records.content import Paragraph

Members = dict[str, Any]
_MOST_NAMES: Final = 200_000
# Of each table that holds words: the members with its text and title.
_WORDS: Final = {
    "discussions": ("description", "title"),
    "comments": ("body", ""),
    "polls": ("details", "title"),
    "outcomes": ("statement", ""),
}
_PARENTS: Final = {"Comment": "comments", "Discussion": "discussions", "Poll": "polls", "Outcome": "outcomes"}


def read_loomio(stream: BufferedReader, file: str, bounds: FileBounds) -> Iterator[ForeignEntry]:
    """The posts of an export; rows of other tables are passed over in silence, for they are most of the file."""
    names: dict[int, str] = {}
    for row, value, refused in json_lines(stream, file, bounds):
        said = value.get("record") if isinstance(value, dict) else None
        table = text_of(value.get("table")) if isinstance(value, dict) else ""
        if refused is not None or not isinstance(said, dict):
            yield RefusedRow(file, row, refused or ElsewhereRule.ROW_ODD.refused(what="record"))
        elif table == "users" and isinstance(said.get("id"), int) and len(names) < _MOST_NAMES:
            names[said["id"]] = _line(text_of(said.get("name")) or text_of(said.get("username")))
        elif table in _WORDS:
            read = _read_words(table, said, names, file, row)
            yield RefusedRow(file, row, read) if isinstance(read, Refused) else read


def _read_words(table: str, said: Members, names: dict[int, str], file: str, row: int) -> ForeignPost | Refused:
    text, title = _WORDS[table]
    if said.get("discarded_at") is not None:
        return ElsewhereRule.ROW_NOT_READ.refused(kind="discarded")
    at = date_ms(said.get("created_at"))
    if isinstance(at, Refused):
        return at
    heading = _line(text_of(said.get(title)))
    paragraphs = _paragraphs(text_of(said.get(text)), said.get(f"{text}_format")) or read_plain(heading)
    if (refused := text_refusal(paragraphs)) is not None:
        return refused
    return ForeignPost(
        file=file,
        row=row,
        id=_id(table, said.get("id")),
        url="",
        at=at,
        author=names.get(_number(said.get("author_id", said.get("user_id"))), ""),
        paragraphs=paragraphs,
        title=heading,
        reply_to="" if table == "discussions" else _parent(said),
    )


def _paragraphs(text: str, form: object) -> tuple[Paragraph, ...]:
    return read_html(text) if form == "html" else read_plain(text)


def _parent(said: Members) -> str:
    table = _PARENTS.get(text_of(said.get("parent_type")), "")
    if table and said.get("parent_id") is not None:
        return _id(table, said["parent_id"])
    above = "polls" if said.get("poll_id") is not None else "discussions"
    return _id(above, said.get(f"{above[:-1]}_id"))


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _id(table: str, number: object) -> str:
    return f"{table}/{number}" if isinstance(number, int) else ""


def _line(text: str) -> str:
    return " ".join(writable(text).split())[:MAX_NAME_LENGTH]
