"""What this pod says: records inside the activity that comes nearest to them, announcements, answers to a Follow.

The record rides as the member `record` (`urn:althing:v1#record`, JSON, declared inline); other software sees the
activity it knows, a pod uses and trusts only the record. Spec: protocol.md section 5.1, federation.md section 1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from federation.activities.kinds import SPOKEN, Spoken, added
from federation.activities.shapes import Follow
from federation.contexts import AS2, PUBLIC, READS, RECORD_TERM
from protocol.canonical import JsonObject
from protocol.records.chain import Ack, Receipt
from protocol.records.envelope import Record
from protocol.records.operation import Operation
from protocol.records.parts import Invitation

CONTEXT: Final[list[Any]] = [AS2, RECORD_TERM]


def wrap(
    record: Record,
    *,
    actor: str,
    to: Sequence[str] = (PUBLIC,),
    cc: Sequence[str] = (),
    shown: JsonObject | None = None,
) -> JsonObject:
    """The activity of `actor` that carries `record`. `shown` is the Note or Article that a Create or Update embeds."""
    pod = pod_of(actor)
    activity: JsonObject = {
        "@context": CONTEXT,
        "id": f"{pod}/activities/{record.id}",
        "actor": actor,
        "to": list(to),
        **_verb(record, actor, pod),
        "record": record.body,
    }
    if cc:
        activity["cc"] = list(cc)
    if shown is not None:
        activity["object"] = shown
    return activity


def announce(activity: JsonObject, *, group: str) -> JsonObject:
    """The group passes an activity on to its followers, as it is (FEP-1b12)."""
    inner = {name: value for name, value in activity.items() if name != "@context"}
    return {
        "@context": activity["@context"],
        "id": f"{group}#announces/{activity['id'].rpartition('/')[2]}",
        "type": "Announce",
        "actor": group,
        "to": [PUBLIC],
        "cc": [f"{group}/followers"],
        "object": inner,
    }


def ask_to_follow(follow: Follow) -> JsonObject:
    """The actor asks to be told what the object does."""
    marked = {READS: True} if follow.reads else {}
    return {"@context": AS2, **_follow(follow), "to": [follow.object], **marked}


def take_back(follow: Follow) -> JsonObject:
    """The actor wants to be told no more."""
    undo = {"id": f"{follow.id}#undo", "type": "Undo", "actor": follow.actor, "to": [follow.object]}
    return {"@context": AS2, **undo, "object": _follow(follow)}


def accept(follow: Follow) -> JsonObject:
    """The followed one agrees; the Follow is embedded, because some know it only by its content."""
    return _answered("Accept", follow)


def reject(follow: Follow) -> JsonObject:
    """The followed one doesn't agree."""
    return _answered("Reject", follow)


def pod_of(actor: str) -> str:
    """The URL of an actor's server."""
    return "/".join(actor.split("/", 3)[:3])


def _answered(verb: str, follow: Follow) -> JsonObject:
    # The same Follow gets the same answer, however often it comes.
    mark = sha256(f"{follow.actor} {follow.id}".encode()).hexdigest()[:32]
    return {
        "@context": AS2,
        "id": f"{follow.object}#{verb.lower()}s/{mark}",
        "type": verb,
        "actor": follow.object,
        "to": [follow.actor],
        "object": _follow(follow),
    }


def _follow(follow: Follow) -> JsonObject:
    return {"id": follow.id, "type": "Follow", "actor": follow.actor, "object": follow.object}


def _verb(record: Record, actor: str, pod: str) -> JsonObject:
    """Type and object of the activity that comes nearest to a record."""
    spoken, kind = Spoken(record.id, actor, pod), SPOKEN.of(record.type)
    if kind is not None:
        return kind.verb(spoken, record.content)
    if isinstance(record.content, Operation | Ack | Receipt | Invitation):
        # These have no address of their own: they stand in items, or beside them.
        return {"type": "Add", "object": {"type": "Object", "name": record.type}, "target": actor}
    return added(spoken)
