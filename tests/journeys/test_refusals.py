"""What a pod's inbox refuses over real HTTP: each refusal has code and sentence, changes nothing, can be repaired."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import Scheme, SignedRequest
from federation.signatures.keys import rsa_signing_key
from protocol.copies import CLASSES, CopyManifest, CopyTally, manifest_members
from protocol.ids import RecordId
from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.calls import ApiRefusal, Call, ask, at, body, by, saying
from tests.support.peer import Peer, send, serving
from tests.support.rig import ServedPod, eventually
from tests.support.scene import BO, Body, Scene, a_scene, check_problem
from tests.support.wire import changed, with_fields

PODS = 1
MIB: Final = 1024 * 1024
HOUR_MS: Final = 3_600_000
STRANGER: Final = PrivateKey.from_seed(b"stranger".ljust(32))
NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"
NO_VOTE: Final[dict[str, Any]] = {"target": None, "value": None}
FOREIGN: Final = "http://127.77.0.8:8080/actor"

Spoil = Callable[[Peer, SignedRequest], SignedRequest]


class Exchange(NamedTuple):
    """A request that must be refused, and what it becomes when it is repaired, which carries `record`."""

    refused: SignedRequest
    repaired: SignedRequest
    record: Body


class Refusal(NamedTuple):
    """A line of the table."""

    name: str
    status: int
    code: str
    make: Callable[[Scene], Exchange]


@pytest.fixture(scope="module")
def scene(pods: list[ServedPod]) -> Iterator[Scene]:
    (pod,) = pods
    worker = pod.host.split(".")[2]
    with serving(Peer(f"127.77.{worker}.9", f"{pod.url}/inbox")) as peer:
        yield a_scene(pod, peer)


def request(spoil: Spoil) -> Callable[[Scene], Exchange]:
    """A sound vote, whose delivery `spoil` makes from the unsigned one; repaired, it is signed as all are."""

    def make(scene: Scene) -> Exchange:
        vote = scene.vote()
        unsigned = scene.peer.unsigned(scene.peer.activity(vote))
        return Exchange(spoil(scene.peer, unsigned), scene.peer.signed(unsigned), vote)

    return make


def text(spoil: Callable[[bytes], bytes]) -> Callable[[Scene], Exchange]:
    """A delivery, soundly signed over a text that `spoil` made of the activity's."""
    return request(lambda peer, unsigned: peer.signed(peer.unsigned(spoil(unsigned.body))))


def member(json_text: str) -> Callable[[Scene], Exchange]:
    """A delivery whose activity has one member more, of this text."""
    return text(lambda body: b'{"more":' + json_text.encode() + b"," + body[1:])


def activity(**members: Any) -> Callable[[Scene], Exchange]:
    """A delivery of an activity that says this instead."""
    return text(lambda body: json.dumps(json.loads(body) | members).encode())


def record(spoil: Callable[[Scene, Body], Body], sound: Callable[[Scene], Body] = Scene.vote) -> Any:
    """A soundly signed delivery of a record that `spoil` made of a sound one."""

    def make(scene: Scene) -> Exchange:
        peer, good = scene.peer, sound(scene)
        refused, repaired = (peer.unsigned(peer.activity(body)) for body in (spoil(scene, good), good))
        return Exchange(peer.signed(refused), peer.signed(repaired), good)

    return make


@cache
def other_rsa_pem() -> bytes:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def by_another_key(peer: Peer, unsigned: SignedRequest) -> SignedRequest:
    return peer.covering(unsigned, sign=rsa_signing_key(peer.key_id, other_rsa_pem()).sign)


def sent_before(peer: Peer, unsigned: SignedRequest) -> SignedRequest:
    greeting = peer.unsigned({"id": f"{peer.url}/{len(unsigned.body)}", "type": "Follow", "actor": peer.actor})
    once = peer.signed(greeting)
    assert send(once)[0] == 202
    return once


def gzip_bomb(peer: Peer, _: SignedRequest) -> SignedRequest:
    zipped = peer.signed(peer.unsigned(gzip.compress(b" " * 64 * MIB)))
    return with_fields(zipped, {"Content-Encoding": "gzip"})


def no_gzip(peer: Peer, unsigned: SignedRequest) -> SignedRequest:
    return with_fields(peer.signed(unsigned), {"Content-Encoding": "gzip"})


def flipped(_: Scene, vote: Body) -> Body:
    """The proof with the last bit of its value's last character but one changed."""
    value = vote["proof"]["proofValue"]
    other = "3" if value[-2] == "2" else "2"
    return {**vote, "proof": {**vote["proof"], "proofValue": value[:-2] + other + value[-1]}}


REQUESTS = [
    Refusal("no signature", 401, "signature_missing", request(lambda _, unsigned: unsigned)),
    Refusal("wrong key", 401, "signature_invalid", request(by_another_key)),
    Refusal("wrong digest", 401, "digest_mismatch", request(lambda p, u: changed(p.signed(u), body=u.body + b" "))),
    Refusal(
        "wrong content-digest",
        401,
        "digest_mismatch",
        request(lambda p, u: changed(p.signed(u, scheme="rfc9421"), body=u.body + b" ")),
    ),
    Refusal(
        "digest not covered",
        401,
        "signature_incomplete",
        request(lambda p, u: p.covering(u, "(request-target) host date")),
    ),
    Refusal("target not covered", 401, "signature_incomplete", request(lambda p, u: p.covering(u, "host date digest"))),
    Refusal(
        "time not covered",
        401,
        "signature_incomplete",
        request(lambda p, u: p.covering(u, "(request-target) host digest")),
    ),
    Refusal(
        "another target", 401, "signature_invalid", request(lambda p, u: changed(p.signed(u), target="/inbox?all=1"))
    ),
    Refusal("stale date", 401, "signature_stale", request(lambda p, u: p.signed(u, at=p.now() - 2 * HOUR_MS))),
    Refusal(
        "stale created",
        401,
        "signature_stale",
        request(lambda p, u: p.signed(u, scheme="rfc9421", at=p.now() - 2 * HOUR_MS)),
    ),
    Refusal("date of tomorrow", 401, "signature_stale", request(lambda p, u: p.signed(u, at=p.now() + 24 * HOUR_MS))),
    Refusal("replay", 401, "signature_replayed", request(sent_before)),
    Refusal("foreign actor", 401, "wrong_key_owner", activity(actor=FOREIGN)),
    Refusal("foreign activity id", 401, "wrong_key_owner", activity(id=f"{FOREIGN}/1")),
    Refusal(
        "key on another host",
        401,
        "wrong_key_owner",
        request(lambda p, u: p.covering(u, keyId=f"{FOREIGN}#main-key")),
    ),
    Refusal(
        "key that the actor lacks",
        401,
        "wrong_key_owner",
        request(lambda p, u: p.covering(u, keyId=f"{p.actor}#other-key")),
    ),
    Refusal(
        "hmac under the public key, told",
        401,
        "signature_algorithm",
        request(lambda p, u: p.covering(u, sign=p.hmac, algorithm="hmac-sha256")),
    ),
    Refusal(
        "hmac under the public key, untold",
        401,
        "signature_invalid",
        request(lambda p, u: p.covering(u, sign=p.hmac)),
    ),
    Refusal("oversize", 413, "too_large", text(lambda body: body + b" " * MIB)),
    Refusal("not the gzip that it says", 415, "encoded_body", request(no_gzip)),
    Refusal("gzip bomb", 415, "encoded_body", request(gzip_bomb)),
]


def manifest(scene: Scene) -> Body:
    """What bo's copy would say of the group if it were his own: a record without author and counter."""
    total = CopyTally().total()
    told = CopyManifest(RecordId(scene.group), scene.peer.url, scene.peer.now(), dict.fromkeys(CLASSES, total))
    return sign(manifest_members(told), BO)


DOCUMENTS = [
    Refusal("deep JSON", 400, "malformed_document", member("[" * 5000 + "]" * 5000)),
    Refusal("JSON beyond the depth", 400, "malformed_document", member("[" * 33 + "]" * 33)),
    Refusal("duplicate keys", 400, "malformed_document", member('1,"more":2')),
    Refusal("duplicate record", 400, "malformed_document", member('1,"record":{}')),
    Refusal("NaN", 400, "malformed_document", member("NaN")),
    Refusal("Infinity", 400, "malformed_document", member("-Infinity")),
    Refusal("lone surrogate", 400, "malformed_document", member('"\\ud800"')),
    Refusal("NUL", 400, "malformed_document", member('"\\u0000"')),
    Refusal("huge integer", 400, "malformed_document", member("1" + "0" * 5000)),
    Refusal("byte order mark", 400, "malformed_document", text(lambda body: b"\xef\xbb\xbf" + body)),
    Refusal("not UTF-8", 400, "malformed_document", text(lambda body: body.replace(b'"Add"', b'"\xff"'))),
    Refusal("not an object", 400, "malformed_document", text(lambda body: b"[" + body + b"]")),
    Refusal("no body", 400, "malformed_document", text(lambda _: b"")),
    Refusal("a graph", 400, "malformed_document", member('1,"@graph":[]')),
    Refusal("two ids", 400, "malformed_document", member('1,"@id":"urn:x"')),
    Refusal("no actor", 400, "malformed_document", activity(actor=None)),
]
RECORDS = [
    Refusal("unknown group", 404, "unknown_group", record(lambda s, _: s.vote(group=NOWHERE))),
    Refusal("malformed record", 400, "malformed_record", record(lambda s, _: s.vote(value=5000))),
    Refusal("malformed group id", 400, "malformed_record", record(lambda s, _: s.vote(group="parish"))),
    Refusal("float in a record", 400, "malformed_record", record(lambda _, vote: vote | {"value": 1.5})),
    Refusal("record without proof", 400, "malformed_record", record(lambda _, vote: vote | {"proof": None})),
    Refusal("record of other rules", 400, "malformed_record", record(lambda s, _: s.vote(rules=2))),
    Refusal("record of 65 KiB", 413, "too_large", record(lambda s, _: s.vote(more="x" * 65 * 1024))),
    Refusal("record by an unknown key", 400, "not_author", record(lambda s, _: s.vote(STRANGER))),
    Refusal("manifest of a copy", 400, "not_author", record(lambda s, _: manifest(s))),
    Refusal("vote in the name of another", 400, "not_author", record(lambda s, _: s.vote(author=1))),
    Refusal("record with a flipped byte", 400, "bad_proof", record(lambda _, vote: vote | {"value": -vote["value"]})),
    Refusal("proof with a flipped byte", 400, "bad_proof", record(flipped)),
    Refusal(
        "void operation", 409, "void_operation", record(lambda s, _: s.weigh(9000), lambda s: s.weigh(s.lighter()))
    ),
    Refusal(
        "operation of a non-member",
        409,
        "void_operation",
        record(lambda s, _: s.weigh(10, author=77), lambda s: s.weigh(s.lighter())),
    ),
]
TABLE = [*REQUESTS, *DOCUMENTS, *RECORDS]


@pytest.mark.parametrize("refusal", TABLE, ids=[refusal.name.replace(" ", "-") for refusal in TABLE])
def test_the_inbox_refuses_and_takes_the_repaired_request(scene: Scene, refusal: Refusal) -> None:
    before = scene.quiet()
    exchange = refusal.make(scene)

    check_problem(send(exchange.refused), refusal.status, refusal.code)

    assert scene.sight() == before
    assert send(exchange.repaired) == (202, "")
    if exchange.record["type"] == "Operation":
        eventually(lambda: scene.weight() == exchange.record["with"]["weight"])
    scene.quiet()
    logged = [exchange.record] if exchange.record["type"] == "Vote" else []
    assert scene.entries(before.log_size) == logged


def deliver(scene: Scene, body: Body, *, scheme: Scheme = "cavage") -> tuple[int, Any]:
    return send(scene.peer.signed(scene.peer.unsigned(scene.peer.activity(body)), scheme=scheme))


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
def test_both_forms_of_signature_are_taken(scene: Scene, scheme: Scheme) -> None:
    before, vote = scene.quiet(), scene.vote()

    assert deliver(scene, vote, scheme=scheme) == (202, "")

    scene.quiet()
    assert scene.entries(before.log_size) == [vote]


@pytest.mark.parametrize("unknown", [{"author": 99}, {"key": 7}], ids=["of-a-non-member", "by-a-key-not-known-yet"])
def test_a_vote_whose_author_is_not_known_waits_and_changes_nothing(scene: Scene, unknown: Body) -> None:
    before, vote, sound = scene.quiet(), scene.vote(**unknown), scene.vote()

    assert deliver(scene, vote) == (202, "")
    assert scene.sight() == before
    assert deliver(scene, sound) == (202, "")

    scene.quiet()
    assert scene.entries(before.log_size) == [sound]


def test_a_key_elsewhere_is_never_asked_for(scene: Scene) -> None:
    peer = scene.peer
    asked = len(peer.asked)
    foreign = peer.unsigned(peer.activity(scene.vote(), actor=FOREIGN))

    check_problem(send(peer.covering(foreign, keyId=f"{peer.url}/unheard-of#main-key")), 401, "wrong_key_owner")

    assert len(peer.asked) == asked


def an_operation(scene: Scene) -> Body:
    return {"type": "Operation", "do": "set-weight", "with": {"member": scene.number, "weight": scene.lighter()}}


def an_invitation(_: Scene) -> Body:
    return {"weight": 10, "to": STRANGER.did, "expires": 2**50}


def a_group(_: Scene) -> Body:
    return {"name": "Choir"}


API = [
    ApiRefusal("no token", 401, "unauthorized", by("")),
    ApiRefusal("bad token", 401, "unauthorized", by("Bearer " + "x" * 43)),
    ApiRefusal("empty token", 401, "unauthorized", by("Bearer ")),
    ApiRefusal("token beyond ASCII", 401, "unauthorized", by("Bearer \xff")),
    ApiRefusal("password", 401, "unauthorized", by("Basic YWRhOmFkYQ==")),
    ApiRefusal("vote of a non-member", 403, "not_member", lambda s, c: by(f"Bearer {s.eve.account['token']}")(s, c)),
    ApiRefusal("bad group id", 400, "malformed_record", at("/api/v1/groups/parish/votes")),
    ApiRefusal("unknown group", 403, "not_member", at(f"/api/v1/groups/{NOWHERE}/votes")),
    ApiRefusal("no such path", 404, "not_found", at("/api/v1/nothing")),
    ApiRefusal("body not an object", 400, "malformed_record", body(b"[]")),
    ApiRefusal("no body", 400, "malformed_record", body(b"")),
    ApiRefusal("body not JSON", 400, "malformed_record", body(b"value=1000")),
    ApiRefusal("duplicate keys", 400, "malformed_record", body(b'{"value":1,"value":2}')),
    ApiRefusal("NaN", 400, "malformed_record", body(b'{"value":NaN}')),
    ApiRefusal("lone surrogate", 400, "malformed_record", body(b'{"value":"\\udfff"}')),
    ApiRefusal("deep JSON", 413, "too_large", body(b'{"value":' + b"[" * 50_000 + b"]" * 50_000 + b"}")),
    ApiRefusal("more than a record", 413, "too_large", saying(more="x" * 66 * 1024)),
    ApiRefusal("oversize", 413, "too_large", saying(more="x" * MIB)),
    ApiRefusal("vote beyond the scale", 400, "malformed_record", saying(value=1001)),
    ApiRefusal("vote of a fraction", 400, "malformed_record", saying(value=0.5)),
    ApiRefusal("vote with a proof", 400, "malformed_record", saying(proof={})),
    ApiRefusal("group with a proof", 400, "malformed_record", saying(proof="x"), "/api/v1/groups", a_group),
    ApiRefusal("vote on nothing", 400, "malformed_record", saying(target=None)),
    ApiRefusal("wish of tomorrow", 403, "may_not_sign", saying(do="fly"), "records", an_operation),
    ApiRefusal(
        "void operation",
        409,
        "void_operation",
        saying(**{"with": {"member": 999, "weight": 1}}),
        "records",
        an_operation,
    ),
    ApiRefusal("record without a type", 400, "malformed_record", saying(type=None), "records", an_operation),
    ApiRefusal("record with a type of no text", 400, "malformed_record", saying(type=7), "records", an_operation),
    ApiRefusal("invitation of no weight", 400, "malformed_record", saying(weight=None), "invitations", an_invitation),
    ApiRefusal("invitation to nobody", 400, "malformed_record", saying(to="did:key:x"), "invitations", an_invitation),
    ApiRefusal("group without a name", 400, "malformed_record", saying(name=None), "/api/v1/groups", a_group),
    ApiRefusal("group of a strange weight", 400, "malformed_record", saying(weight="1"), "/api/v1/groups", a_group),
    ApiRefusal("join of no group", 400, "malformed_record", at("/api/v1/joins")),
    ApiRefusal("pull from nowhere", 400, "malformed_record", at("pulls")),
    ApiRefusal(
        "pull from a private address",
        400,
        "unsafe_address",
        lambda s, c: saying(**NO_VOTE, pod="http://10.0.0.1")(s, at("pulls")(s, c)),
    ),
    ApiRefusal(
        "join at a private address",
        400,
        "unsafe_address",
        lambda s, c: saying(pod="http://10.0.0.1", group=NOWHERE, target=None, value=None)(
            s, at("/api/v1/joins")(s, c)
        ),
    ),
]


@pytest.mark.parametrize("refusal", API, ids=[refusal.name.replace(" ", "-") for refusal in API])
def test_the_api_refuses_and_takes_the_repaired_call(scene: Scene, refusal: ApiRefusal) -> None:
    before = scene.quiet()
    said = json.dumps(refusal.sound(scene)).encode()
    call = Call(refusal.path, f"Bearer {scene.ada.account['token']}", said)

    check_problem(ask(scene, refusal.spoil(scene, call)), refusal.status, refusal.code)

    assert scene.sight() == before
    status, answer = ask(scene, call)
    assert status == 201, answer
    if refusal.path == "records":  # an operation: it is settled once a seal holds it
        eventually(lambda: scene.weight() == json.loads(said)["with"]["weight"])
    scene.quiet()
    logged = scene.entries(before.log_size)
    assert [entry["value"] for entry in logged] == ([json.loads(said)["value"]] if refusal.path == "votes" else [])
