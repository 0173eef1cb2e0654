"""Activities of other software, read leniently in form and strictly in who speaks.

Rules of this file (federation §1.5, §2.7):

1. An activity has an id and one actor; an actor or object stands there as its id or as an object with an id, alone or
   as a list of one: JSON-LD says the same by both. A list of several names nobody.
2. Whatever else it is, an activity with a `record` is read for its record.
3. An Undo counts only where it undoes the same actor's Follow; a Delete or Move only where the actor deletes or moves
   itself.
"""

from __future__ import annotations

from typing import Final

from federation.activities.shapes import Activity, Follow, Gone, Ignored, Moved, RecordActivity, Unfollow
from federation.contexts import READS, WHOSE
from federation.rules.documents import DocumentRule
from protocol.canonical import JsonObject

KINDS: Final = ("Follow", "Undo", "Delete", "Move")


def read_activity(document: JsonObject) -> Activity:
    """Read an activity; MalformedDocumentError unless it has an id and an actor."""
    own_id, actor = document.get("id"), id_of(document.get("actor"))
    if not isinstance(own_id, str) or not own_id or not actor:
        raise DocumentRule.NO_ACTIVITY.error()
    record, inner = document.get("record"), document.get("object")
    if isinstance(record, dict):
        return RecordActivity(own_id, actor, record)
    match _kind_of(document):
        case "Follow" if named := id_of(inner):
            return Follow(own_id, actor, named, reads=document.get(READS) is True)
        case "Undo":
            return _read_undo(own_id, actor, inner)
        case "Delete" if id_of(inner) == actor:
            return Gone(own_id, actor)
        case "Move" if id_of(inner) == actor and (target := id_of(document.get("target"))):
            whose = document.get(WHOSE)
            return Moved(own_id, actor, target, whose if isinstance(whose, str) else "")
    return Ignored(own_id, actor)


def id_of(value: object) -> str:
    """The id in a member's value, which is an id or an object; empty if there is none or more than one."""
    one = sole(value)
    named = one.get("id") if isinstance(one, dict) else one
    return named if isinstance(named, str) else ""


def sole(value: object) -> object:
    """A member's value; of a list with one entry, that entry."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _kind_of(document: JsonObject) -> str:
    """The activity type that this pod reads, among a document's types; empty if there is none."""
    named = document.get("type")
    known = [kind for kind in KINDS if kind in (named if isinstance(named, list) else [named])]
    return known[0] if len(known) == 1 else ""


def _read_undo(own_id: str, actor: str, undone: object) -> Activity:
    inner = sole(undone)
    if isinstance(inner, str) and inner:
        return Unfollow(own_id, actor, follow=inner, object="")
    if isinstance(inner, dict) and _kind_of(inner) == "Follow" and id_of(inner.get("actor")) == actor:
        return Unfollow(own_id, actor, follow=id_of(inner), object=id_of(inner.get("object")))
    return Ignored(own_id, actor)
