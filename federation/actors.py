"""Actor documents: ours as others want them, and of theirs the little that answering needs.

Rules for theirs (federation §2.36): an inbox is on the actor's own origin, and so is a shared inbox that is used:
else anybody could have us write to somebody else.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from federation.addresses import same_origin
from federation.contexts import CONTEXT
from federation.rules.documents import DocumentRule
from protocol.canonical import JsonObject

MOST_ALIASES: Final = 100


class OwnActor(msgspec.Struct, frozen=True, kw_only=True):
    """What one of our actors says about itself; `pod` is the pod's URL, `summary` HTML; None and "" are left out.

    `page`: the actor's page for people. `also_known_as`: who it was elsewhere; `moved_to`: who it is now, if it left.
    """

    id: str
    pod: str
    page: str
    type: Literal["Application", "Person", "Group"]
    username: str
    rsa_pem: str
    ed25519_multibase: str
    name: str = ""
    summary: str = ""
    published: str = ""
    discoverable: bool = True
    has_followers: bool = True
    also_known_as: tuple[str, ...] = ()
    moved_to: str = ""


class RemoteActor(msgspec.Struct, frozen=True):
    """An actor of another server, and its inboxes."""

    id: str
    inbox: str


def actor_document(actor: OwnActor) -> JsonObject:
    """The document at the actor's id (federation §1.2)."""
    own_id = actor.id
    members: JsonObject = {
        "@context": CONTEXT,
        "id": own_id,
        "type": actor.type,
        "preferredUsername": actor.username,
        "url": actor.page,
        "inbox": f"{own_id}/inbox" if actor.has_followers else f"{actor.pod}/inbox",
        "endpoints": {"sharedInbox": f"{actor.pod}/inbox"},
        "manuallyApprovesFollowers": not (actor.discoverable and actor.has_followers),
        "discoverable": actor.discoverable,
        "indexable": False,
        "publicKey": {"id": f"{own_id}#main-key", "owner": own_id, "publicKeyPem": actor.rsa_pem},
        "assertionMethod": [
            {
                "id": f"{own_id}#ed25519-key",
                "type": "Multikey",
                "controller": own_id,
                "publicKeyMultibase": actor.ed25519_multibase,
            }
        ],
    }
    lists = {name: f"{own_id}/{name}" for name in ("outbox", "followers")} if actor.has_followers else {}
    optional: JsonObject = {"name": actor.name, "summary": actor.summary, "published": actor.published}
    optional |= {"alsoKnownAs": list(actor.also_known_as), "movedTo": actor.moved_to}
    return members | lists | {name: value for name, value in optional.items() if value}


def read_actor(document: JsonObject) -> RemoteActor:
    """Read an actor that was fetched from its own id; raises MalformedDocumentError if it has no inbox."""
    own_id, inbox, endpoints = document.get("id"), document.get("inbox"), document.get("endpoints")
    if not isinstance(own_id, str) or not isinstance(inbox, str) or not same_origin(own_id, inbox):
        raise DocumentRule.NO_INBOX.error()
    shared: Any = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    if isinstance(shared, str) and same_origin(own_id, shared):
        return RemoteActor(own_id, shared)
    return RemoteActor(own_id, inbox)


def also_known_as(document: JsonObject) -> tuple[str, ...]:
    """The actors that a document says its actor was elsewhere; other software writes one of them without a list."""
    named = document.get("alsoKnownAs")
    listed = named if isinstance(named, list) else [named]
    return tuple(one for one in listed[:MOST_ALIASES] if isinstance(one, str))
