"""Records -> the words by which they are searched: a post's title and paragraphs, what a patch adds, a profile."""

from typing import Any

from models.content.search import folded
from protocol.ids import RecordId
from protocol.records.content import Patch, Post, Profile


def searched_row(record: RecordId, group: RecordId, seq: int, content: Post | Patch | Profile) -> dict[str, Any]:
    """The row of a record that has words."""
    kind, post, language, said = _said(record, content)
    text = "\n".join(part for part in said if part)
    return {
        "seq": seq,
        "record_id": record,
        "post_id": post,
        "group_id": group,
        "author": content.author,
        "kind": kind,
        "language": language,
        "text": text,
        "words": folded(text),
    }


def _said(record: RecordId, content: Post | Patch | Profile) -> tuple[str, RecordId | None, str, list[str]]:
    match content:
        case Post():
            words = [content.title, *(paragraph.text for paragraph in content.paragraphs)]
            return "post", record, content.language, words
        case Patch():
            return "patch", content.post, "", [add.text for add in content.adds]
        case Profile():
            return "profile", None, "", [content.nickname, content.text]
