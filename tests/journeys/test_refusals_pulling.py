"""What the lists for other pods refuse: nothing changes, and a private group looks to strangers like none at all."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

import pytest

from federation.readers import INVITATION, invitation_field
from federation.signatures import SignedRequest, SigningKey, sign_once
from federation.signatures.keys import ed25519_signing_key
from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod
from tests.support.scene import BO, STRANGER, Body, Scene, a_scene, check_problem
from tests.support.wire import a_request, changed, with_fields

PODS = 1
HOUR_MS: Final = 3_600_000
NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"
LINK: Final = PrivateKey.from_seed(b"link".ljust(32))
LISTS: Final = ("chain?from=0", "log?from=0", "pending?from=0", "proof?leaf=0&size=1")
NONCES: Final = count()


class World:
    """ada's private group with bo, whose home is the peer, and another server that is home to nobody there."""

    def __init__(self, scene: Scene, stranger: Peer) -> None:
        self.scene = scene
        self.peer = scene.peer
        self.stranger = stranger
        self.offer = self.invitation()

    def invitation(self, **wishes: Any) -> Body:
        wanted = {"weight": 10, "to": LINK.did, "expires": 2**50, **wishes}
        path = f"/api/v1/groups/{self.scene.group}/invitations"
        return dict(self.scene.ada.post(path, wanted)["invitation"])

    def by_bo(self, **members: Any) -> Body:
        """An invitation that bo signs."""
        wanted = {"weight": 10, "to": LINK.did, "expires": 2**50, "uses": 1, **members}
        return sign(self.scene.body("Invitation", **wanted), BO)


class Pull(NamedTuple):
    """A GET of a list and what is made of it."""

    world: World
    request: SignedRequest

    def signed(self, key: SigningKey | None = None, fields: Body | None = None, *, at: int = 0) -> SignedRequest:
        """With fields, and a signature of its own over them all: the peer's, at a time of its own."""
        whole = with_fields(self.request, fields or {})
        peer = self.world.peer
        now, nonce = at or peer.now(), f"{next(NONCES)}"
        return with_fields(whole, sign_once(whole, key or peer.key, nonce=nonce, now=now))

    def shown(self, invitation: Body, key: PrivateKey = LINK) -> SignedRequest:
        """By the key of an invitation, which is shown."""
        return self.signed(ed25519_signing_key(key.did, key), {INVITATION: invitation_field(invitation)})


Spoil = Callable[[Pull], SignedRequest]


class Refusal(NamedTuple):
    """A line of the table; `lists` are those that the spoiled request asks for."""

    name: str
    status: int
    code: str
    spoil: Spoil
    lists: tuple[str, ...] = LISTS


@pytest.fixture(scope="module")
def world(pods: list[ServedPod]) -> Iterator[World]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    inbox = f"{pod.url}/inbox"
    with serving(Peer(f"127.77.{worker}.9", inbox)) as peer, serving(Peer(f"127.77.{worker}.8", inbox)) as stranger:
        yield World(a_scene(pod, peer, visibility="private"), stranger)


def a_pull(world: World, tail: str, group: str = "") -> Pull:
    authority = world.peer.inbox.netloc
    target = f"/groups/{group or world.scene.group}/{tail}"
    return Pull(world, changed(a_request("GET", target, authority=authority, body=b""), scheme="http"))


def at(*tails: str) -> tuple[str, ...]:
    return tails


def honest(pull: Pull) -> SignedRequest:
    return pull.signed()


def by_another_key(pull: Pull) -> SignedRequest:
    peer = pull.world.peer
    return pull.signed(SigningKey(peer.key_id, "rsa", lambda base: peer.key.sign(base + b" ")))


def sent_before(pull: Pull) -> SignedRequest:
    request = pull.signed()
    send(request)
    return request


def field(name: str, value: str) -> Spoil:
    """Signed, and then a field replaced."""
    return lambda pull: with_fields(pull.signed(), {name: value}, drop=name)


def with_key_id(key_id: Callable[[World], str]) -> Spoil:
    return lambda pull: pull.signed(SigningKey(key_id(pull.world), "rsa", pull.world.peer.key.sign))


def of_this_pod(world: World) -> str:
    return f"{world.scene.ada.pod.url}/actor#main-key"


def shown(build: Callable[[World], Body], key: PrivateKey = LINK) -> Spoil:
    return lambda pull: pull.shown(build(pull.world), key)


def uncovered(pull: Pull) -> SignedRequest:
    signed = pull.signed(ed25519_signing_key(LINK.did, LINK))
    return with_fields(signed, {INVITATION: invitation_field(pull.world.offer)})


def token(text: Callable[[World], str]) -> Spoil:
    return lambda pull: with_fields(pull.request, {"Authorization": text(pull.world)})


def tails(name: str, cursor: str) -> tuple[str, ...]:
    return tuple(f"{kind}?from={cursor}" for kind in ("chain", "log", "pending")) if name == "from" else ()


CURSORS = [
    Refusal(name, 400, "malformed_record", honest, tails("from", cursor))
    for name, cursor in {
        "negative cursor": "-1",
        "cursor of no number": "x",
        "cursor of a fraction": "1.5",
        "empty cursor": "",
        "huge cursor": "9" * 16,
        "cursor in other digits": "%D9%A3",
        "cursor with NUL": "1%00",
    }.items()
]
PROOFS = [
    Refusal("proof of nothing", 400, "malformed_record", honest, at("proof")),
    Refusal("proof of a leaf alone", 400, "malformed_record", honest, at("proof?leaf=0")),
    Refusal("proof of both kinds", 400, "malformed_record", honest, at("proof?leaf=0&size=1&first=0&second=1")),
    Refusal("proof by a word", 400, "malformed_record", honest, at("proof?leaf=x&size=1")),
    Refusal("proof of a negative leaf", 400, "malformed_record", honest, at("proof?leaf=-1&size=1")),
    Refusal("proof with more", 400, "malformed_record", honest, at("proof?leaf=0&size=1&more=1")),
    Refusal("leaf beyond the size", 404, "not_found", honest, at("proof?leaf=1&size=1")),
    Refusal("size beyond the log", 404, "not_found", honest, at("proof?leaf=0&size=999999")),
    Refusal("second beyond the log", 404, "not_found", honest, at("proof?first=0&second=999999")),
    Refusal("a log that shrinks", 404, "not_found", honest, at("proof?first=2&second=1")),
]
# To these a private group and none at all are the same.
STRANGERS = [
    Refusal("no signature", 404, "unknown_group", lambda pull: pull.request),
    Refusal("a stranger's signature", 404, "unknown_group", lambda pull: pull.signed(pull.world.stranger.key)),
    Refusal("a stranger's key", 404, "unknown_group", lambda p: p.signed(ed25519_signing_key(STRANGER.did, STRANGER))),
    Refusal("a member's signing key", 404, "unknown_group", lambda p: p.signed(ed25519_signing_key(BO.did, BO))),
    Refusal("a stranger's token", 404, "unknown_group", token(lambda w: f"Bearer {w.scene.eve.account['token']}")),
    Refusal("a bad token", 401, "unauthorized", token(lambda _: "Bearer " + "x" * 43)),
    Refusal("wrong key", 401, "signature_invalid", by_another_key),
    Refusal("another target", 401, "signature_invalid", lambda p: changed(p.signed(), target=p.request.target + "0")),
    Refusal("stale", 401, "signature_stale", lambda p: p.signed(at=p.world.peer.now() - 2 * HOUR_MS)),
    Refusal("of tomorrow", 401, "signature_stale", lambda p: p.signed(at=p.world.peer.now() + 24 * HOUR_MS)),
    Refusal("replayed", 401, "signature_replayed", sent_before),
    Refusal("signed for another host", 401, "wrong_authority", field("Host", "another.example")),
    Refusal("a signature of no form", 401, "signature_malformed", field("Signature", "sig1=x")),
    Refusal("a key of another name", 401, "signature_malformed", with_key_id(lambda _: "acct:bo@pod.example")),
    Refusal("a key of no kind", 401, "unsuitable_key", with_key_id(lambda _: "did:key:z6MkNoKey")),
    Refusal("a key that the actor lacks", 401, "wrong_key_owner", with_key_id(lambda w: f"{w.peer.actor}#other")),
    Refusal("a key of this pod", 401, "wrong_key_owner", with_key_id(of_this_pod)),
    Refusal(
        "invitation of no form",
        401,
        "signature_malformed",
        lambda p: p.signed(ed25519_signing_key(LINK.did, LINK), {INVITATION: "x"}),
    ),
    Refusal(
        "invitation that is no object",
        404,
        "unknown_group",
        lambda p: p.signed(ed25519_signing_key(LINK.did, LINK), {INVITATION: b64encode(b"[]").decode()}),
    ),
    Refusal("invitation that the signature leaves out", 404, "unknown_group", uncovered),
    Refusal("invitation for another key", 404, "unknown_group", shown(lambda w: w.offer, STRANGER)),
    Refusal("invitation in another name", 404, "unknown_group", shown(lambda w: w.by_bo(author=1))),
    Refusal("expired invitation", 404, "unknown_group", shown(lambda w: w.invitation(expires=1))),
    Refusal("invitation over own weight", 404, "unknown_group", shown(lambda w: w.by_bo(weight=2001))),
    Refusal("invitation with a flipped byte", 404, "unknown_group", shown(lambda w: w.offer | {"weight": 11})),
    Refusal("invitation to another group", 404, "unknown_group", shown(lambda w: w.by_bo(group=NOWHERE))),
    Refusal(
        "invitation beside the chain",
        404,
        "unknown_group",
        shown(lambda w: w.offer),
        at("log?from=0", "pending?from=0", "proof?leaf=0&size=1"),
    ),
]
TABLE = [(refusal, tail) for refusal in [*CURSORS, *PROOFS, *STRANGERS] for tail in refusal.lists]


@pytest.mark.parametrize(
    ("refusal", "tail"), TABLE, ids=[f"{refusal.name.replace(' ', '-')}-{tail[:5]}" for refusal, tail in TABLE]
)
def test_a_list_refuses_and_answers_the_repaired_request(world: World, refusal: Refusal, tail: str) -> None:
    before = world.scene.quiet()

    check_problem(send(refusal.spoil(a_pull(world, tail))), refusal.status, refusal.code)

    assert world.scene.sight() == before
    sound = next(known for known in LISTS if known[:3] == tail[:3])
    status, page = send(a_pull(world, sound).signed())
    assert status == 200, page
    assert world.scene.sight() == before


@pytest.mark.parametrize("refusal", STRANGERS, ids=[refusal.name.replace(" ", "-") for refusal in STRANGERS])
def test_strangers_are_answered_as_if_there_were_no_such_group(world: World, refusal: Refusal) -> None:
    for tail in refusal.lists:
        here, nowhere = (send(refusal.spoil(a_pull(world, tail, group))) for group in ("", NOWHERE))
        assert here == nowhere


@pytest.mark.parametrize("tail", LISTS)
def test_a_group_that_is_not_here_is_unknown_to_everybody(world: World, tail: str) -> None:
    check_problem(send(a_pull(world, tail, NOWHERE).signed()), 404, "unknown_group")
    check_problem(send(a_pull(world, tail, "parish").signed()), 400, "malformed_record")


def test_the_key_of_an_invitation_opens_the_chain(world: World) -> None:
    status, page = send(a_pull(world, "chain?from=0").shown(world.offer))
    assert status == 200
    assert page["items"]


def test_both_forms_of_signature_open_the_lists(world: World) -> None:
    for tail in LISTS:
        pull = a_pull(world, tail)
        assert send(world.peer.signed(pull.request))[0] == 200


def test_where_anybody_may_read_no_key_is_asked_for(world: World) -> None:
    asked = len(world.stranger.asked)
    public = world.scene.ada.post("/api/v1/groups", {"name": "Open"})["group"]
    key = SigningKey(f"{world.stranger.url}/nobody#main-key", "rsa", world.stranger.key.sign)

    assert send(a_pull(world, "log?from=0", public).signed(key))[0] == 200

    assert len(world.stranger.asked) == asked


HANDOVER = "/groups/{group}/handovers"


def test_a_handover_of_a_private_group_is_not_refused_in_other_words(world: World) -> None:
    scene = world.scene
    seen = scene.ada.get(f"/api/v1/groups/{scene.group}")
    answers = []
    for group in (scene.group, NOWHERE):
        home = {"pod": world.stranger.url, "key": STRANGER.did}
        body = {"type": "Handover", "rules": 1, "group": group, "parent": seen["head"], "height": 9, "term": 9, "at": 1}
        body |= {"operations": [], "log": {"size": 0, "root": "0" * 64}, "steward": home, "keepers": []}
        body |= {"keepers": [{"member": 1, "key": STRANGER.did}]}
        with pytest.raises(Exception, match="unknown_group") as refused:
            scene.eve.post(HANDOVER.format(group=group), sign(body, STRANGER, as_list=True))
        answers.append(str(refused.value))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("kind", ["Vote", "Operation", "Seal", "Ack", "Receipt"])
def test_the_inbox_hears_of_a_private_group_what_it_hears_of_none(world: World, kind: str) -> None:
    scene = world.scene
    bodies: dict[str, Body] = {
        "Vote": {"target": {"post": scene.post}, "value": 1, "author": 1},
        "Operation": {"do": "join", "with": a_home(world), "author": 0, "key": 0, "counter": 1},
        "Seal": {"parent": NOWHERE, "height": 9, "term": 0, "operations": [], "log": {"size": 0, "root": "0" * 64}},
        "Ack": {"keeper": 1, "term": 0, "height": 1, "item": NOWHERE},
        "Receipt": {"record": NOWHERE, "steward": STRANGER.did, "term": 0, "by": 1},
    }
    answers = []
    for group in (scene.group, NOWHERE):
        body = {**scene.body(kind), "group": group, **bodies[kind]}
        if kind == "Ack":
            del body["at"]  # an ack says no more than it must
        record = sign(body, STRANGER)
        peer = world.stranger
        answers.append(send(peer.signed(peer.unsigned(peer.activity(record)))))
    assert answers[0] == answers[1]
    check_problem(answers[0], 404, "unknown_group")


def a_home(world: World) -> Body:
    recovery = PrivateKey.from_seed(b"recovery".ljust(32)).did
    return {"home": {"pod": world.stranger.url, "key": LINK.did}, "signing": STRANGER.did, "recovery": recovery}
