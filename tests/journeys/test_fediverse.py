"""What another server of the fediverse sees and gets of a pod: discovery, actors, posts, followers, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import SignedRequest
from federation.signatures.keys import find_actor_key, rsa_public_pem, rsa_signing_key
from tests.support.jsonld import undefined_terms
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, eventually
from tests.support.scene import check_problem

PODS = 1
AS2: Final = "application/activity+json"
WELL: Final = {"kind": "article", "title": "The well", "paragraphs": [{"style": "text", "text": "<b>Dry.</b>"}]}
FIVE_MINUTES_MS: Final = 5 * 60_000


class Street:
    """A pod with ada and her groups, and a peer that looks at it."""

    def __init__(self, pod: ServedPod, peer: Peer) -> None:
        self.pod, self.peer, self.ada = pod, peer, pod.sign_up("ada")
        pod.start()
        self.group = self.found("public")
        self.post = self.write(self.group)

    def found(self, visibility: str) -> str:
        wishes = {"name": f"A {visibility} council", "weight": 3000, "visibility": visibility}
        return str(self.ada.post("/api/v1/groups", wishes)["group"])

    def write(self, group: str) -> str:
        return str(self.ada.post(f"/api/v1/groups/{group}/posts", WELL)["record"])

    def ask(self, path: str) -> tuple[int, Any]:
        """Status and document of an unsigned GET."""
        host = self.peer.inbox.netloc
        return send(SignedRequest("GET", path, host, "http", (("Host", host), ("Accept", AS2)), b""))

    def get(self, path: str) -> Any:
        status, document = self.ask(path.removeprefix(self.pod.url))
        assert status == 200, document
        return document

    def tell(self, kind: str, item: object, **members: Any) -> tuple[int, Any]:
        """Deliver an activity of the peer's actor."""
        peer = self.peer
        said = {"id": f"{peer.url}/{peer.now()}", "type": kind, "actor": peer.actor, "object": item, **members}
        return send(peer.signed(peer.unsigned(said)))

    def taken(self, kind: str) -> list[dict[str, Any]]:
        return [activity for activity in self.peer.taken if activity["type"] == kind]


@pytest.fixture(scope="module")
def street(pods: list[ServedPod]) -> Iterator[Street]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with serving(Peer(f"127.77.{worker}.9", f"{pod.url}/inbox")) as peer:
        yield Street(pod, peer)


def test_a_handle_leads_to_an_actor_with_keys_of_its_own(street: Street) -> None:
    handles = {"u/ada": "ada", f"groups/{street.group}": street.group}
    pems = {street.get("/actor")["publicKey"]["publicKeyPem"]}
    for path, name in handles.items():
        found = street.get(f"/.well-known/webfinger?resource=acct:{name}@{street.peer.inbox.netloc}&rel=self")
        assert [link["href"] for link in found["links"]] == [f"{street.pod.url}/{path}"]

        actor = street.get(found["links"][0]["href"])

        assert (actor["id"], actor["preferredUsername"]) == (f"{street.pod.url}/{path}", name)
        assert find_actor_key(actor, f"{actor['id']}#ed25519-key").kind == "ed25519"
        assert undefined_terms(actor) == frozenset()
        pems.add(actor["publicKey"]["publicKeyPem"])
    assert len(pems) == 3


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/.well-known/webfinger", 400),
        ("/.well-known/webfinger?resource=mailto:ada", 400),
        ("/.well-known/webfinger?resource=acct:nobody@{host}", 404),
        ("/.well-known/webfinger?resource=acct:ada@elsewhere.example", 404),
        ("/.well-known/webfinger?resource={pod}/healthz", 404),
        ("/.well-known/webfinger?resource={pod}/u/ada", 200),
        ("/.well-known/webfinger?resource={pod}/", 200),
        ("/.well-known/nodeinfo", 200),
        ("/nodeinfo/2.0", 200),
        ("/nodeinfo/2.1", 200),
        ("/nodeinfo/1.0", 404),
        ("/u/nobody", 404),
        ("/u/ada/outbox?before=x", 400),
    ],
)
def test_discovery_answers_each_question_by_its_status(street: Street, path: str, status: int) -> None:
    assert street.ask(path.format(pod=street.pod.url, host=street.peer.inbox.netloc))[0] == status


def test_a_post_is_an_article_whose_text_is_harmless(street: Street) -> None:
    article = street.get(f"/records/{street.post}")
    create = street.get(f"/activities/{street.post}")

    assert (article["type"], article["name"]) == ("Article", "The well")
    assert article["content"] == "<p>&lt;b&gt;Dry.&lt;/b&gt;</p>"
    assert article["record"] == create["record"]
    assert create["object"]["id"] == article["id"]
    assert undefined_terms(article) | undefined_terms(create) == frozenset()


def test_what_the_group_does_not_show_nobody_is_shown(street: Street) -> None:
    hidden = street.write(street.group)
    before = street.get(f"/groups/{street.group}/outbox")["totalItems"]
    street.ada.post(f"/api/v1/groups/{street.group}/votes", {"target": {"post": hidden}, "value": -1000})

    for path in (f"/records/{hidden}", f"/activities/{hidden}"):
        check_problem(street.ask(path), 404, "not_found")
    outbox = street.get(f"/groups/{street.group}/outbox")
    page = street.get(outbox["first"])
    assert outbox["totalItems"] == before - 1
    assert [item["object"]["object"]["id"] for item in page["orderedItems"]] == [
        f"{street.pod.url}/records/{street.post}"
    ]
    assert undefined_terms(page) == frozenset()


def test_an_erased_post_is_a_tombstone(street: Street) -> None:
    erased = street.write(street.group)
    street.ada.post(f"/api/v1/groups/{street.group}/records", {"type": "Erase", "records": [erased]})

    status, stone = street.ask(f"/records/{erased}")

    assert (status, stone["type"]) == (410, "Tombstone")


def test_a_private_group_is_not_there(street: Street) -> None:
    private = street.found("private")
    post = street.write(private)

    for path in ("", "/outbox", "/followers"):
        check_problem(street.ask(f"/groups/{private}{path}"), 404, "unknown_group")
    for path in (f"/records/{post}", f"/activities/{post}", f"/records/{private}"):
        check_problem(street.ask(path), 404, "not_found")
    resource = f"acct:{private}@{street.peer.inbox.netloc}"
    check_problem(street.ask(f"/.well-known/webfinger?resource={resource}"), 404, "not_found")
    check_problem(street.tell("Follow", f"{street.pod.url}/groups/{private}"), 404, "unknown_group")


def test_who_follows_a_group_is_accepted_and_told_once_of_each_post_it_shows(street: Street) -> None:
    group = f"{street.pod.url}/groups/{street.group}"
    assert street.tell("Follow", group) == (202, "")
    accepted = eventually(lambda: street.taken("Accept"))[-1]
    assert (accepted["actor"], accepted["object"]["actor"]) == (group, street.peer.actor)
    assert street.get(f"/groups/{street.group}/followers")["totalItems"] == 1

    post = street.write(street.group)

    (announced,) = eventually(lambda: street.taken("Announce"))
    assert announced["actor"] == group
    assert announced["object"]["type"] == "Create"
    assert announced["object"]["object"]["id"] == f"{street.pod.url}/records/{post}"
    street.ada.post(f"/api/v1/groups/{street.group}/votes", {"target": {"post": post}, "value": 500})
    later = street.write(street.group)
    eventually(lambda: later in street.taken("Announce")[-1]["object"]["id"])
    assert len(street.taken("Announce")) == 2

    other = street.found("public")
    elsewhere, hidden = street.write(other), street.write(other)
    street.ada.post(f"/api/v1/groups/{other}/votes", {"target": {"post": hidden}, "value": -1000})
    for reposted in (hidden, elsewhere):
        street.ada.post(f"/api/v1/groups/{street.group}/votes", {"target": {"post": reposted}, "value": 1000})
    passed_on = eventually(lambda: street.taken("Announce")[2:])
    assert [(told["actor"], told["object"]["object"]["id"]) for told in passed_on] == [
        (group, f"{street.pod.url}/records/{elsewhere}")
    ]
    assert passed_on[0]["object"]["actor"] == f"{street.pod.url}/groups/{other}"

    follow = accepted["object"]
    assert street.tell("Undo", follow) == (202, "")
    assert street.get(f"/groups/{street.group}/followers")["totalItems"] == 0


def test_who_follows_a_person_is_sent_what_the_person_writes(street: Street) -> None:
    ada = f"{street.pod.url}/u/ada"
    personal = street.ada.get("/api/v1/me")["personal_group"]
    assert street.tell("Follow", ada) == (202, "")
    eventually(lambda: [answer for answer in street.taken("Accept") if answer["actor"] == ada])

    post = street.write(personal)

    (created,) = eventually(lambda: street.taken("Create"))
    assert (created["actor"], created["object"]["attributedTo"]) == (ada, ada)
    assert created["id"] == f"{street.pod.url}/activities/{post}"
    assert street.tell("Delete", street.peer.actor) == (202, "")
    assert street.get("/u/ada/followers")["totalItems"] == 0


def test_a_group_that_is_not_public_refuses_followers(street: Street) -> None:
    unlisted = f"{street.pod.url}/groups/{street.found('unlisted')}"

    assert street.tell("Follow", unlisted) == (202, "")

    eventually(lambda: [answer for answer in street.taken("Reject") if answer["actor"] == unlisted])
    assert street.get(f"{unlisted}/followers")["totalItems"] == 0


@pytest.mark.parametrize("kind", ["Reject", "Flag", "Bite", "Question"])
def test_a_kind_without_use_is_taken_and_changes_nothing(street: Street, kind: str) -> None:
    assert street.tell(kind, {"id": f"{street.peer.url}/thing", "type": "Note"}) == (202, "")


def test_an_actors_own_inbox_is_the_same_door(street: Street) -> None:
    peer = street.peer
    said = {"id": f"{peer.url}/{peer.now()}", "type": "Flag", "actor": peer.actor, "object": "x"}
    for path, answer in (("/u/ada/inbox", 202), (f"/groups/{street.group}/inbox", 202), ("/u/nobody/inbox", 404)):
        unsigned = peer.unsigned(said)
        there = SignedRequest("POST", path, unsigned.authority, "http", unsigned.headers, unsigned.body)

        assert send(peer.signed(there))[0] == answer
        assert send(there)[0] == (401 if answer == 202 else 404)


def test_the_end_of_somebody_unheard_of_is_taken_without_asking_anybody(street: Street) -> None:
    peer = street.peer
    stranger = f"{peer.url}/u/unheard-of"
    said = {"id": f"{stranger}#gone", "type": "Delete", "actor": stranger, "object": stranger}
    asked = len(peer.asked)

    assert send(peer.covering(peer.unsigned(said), keyId=f"{stranger}#main-key"))[0] == 202

    assert len(peer.asked) == asked


def test_one_of_ours_is_not_believed_over_http(street: Street) -> None:
    ada = f"{street.pod.url}/u/ada"
    said = {"id": f"{ada}#1", "type": "Follow", "actor": ada, "object": f"{street.pod.url}/groups/{street.group}"}

    refused = send(street.peer.covering(street.peer.unsigned(said), keyId=f"{ada}#main-key"))

    check_problem(refused, 401, "wrong_key_owner")


def test_a_changed_key_is_asked_for_once_in_five_minutes(street: Street) -> None:
    peer = street.peer
    assert street.tell("Flag", "x") == (202, "")
    asked = peer.asked.count("/actor")
    private = generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    changed = rsa_signing_key(peer.key_id, pem)
    peer.public_pem = rsa_public_pem(pem)

    def tell() -> int:
        said = {"id": f"{peer.url}/{peer.now()}", "type": "Flag", "actor": peer.actor, "object": "x"}
        return send(peer.covering(peer.unsigned(json.dumps(said).encode()), sign=changed.sign))[0]

    street.pod.set_clock(2 * FIVE_MINUTES_MS)

    assert [tell(), tell()] == [202, 202]
    assert peer.asked.count("/actor") == asked + 1
    # Other processes of the pod are told a moment later.
    eventually(lambda: street.tell("Flag", "x")[0] == 401)
    assert [street.tell("Flag", "x")[0] for _ in range(3)] == [401, 401, 401]
    assert peer.asked.count("/actor") == asked + 1
