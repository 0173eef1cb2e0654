import xml.etree.ElementTree as ET
from typing import Any

import pytest

from federation.errors import MalformedDocumentError
from federation.webfinger import (
    PROFILE_PAGE,
    SERVICE,
    Handle,
    actor_descriptor,
    host_meta,
    only_rels,
    parse_descriptor,
    parse_handle,
    parse_resource,
    question,
    server_descriptor,
)

ALICE = "https://pod.example/u/alice"
HANDLE = Handle("alice", "pod.example")


def a_descriptor() -> dict[str, Any]:
    return actor_descriptor(
        HANDLE,
        ALICE,
        profile_page="https://pod.example/@alice",
        subscribe="https://pod.example/authorize_interaction?uri={uri}",
    )


def test_what_we_build_we_read() -> None:
    read = parse_descriptor(a_descriptor())
    assert read.handle == HANDLE
    assert read.actors == (ALICE,)
    assert read.may_show(HANDLE, ALICE)


def test_mastodon_finds_subject_and_self_link() -> None:
    built = a_descriptor()
    assert built["subject"] == "acct:alice@pod.example"
    assert {"rel": "self", "type": "application/activity+json", "href": ALICE} in built["links"]


def test_asked_rels_only() -> None:
    assert [link["rel"] for link in only_rels(a_descriptor(), {PROFILE_PAGE})["links"]] == [PROFILE_PAGE]
    assert only_rels(a_descriptor(), set()) == a_descriptor()


def test_the_server_itself_is_found() -> None:
    built = server_descriptor("https://pod.example/", "https://pod.example/actor")
    assert built["subject"] == "https://pod.example/"
    assert SERVICE in {link["rel"] for link in built["links"]}


@pytest.mark.parametrize("text", ["acct:Alice@POD.example", "ACCT:Alice@pod.example.", "@Alice@pod.example"])
def test_fed_33_a_handle_keeps_its_name_and_normalises_its_host(text: str) -> None:
    assert parse_handle(text) == Handle("Alice", "pod.example")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("acct:bo@[::1]:8099", "[::1]:8099"),
        ("bo@[0:0:0:0:0:0:0:1]", "[::1]"),
        ("@bo@[::1]:443", "[::1]"),
        ("bo@pod.example:0443", "pod.example"),
    ],
)
def test_public_29_the_port_of_a_handle_stands_behind_the_brackets_of_its_host(text: str, host: str) -> None:
    assert parse_handle(text) == Handle("bo", host)


@pytest.mark.parametrize("text", ["bo@::1", "bo@::1:8099", "bo@[::1]x", "bo@[::1]:", "bo@[::1", "bo@pod.example:99999"])
def test_public_29_a_handle_whose_port_cannot_be_told_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDocumentError):
        parse_handle(text)


def test_a_resource_is_a_handle_or_a_url() -> None:
    assert parse_resource("acct:group@pod.example") == Handle("group", "pod.example")
    assert str(parse_resource("https://POD.example")) == "https://pod.example/"
    assert str(parse_resource("acct:alice@pod.example:8080")) == "alice@pod.example:8080"


@pytest.mark.parametrize(
    "text",
    ["", "alice", "acct:alice", "acct:@pod.example", "acct:a@b@c.example", "mailto:a@pod.example", "file:///etc",
     "acct:alice@pod.example/x", "acct:alice@127.1", "acct:alice@pod.example:x", f"acct:{'a' * 500}@pod.example"],
)  # fmt: skip
def test_a_resource_of_another_form_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDocumentError):
        parse_resource(text)


def test_fed_2_a_handle_is_shown_only_for_the_actor_it_names_verbatim() -> None:
    read = parse_descriptor(a_descriptor())
    assert not read.may_show(HANDLE, "https://pod.example/u/Alice")
    assert not read.may_show(HANDLE, "https://evil.example/u/alice")
    assert not read.may_show(Handle("bob", "pod.example"), ALICE)


def test_the_answer_of_mitra_is_read_as_well() -> None:
    kind = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    links: list[Any] = [None, {"rel": "self"}, {"rel": "self", "type": "text/html", "href": "x"}]
    document = {"subject": "acct:alice@pod.example", "links": [*links, {"rel": "self", "type": kind, "href": ALICE}]}
    assert parse_descriptor(document).actors == (ALICE,)


@pytest.mark.parametrize("document", [None, [], {}, {"subject": 1}, {"subject": "acct:a@b.example", "links": {}}])
def test_an_answer_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(MalformedDocumentError):
        parse_descriptor(document)


def test_fed_32_a_question_is_built_and_never_concatenated() -> None:
    asked = question("pod.example", "acct:a&resource=acct:admin@pod.example")
    assert asked == ("https://pod.example/.well-known/webfinger?resource=acct:a%26resource%3Dacct:admin@pod.example")


def test_host_meta_leads_to_webfinger() -> None:
    (link,) = ET.fromstring(host_meta("https://pod.example/"))
    assert link.get("template") == "https://pod.example/.well-known/webfinger?resource={uri}"
