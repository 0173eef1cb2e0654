"""How many signed activities a second an inbox takes, counted as rows that stand in the pod afterwards.

200 actors, each a member with a record key of its own, send votes that were signed beforehand: two signatures to check
for each, one of the request (RSA) and one of the record (Ed25519). 202 comes only after verification and commit.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Iterator
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from federation.signatures import Scheme, SignedRequest, SigningKey, sign
from federation.signatures.keys import load_key, rsa_public_pem, rsa_signing_key, verify_with
from pod.deps import Deps
from protocol.canonical import canonical_document
from tests.bench import bare
from tests.bench.place import a_pod, cpu_seconds, on_core, pss_mib
from tests.support.folders import folder_of
from tests.support.importing import home_of, on, settle_members, take, verification_limit
from tests.support.peer import Peer, serving
from tests.support.rig import PORT, ServedPod, call, eventually
from tests.support.trust_network import Body, Network
from tests.support.wire import with_fields

ACTORS = 200
KEYS = 10  # distinct RSA keys; the server loads and checks one for each actor all the same
REQUESTS = 6000
CONNECTIONS = 200
PAGE = 500


class Crowd(Peer):
    """A server with many actors, all of whom sign with one of a few keys."""

    def __init__(self, host: str, inbox: str) -> None:
        super().__init__(host, inbox)
        self.pems = [_pem() for _ in range(KEYS)]
        self.public = [rsa_public_pem(pem) for pem in self.pems]

    def documents(self) -> dict[str, dict[str, Any]]:
        """Every actor's document, by its path."""
        return {f"/actor/{number}": self._document(number) for number in range(ACTORS)}

    def _document(self, number: int) -> dict[str, Any]:
        actor = f"{self.url}/actor/{number}"
        key = {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": self.public[number % KEYS]}
        return {"id": actor, "type": "Person", "inbox": f"{actor}/inbox", "publicKey": key}

    def signing_keys(self) -> list[SigningKey]:
        loaded = [rsa_signing_key("", pem).sign for pem in self.pems]
        actors = (f"{self.url}/actor/{number}" for number in range(ACTORS))
        return [SigningKey(f"{actor}#main-key", "rsa", loaded[place % KEYS]) for place, actor in enumerate(actors)]


def _pem() -> bytes:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def measure() -> list[tuple[str, float, str]]:
    """Accepted a second in both forms of signature, and the limit that the two signature checks set."""
    with a_pod("inbox") as pod, on_core(1):
        network, votes = prepare(pod)
        with on_core(0):
            pod.start()
        crowd = Crowd(f"127.77.{pod.host.split('.')[2]}.9", f"{pod.url}/inbox")
        with serving(crowd):
            figures = [("both signature checks alone (the limit)", _limit(crowd), "1/s")]
            for scheme, aim in (("cavage", 2500), ("rfc9421", 2200)):
                by_clock, by_cpu = send_round(pod, crowd, network, votes, scheme)  # type: ignore[arg-type]
                figures.append((f"accepted and stored, {scheme} (aim {aim})", by_clock, "1/s"))
                figures.append((f"accepted and stored, {scheme}, by CPU time", by_cpu, "1/s"))
            assert pod.process is not None
            figures.append(("memory of the pod (aim 150)", pss_mib(pod.process.pid), "MiB"))
            pod.kill()
            figures += _bare(pod, crowd)
    return figures


def _bare(pod: ServedPod, crowd: Crowd) -> list[tuple[str, float, str]]:
    """What a handler takes that only checks an RSA signature over the body and commits in groups."""
    folder, sign_body = pod.folder.parent, crowd.signing_keys()[0].sign
    (folder / "key.pem").write_text(crowd.public[0])
    (folder / "answer.json").write_text("{}")
    requests = []
    for number in range(REQUESTS):
        body = b"%0700d" % number
        fields = f"Host: {crowd.inbox.netloc}\r\nSignature: {b64encode(sign_body(body)).decode()}\r\n"
        head = f"POST /inbox HTTP/1.1\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        requests.append(head.encode() + body)
    with on_core(0), bare.serving(pod.host, PORT, folder) as process:
        used = cpu_seconds(process)
        with on_core(1):
            seconds = asyncio.run(_send_all(crowd, requests))
        used = cpu_seconds(process) - used
    name = "a bare handler with one RSA check (the limit)"
    return [(name, REQUESTS / seconds, "1/s"), (f"{name}, by CPU time", REQUESTS / used, "1/s")]


def prepare(pod: ServedPod) -> tuple[Network, Iterator[Body]]:
    """A group with its members and posts at the pod, and the votes that its members are going to send."""
    home = home_of(pod)
    network = Network(folder_of("data") / "bitcoin-otc-ratings.csv", (home, home), most=ACTORS)
    introductions = [body for pair in network.introductions() for body in pair]
    votes = network.many_votes(network.posts(introductions))

    async def act(deps: Deps) -> None:
        await settle_members(deps, network)
        await take(deps, network.group, introductions)

    on(pod, act)
    return network, votes


def _limit(crowd: Crowd, count: int = 3000) -> float:
    signing = crowd.signing_keys()[0]
    key = load_key(signing.key_id, "", crowd.public[0])
    signature = signing.sign(b"x" * 300)
    started = time.perf_counter()
    assert all(verify_with(key, b"x" * 300, signature) for _ in range(count))
    rsa = count / (time.perf_counter() - started)
    return 1 / (1 / rsa + 1 / verification_limit())


def send_round(
    pod: ServedPod, crowd: Crowd, network: Network, votes: Iterator[Body], scheme: Scheme
) -> tuple[float, float]:
    """Accepted a second, by the clock and by the CPU time of all processes that serve."""
    keys = crowd.signing_keys()
    now = time.time_ns() // 1_000_000
    requests = []
    for number, vote in enumerate(islice(votes, REQUESTS)):
        actor = f"{crowd.url}/actor/{number % ACTORS}"
        activity = {"id": f"{actor}/{scheme}/{number}", "type": "Add", "actor": actor, "record": vote}
        body = canonical_document(activity)  # as a pod sends it
        requests.append(_wire(crowd.unsigned(body), keys[number % ACTORS], scheme, now))
    before = _stored(pod, network.group)
    # Actors that the pod meets for the first time are looked up few at a time; that isn't what is measured.
    asyncio.run(_send_all(crowd, requests[:ACTORS], connections=2))
    used = cpu_seconds(*pod.process_ids())
    seconds = asyncio.run(_send_all(crowd, requests[ACTORS:]))
    used = cpu_seconds(*pod.process_ids()) - used
    eventually(lambda: _stored(pod, network.group) >= before + REQUESTS, seconds=60)
    return (REQUESTS - ACTORS) / seconds, (REQUESTS - ACTORS) / used


def _wire(unsigned: SignedRequest, key: SigningKey, scheme: Scheme, now: int) -> bytes:
    request = with_fields(unsigned, sign(unsigned, key, scheme=scheme, now=now))
    fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    head = f"POST {request.target} HTTP/1.1\r\n{fields}Content-Length: {len(request.body)}\r\n\r\n"
    return head.encode() + request.body


async def _send_all(crowd: Crowd, requests: list[bytes], connections: int = CONNECTIONS) -> float:
    waiting = iter(requests)

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection(crowd.inbox.hostname, crowd.inbox.port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b": 0")
            body = await reader.readexactly(int(length.split(b":")[1]))
            assert head.startswith(b"HTTP/1.1 202"), head + body
        writer.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(one_connection())
    return time.perf_counter() - started


def _stored(pod: ServedPod, group: str) -> int:
    """Rows: what the log holds and what still waits for it."""
    held = int(call("GET", f"{pod.url}/api/v1/groups/{group}")["log"]["held"])
    cursor = pending = 0
    while records := (page := call("GET", f"{pod.url}/groups/{group}/pending?from={cursor}"))["records"]:
        pending, cursor = pending + len(records), page["next"]
    return held + pending
