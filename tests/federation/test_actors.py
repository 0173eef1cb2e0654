from typing import Any

import pytest
from msgspec.structs import replace

from federation.actors import OwnActor, RemoteActor, actor_document, read_actor
from federation.addresses import same_origin
from federation.errors import MalformedDocumentError
from federation.objects import ShownPost, post_object, record_object, tombstone
from federation.signatures.keys import find_actor_key
from protocol.records.content import Paragraph
from tests.support.folders import read_vectors
from tests.support.jsonld import undefined_terms
from tests.support.wire import ED25519_ID, RSA_ID, ed25519_keys, rsa_keys

ADA = "https://pod.example/u/alice"
POST = ShownPost(
    id="https://pod.example/records/x",
    page="https://pod.example/g/g/posts/x",
    actor=ADA,
    group="https://pod.example/groups/g",
    kind="article",
    title="The well",
    language="en",
    paragraphs=(Paragraph("text", "Dry."),),
    in_reply_to="https://pod.example/records/y",
    at=1_767_225_600_000,
    changed_at=1_767_225_601_000,
)


def an_actor(**members: Any) -> dict[str, Any]:
    return actor_document(
        OwnActor(
            **{
                "id": ADA,
                "pod": "https://pod.example",
                "page": "https://pod.example/@alice",
                "type": "Person",
                "username": "alice",
                "name": "Alice",
                "summary": "<p>me</p>",
                "published": "2026-01-01T00:00:00Z",
                "rsa_pem": rsa_keys()[1].text,
                "ed25519_multibase": ed25519_keys()[1].text,
                **members,
            }
        )
    )


def captured_actors() -> list[Any]:
    files = ("captured-lemmy-assets.json", "captured-other.json", "fedify-fixtures.json")
    items = [item["object"] for name in files for item in read_vectors(name)["items"]]
    kinds = {"Person", "Group", "Application", "Service", "Organization"}
    return [item for item in items if isinstance(item, dict) and str(item.get("type")) in kinds and "inbox" in item]


def test_what_we_say_of_an_actor_we_read_with_both_keys() -> None:
    document = an_actor()

    assert read_actor(document) == RemoteActor(ADA, "https://pod.example/inbox")
    assert find_actor_key(document, RSA_ID).kind == "rsa"
    assert find_actor_key(document, ED25519_ID).kind == "ed25519"


@pytest.mark.parametrize(
    "document",
    [
        an_actor(),
        an_actor(type="Group", discoverable=False),
        an_actor(type="Application", has_followers=False),
        post_object(POST),
        post_object(POST, {"type": "Post"}),
        record_object(
            "https://pod.example/records/z",
            "https://pod.example/groups/g",
            {"type": "Vote"},
            page="https://pod.example/g/g/log",
        ),
        tombstone("https://pod.example/records/x", "Note"),
    ],
    ids=["person", "group", "pod", "article", "article with record", "record", "tombstone"],
)
def test_fed_30_every_document_expands_without_a_dropped_term(document: dict[str, Any]) -> None:
    assert undefined_terms(document) == frozenset()


@pytest.mark.parametrize("document", captured_actors(), ids=lambda document: document["id"])
def test_actors_of_real_servers_are_read_with_an_inbox_of_their_own(document: dict[str, Any]) -> None:
    if not same_origin(document["id"], document["inbox"]):
        with pytest.raises(MalformedDocumentError):
            read_actor(document)
        return

    assert same_origin(read_actor(document).inbox, document["id"])


@pytest.mark.parametrize("members", [{"inbox": "https://victim.example/inbox"}, {"inbox": None}, {"id": None}])
def test_fed_36_an_actor_cannot_have_somebody_else_written_to(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocumentError):
        read_actor({**an_actor(), **members})


def test_fed_36_a_shared_inbox_elsewhere_is_not_used() -> None:
    elsewhere = {**an_actor(), "endpoints": {"sharedInbox": "https://victim.example/inbox"}}

    assert read_actor(elsewhere).inbox == f"{ADA}/inbox"


def test_a_post_is_what_others_know_as_an_article() -> None:
    article = post_object(POST)

    assert article["content"] == "<p>Dry.</p>"
    assert (article["name"], article["inReplyTo"]) == ("The well", "https://pod.example/records/y")
    assert (article["published"], article["updated"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    assert "record" not in article


def test_a_time_that_no_calendar_has_is_still_a_date() -> None:
    assert post_object(replace(POST, at=2**53 - 1))["published"] == "9999-12-31T23:59:59Z"
