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
from federation.contexts import AS2, PUBLIC, READS, RECORD_TERM, WHOSE
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
    """The activity of `actor` that carries `record`; `shown`: the Note or Article that a Create or Update embeds."""
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


def update(shown: JsonObject, *, actor: str, mark: str) -> JsonObject:
    """The Update of a Note or Article of the actor's, as it is shown now; `mark` tells it from others of the same."""
    id_ = _about(shown["id"], actor, f"update-{mark}")
    whom = {"to": shown["to"], "cc": shown["cc"]}
    return {"@context": CONTEXT, "id": id_, "type": "Update", "actor": actor, **whom, "object": shown}


def delete(gone: JsonObject, *, actor: str) -> JsonObject:
    """The Delete of something of the actor's, of which the Tombstone `gone` is left."""
    id_ = _about(gone["id"], actor, "delete")
    whom = {"to": [PUBLIC], "cc": [f"{actor}/followers"]}
    bare = {name: value for name, value in gone.items() if name != "@context"}
    return {"@context": AS2, "id": id_, "type": "Delete", "actor": actor, **whom, "object": bare}


def announce(activity: JsonObject, *, group: str) -> JsonObject:
    """The Announce with which a group sends an activity on, unchanged, to its followers (FEP-1b12)."""
    inner = {name: value for name, value in activity.items() if name != "@context"}
    return {
        "@context": activity["@context"],
        "id": f"{group}#announces/{activity['id'].rpartition('/')[2].replace('#', '-')}",
        "type": "Announce",
        "actor": group,
        "to": [PUBLIC],
        "cc": [f"{group}/followers"],
        "object": inner,
    }


def ask_to_follow(follow: Follow) -> JsonObject:
    """The Follow with which the actor asks for the object's activities."""
    marked = {READS: True} if follow.reads else {}
    return {"@context": AS2, **_follow(follow), "to": [follow.object], **marked}


def take_back(follow: Follow) -> JsonObject:
    """The Undo with which the actor stops following."""
    undo = {"id": f"{follow.id}#undo", "type": "Undo", "actor": follow.actor, "to": [follow.object]}
    return {"@context": AS2, **undo, "object": _follow(follow)}


def accept(follow: Follow) -> JsonObject:
    """The Accept of a Follow; it embeds the Follow, because some servers recognise it only by its content."""
    return _answered("Accept", follow)


def reject(follow: Follow) -> JsonObject:
    """The Reject of a Follow."""
    return _answered("Reject", follow)


def move(actor: str, target: str, *, group: str) -> JsonObject:
    """The Move with which an actor tells its followers who it is now; `group`: the personal group of both."""
    mark = sha256(target.encode()).hexdigest()[:32]
    told = {"id": f"{actor}#moves/{mark}", "type": "Move", "actor": actor, "object": actor, "target": target}
    return {"@context": AS2, **told, "to": [f"{actor}/followers"], WHOSE: group}


def forget_actor(actor: str) -> JsonObject:
    """The Delete with which an actor asks servers to forget it."""
    told = {"id": f"{actor}#delete", "type": "Delete", "actor": actor, "object": actor}
    return {"@context": AS2, **told, "to": [PUBLIC]}


def pod_of(actor: str) -> str:
    """The URL of the actor's server."""
    return "/".join(actor.split("/", 3)[:3])


def _about(own_id: str, actor: str, what: str) -> str:
    """The id of a later activity about an object: whoever fetches it gets the activity around the object as it is."""
    return f"{pod_of(actor)}/activities/{own_id.rpartition('/')[2]}#{what}"


def _answered(verb: str, follow: Follow) -> JsonObject:
    # A Follow that comes again gets the same answer.
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
    """Type and object of the activity that is closest to a record."""
    spoken, kind = Spoken(record.id, actor, pod), SPOKEN.of(record.type)
    if kind is not None:
        return kind.verb(spoken, record.content)
    if isinstance(record.content, Operation | Ack | Receipt | Invitation):
        # These have no address of their own, because they are parts of items or go with them.
        return {"type": "Add", "object": {"type": "Object", "name": record.type}, "target": actor}
    return added(spoken)
