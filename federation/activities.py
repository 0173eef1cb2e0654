"""Records inside ordinary activities: builders, and the reader that mirrors them.

The record rides as the member `record` (`urn:althing:v1#record`, JSON, declared inline); other software sees the
activity it knows, a pod uses and trusts only the record. Spec: protocol.md section 5.1.
"""

from __future__ import annotations

from typing import Any

import msgspec

from federation.errors import MalformedDocumentError
from protocol.canonical import JsonObject
from protocol.records.content import Patch, Post, Profile, Vote
from protocol.records.envelope import Record
from protocol.records.operation import Join, Operation

AS2 = "https://www.w3.org/ns/activitystreams"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT: list[Any] = [AS2, {"record": {"@id": "urn:althing:v1#record", "@type": "@json"}}]


class RecordActivity(msgspec.Struct, frozen=True):
    """An activity that carries a record."""

    id: str
    actor: str
    record: JsonObject


class Ignored(msgspec.Struct, frozen=True):
    """An activity of a kind that this pod has no use for; answered like any other."""

    id: str
    actor: str


Activity = RecordActivity | Ignored


def wrap(record: Record, *, actor: str) -> JsonObject:
    """The activity of `actor` (the group on this pod) that carries `record`."""
    pod = actor.split("/groups/", maxsplit=1)[0]
    return {
        "@context": CONTEXT,
        "id": f"{pod}/activities/{record.id}",
        "type": type_of(record),
        "actor": actor,
        "to": [PUBLIC],
        "object": f"{pod}/records/{record.id}",
        "record": record.body,
    }


def type_of(record: Record) -> str:
    """The ActivityStreams verb that comes nearest to a record."""
    match record.content:
        case Post():
            return "Create"
        case Patch() | Profile():
            return "Update"
        case Vote(value=value):
            return "Like" if value > 0 else "Dislike" if value < 0 else "Undo"
        case Operation(wish=Join()):
            return "Join"
        case _:
            return "Add"


def read_activity(document: JsonObject) -> Activity:
    """Read an activity; MalformedDocumentError unless it has an id and an actor."""
    match document:
        case {"id": str(own_id), "actor": str(actor), "record": dict(record)}:
            return RecordActivity(own_id, actor, record)
        case {"id": str(own_id), "actor": str(actor)}:
            return Ignored(own_id, actor)
    raise MalformedDocumentError("An activity needs an `id` and an `actor`.")
