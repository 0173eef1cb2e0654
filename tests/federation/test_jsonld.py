import socket
from typing import Any

import pytest
from pyld import jsonld
from pyld.jsonld import JsonLdError

from federation.contexts import AS2, CONTEXT, PUBLIC
from tests.support.jsonld import expand, undefined_terms

ALICE = "https://pod.example/u/alice"
SEC = "https://w3id.org/security#"
TOOT = "http://joinmastodon.org/ns#"

ACTOR: dict[str, Any] = {
    "@context": CONTEXT,
    "id": ALICE,
    "type": "Person",
    "preferredUsername": "alice",
    "name": "Alice",
    "summary": "<p>…</p>",
    "url": ALICE,
    "inbox": f"{ALICE}/inbox",
    "outbox": f"{ALICE}/outbox",
    "followers": f"{ALICE}/followers",
    "following": f"{ALICE}/following",
    "featured": f"{ALICE}/featured",
    "endpoints": {"sharedInbox": "https://pod.example/inbox"},
    "manuallyApprovesFollowers": False,
    "discoverable": True,
    "indexable": False,
    "suspended": False,
    "postingRestrictedToMods": False,
    "published": "2026-01-01T00:00:00Z",
    "publicKey": {"id": f"{ALICE}#main-key", "owner": ALICE, "publicKeyPem": "-----BEGIN…"},
    "assertionMethod": [
        {"id": f"{ALICE}#ed25519-key", "type": "Multikey", "controller": ALICE, "publicKeyMultibase": "z6Mk"}
    ],
    "alsoKnownAs": ["https://old.example/u/alice"],
    "movedTo": "https://new.example/u/alice",
    "attachment": [{"type": "PropertyValue", "name": "Web", "value": "alice.example"}],
    "implements": ["https://datatracker.ietf.org/doc/html/rfc9421"],
}
NOTE: dict[str, Any] = {
    "id": "https://pod.example/n/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "<p>hi</p>",
    "contentMap": {"en": "<p>hi</p>"},
    "inReplyTo": "https://mastodon.example/n/2",
    "to": [PUBLIC],
    "cc": [f"{ALICE}/followers"],
    "sensitive": False,
    "tag": [
        {"type": "Mention", "href": "https://mastodon.example/u/bob", "name": "@bob@mastodon.example"},
        {"type": "Hashtag", "href": "https://pod.example/t/x", "name": "#x"},
        {"type": "Emoji", "name": ":x:", "icon": {"type": "Image", "url": "https://pod.example/x.png"}},
    ],
    "record": {"type": "post", "group": "bagaaiera…", "unheard-of": 1},
}
CREATE: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://pod.example/a/1",
    "type": "Create",
    "actor": ALICE,
    "to": [PUBLIC],
    "object": NOTE,
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-01-01T00:00:00Z",
        "verificationMethod": f"{ALICE}#ed25519-key",
        "proofPurpose": "assertionMethod",
        "proofValue": "z5",
    },
}
QUESTION: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://pod.example/q/1",
    "type": "Question",
    "attributedTo": ALICE,
    "endTime": "2026-03-06T07:40:13Z",
    "closed": "2026-03-06T07:40:13Z",
    "votersCount": 7,
    "oneOf": [{"type": "Note", "name": "apple", "replies": {"type": "Collection", "totalItems": 3}}],
}


@pytest.mark.parametrize("document", [ACTOR, CREATE, QUESTION], ids=lambda document: document["type"])
def test_fed_30_every_term_that_we_send_is_defined(document: dict[str, Any]) -> None:
    assert undefined_terms(document) == frozenset()


def test_a_term_that_is_not_defined_is_found() -> None:
    assert undefined_terms({**QUESTION, "weight": 1, "oneOf": [{"type": "Option"}]}) == {"_:weight", "_:Option"}


def test_terms_expand_to_the_iris_that_others_expect() -> None:
    (actor,) = expand(ACTOR)
    assert actor["@type"] == [f"{AS2}#Person"]
    assert actor["http://www.w3.org/ns/ldp#inbox"] == [{"@id": f"{ALICE}/inbox"}]
    assert actor[f"{TOOT}discoverable"] == [{"@value": True}]
    assert actor[f"{TOOT}featured"] == [{"@id": f"{ALICE}/featured"}]
    assert actor[f"{AS2}#movedTo"] == [{"@id": "https://new.example/u/alice"}]
    assert actor[f"{AS2}#attachment"][0]["@type"] == ["http://schema.org#PropertyValue"]
    (key,) = actor[f"{SEC}publicKey"]
    assert key[f"{SEC}owner"] == [{"@id": ALICE}]
    (multikey,) = actor[f"{SEC}assertionMethod"]
    assert multikey["@type"] == [f"{SEC}Multikey"]


def test_a_record_travels_as_one_opaque_value() -> None:
    (create,) = expand(CREATE)
    (note,) = create[f"{AS2}#object"]
    assert note["urn:althing:v1#record"] == [{"@type": "@json", "@value": NOTE["record"]}]
    assert note[f"{AS2}#to"] == [{"@id": PUBLIC}]


def test_fed_30_a_context_from_elsewhere_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[Any] = []

    def look_up(*asked: Any, **_: Any) -> list[Any]:
        looked_up.append(asked)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    stranger = {"@context": "https://evil.example/context.jsonld", "type": "Note"}
    text: Any = "https://evil.example/document.jsonld"
    for reading, document in ((expand, stranger), (jsonld.expand, stranger), (jsonld.expand, text)):
        with pytest.raises(JsonLdError):
            reading(document)
    with pytest.raises(TypeError):
        expand(text)
    assert looked_up == []
