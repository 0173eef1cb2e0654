"""Posts and an actor as Mastodon's archive has them, so that what reads that archive reads ours.

The shapes are those of Mastodon's BackupService: an OrderedCollection of Create activities around Notes, and lists of
addresses. A tool that reads them knows no Article and no signed record, so there is neither.
"""

from __future__ import annotations

import msgspec

from federation.contexts import AS2, PUBLIC
from federation.objects import ShownPost, post_object
from protocol.canonical import JsonObject
from protocol.records.content import Paragraph

LEFT_OUT = frozenset({"@context", "context", "audience", "record"})
HERE = ("outbox", "likes", "bookmarks")


def archived_create(post: ShownPost, activity: str, visibility: str) -> JsonObject:
    """The Create of a post with the id `activity`; a title is the first heading of its content."""
    titled = (Paragraph("heading-1", post.title), *post.paragraphs) if post.title else post.paragraphs
    note = post_object(msgspec.structs.replace(post, kind="note", title="", paragraphs=titled))
    whom = _whom(post, visibility)
    told = {name: value for name, value in note.items() if name not in LEFT_OUT}
    plain: JsonObject = {"summary": None, "inReplyTo": None, "sensitive": False, "attachment": [], "tag": []}
    made = {**plain, **told, **whom}
    when = note["published"]
    return {"id": activity, "type": "Create", "actor": post.actor, "published": when, **whom, "object": made}


def _whom(post: ShownPost, visibility: str) -> JsonObject:
    """Who could read the post, as Mastodon says public, unlisted, and for some alone."""
    followers = f"{post.actor}/followers"
    match visibility:
        case "public":
            return {"to": [PUBLIC], "cc": [followers]}
        case "unlisted":
            return {"to": [followers], "cc": [PUBLIC]}
        case _:
            return {"to": [post.group], "cc": []}


def archived_actor(actor: JsonObject) -> JsonObject:
    """The actor's document, with the collections that lie beside it."""
    return actor | {name: f"{name}.json" for name in HERE}


def collection_frame(name: str) -> JsonObject:
    """A collection without its items, as Mastodon names it."""
    return {"@context": AS2, "id": name, "type": "OrderedCollection"}
