"""Posts as the Note or Article that other software knows, and what is left of them when they were erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from federation.activities.build import CONTEXT
from federation.contexts import AS2, PUBLIC
from federation.html import html_of, link_html
from protocol.canonical import JsonObject
from protocol.records.content import Paragraph

_LATEST_MS: Final = 253_402_300_799_000  # the end of the year 9999, beyond which dates have no agreed form


class ShownPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post as its group shows it. Ids are URLs; `at` and `changed_at` are in ms, as their authors claim.

    `page`: the post's page for people. `ending`: a sentence after the text that ends in a link to the page, if any.
    """

    id: str
    page: str
    actor: str
    group: str
    kind: Literal["article", "note"]
    title: str
    language: str
    paragraphs: tuple[Paragraph, ...]
    in_reply_to: str
    at: int
    changed_at: int | None
    ending: str = ""


def post_object(post: ShownPost, record: JsonObject | None = None) -> JsonObject:
    """The Note or Article of a post; it carries `record` if that isn't sent beside it."""
    content = html_of(post.paragraphs) + (link_html(post.ending, post.page) if post.ending else "")
    members: JsonObject = {
        "@context": CONTEXT,
        "id": post.id,
        "type": "Article" if post.kind == "article" else "Note",
        "url": post.page,
        "attributedTo": post.actor,
        "to": [PUBLIC],
        "cc": [f"{post.actor}/followers"],
        "context": post.group,
        "audience": post.group,
        "content": content,
        "published": date_of(post.at),
    }
    optional: JsonObject = {
        "name": post.title,
        "contentMap": {post.language: content} if post.language else None,
        "inReplyTo": post.in_reply_to,
        "updated": None if post.changed_at is None else date_of(max(post.at, post.changed_at)),
        "record": record,
    }
    return members | {name: value for name, value in optional.items() if value}


def record_object(own_id: str, group: str, record: JsonObject, *, page: str) -> JsonObject:
    """An object that only carries a record for which other software has no type. `page`: its page for people."""
    return {"@context": CONTEXT, "id": own_id, "type": "Object", "url": page, "context": group, "record": record}


def tombstone(own_id: str, former_type: str) -> JsonObject:
    """The Tombstone of an erased object."""
    return {"@context": AS2, "id": own_id, "type": "Tombstone", "formerType": former_type}


def date_of(at_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339; a time after the year 9999 gives the end of that year."""
    moment = datetime.fromtimestamp(min(at_ms, _LATEST_MS) / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
