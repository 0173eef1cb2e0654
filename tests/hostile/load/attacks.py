"""What strangers do to a pod, each from a process of its own until it is told to stop."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import socket
import threading
from contextlib import ExitStack
from itertools import count
from typing import Any, Final

from federation.signatures import SignedRequest
from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.hostile.load.ground import ENEMY, MIB, VICTIM, Ground, host_of, listening
from tests.support.peer import Peer, send, serving
from tests.support.rig import PORT
from tests.support.wire import with_fields

SLOW_PORTS: Final = range(9100, 9110)
READERS: Final = 6
NOWHERE: Final = "bagaaiera" + "a" * 52


def _post(ground: Ground, path: str, body: bytes, **fields: str) -> int:
    wire = http.client.HTTPConnection(ground.pod.host, PORT, timeout=20)
    try:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": ground.address} | {
            name.replace("_", "-"): value for name, value in fields.items()
        }
        wire.request("POST", path, body, headers)
        answer = wire.getresponse()
        answer.read()
        return answer.status
    finally:
        wire.close()


def deliver(ground: Ground, request: SignedRequest) -> int:
    """Send a delivery from the attacker's address."""
    return send(with_fields(request, {"X-Forwarded-For": ground.address}))[0]


def w2_numbers(ground: Ground) -> None:
    """Numbers that are slow to read, within the limit of bytes."""
    body = b'{"type":"Handover","x":[' + b"9e300," * 160_000 + b"1]}"
    ground.repeat(lambda: _post(ground, ground.path("/handovers"), body), pause=0.02)


def w2_inflated(ground: Ground) -> None:
    """A small body that inflates."""
    body = gzip.compress(b'{"x":[' + b"9e300," * 160_000 + b"1]}")
    ground.repeat(lambda: _post(ground, ground.path("/handovers"), body, Content_Encoding="gzip"), pause=0.01)


def w5_homes(ground: Ground) -> None:
    """Joins that name a stranger's server as home, half of them an address within it, while the group is written in."""
    numbers = count()
    peer = Peer(host_of(ENEMY), f"{ground.pod.url}/inbox")

    def join() -> None:
        number = next(numbers)
        keys = [PrivateKey.from_seed(os.urandom(32)) for _ in range(3)]
        within = f"/search?q={number}&x=" if number % 2 else ""
        home = {"pod": f"http://{host_of(VICTIM)}:{PORT}{within}", "key": keys[2].did}
        wish = {"home": home, "signing": keys[0].did, "recovery": keys[1].did}
        header: dict[str, Any] = {"rules": 1, "group": ground.group, "author": 0, "key": 0, "counter": 1}
        body = {"type": "Operation", **header, "at": peer.now(), "do": "join", "with": wish}
        deliver(ground, peer.signed(peer.unsigned(peer.activity(sign(body, keys[0])))))

    with serving(peer):
        ground.repeat(join, pause=0.05)


def _name_a_key(ground: Ground, key_id: str) -> int:
    body = json.dumps({"id": f"{key_id}/1", "type": "Follow", "actor": key_id, "object": ground.pod.url}).encode()
    peer = Peer(host_of(ENEMY), f"{ground.pod.url}/inbox")
    request = peer.covering(peer.unsigned(body), sign=lambda _: b"x" * 256, keyId=f"{key_id}#main-key")
    return deliver(ground, request)


def w7_announcements(ground: Ground) -> None:
    """Key servers that announce their answer for ever."""
    numbers = count()

    def announce(wire: socket.socket) -> None:
        wire.recv(65536)
        while not ground.stop.is_set():
            wire.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 4000)

    with listening(ENEMY, announce, port=9200):
        ground.repeat(lambda: _name_a_key(ground, f"http://{host_of(ENEMY)}:9200/u/{next(numbers)}"), pause=0.05)


def w8_long_pages(ground: Ground) -> None:
    """Every page of a post with many edits, by several at once."""
    numbers = count()

    def read() -> None:
        for path in ground.pages():
            wire = http.client.HTTPConnection(ground.pod.host, PORT, timeout=20)
            fresh = (
                "" if "/api/" in path else f"{'&' if '?' in path else '?'}x={next(numbers)}"
            )  # no answer that is held
            wire.request("GET", f"{path}{fresh}", headers={"X-Forwarded-For": ground.address})
            wire.getresponse().read()
            wire.close()

    readers = [threading.Thread(target=ground.repeat, args=(read,), daemon=True) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()


def w9_strangers_handovers(ground: Ground) -> None:
    """Handovers full of operations, for a group that isn't here, and by keys of nobody."""
    key = PrivateKey.from_seed(b"stranger".ljust(32))
    wish = {"type": "Operation", "rules": 1, "group": ground.group, "author": 1, "key": 0, "counter": 9, "at": 1}
    operations = [sign({**wish, "do": "leave", "with": {}, "counter": number}, key) for number in range(9, 73)]
    bodies = {}
    for group in (NOWHERE, ground.group):
        body = {"type": "Handover", "rules": 1, "group": group, "parent": NOWHERE, "height": 9, "term": 9, "at": 1}
        body |= {"operations": operations, "log": {"size": 0, "root": "0" * 64}}
        body |= {"steward": {"pod": "https://a.example", "key": key.did}, "keepers": [{"member": 1, "key": key.did}]}
        bodies[group] = json.dumps(sign(body, key)).encode()

    def ask() -> None:
        for group, body in bodies.items():
            _post(ground, f"/groups/{group}/handovers", body)
            _post(ground, f"/groups/{group}/promises", body)

    ground.repeat(ask, pause=0.05)


def w10_slow_key_servers(ground: Ground) -> None:
    """Keys at servers that never answer, named by many requests at once."""
    numbers = count()

    def swallow(wire: socket.socket) -> None:
        wire.recv(65536)
        ground.stop.wait(15)

    peer = Peer(host_of(ENEMY), f"{ground.pod.url}/inbox")

    def name() -> None:
        number = next(numbers)
        actor = f"http://{host_of(ENEMY)}:{SLOW_PORTS[number % len(SLOW_PORTS)]}/u/{number}"
        said = json.dumps({"id": f"{actor}/1", "type": "Follow", "actor": actor, "object": ground.pod.url}).encode()
        request = peer.covering(peer.unsigned(said), sign=lambda _: b"x" * 256, keyId=f"{actor}#main-key")
        wire = socket.create_connection((ground.pod.host, PORT), timeout=5)
        lines = [
            f"POST {request.target} HTTP/1.1",
            f"X-Forwarded-For: {ground.address}",
            *(f"{key}: {value}" for key, value in request.headers),
        ]
        wire.sendall("\r\n".join([*lines, f"Content-Length: {len(said)}", "", ""]).encode() + said)
        held.append(wire)
        if len(held) > 300:
            held.pop(0).close()

    held: list[socket.socket] = []
    with ExitStack() as stack:
        for port in SLOW_PORTS:
            stack.enter_context(listening(ENEMY, swallow, port=port))
        ground.repeat(name, pause=0.01)
        for wire in held:
            wire.close()


def w11_halves(ground: Ground) -> None:
    """Heads and bodies that never end, hundreds of them."""
    head = f"POST {ground.path('/handovers')} HTTP/1.1\r\nHost: {ground.pod.host}\r\n"
    head += f"X-Forwarded-For: {ground.address}\r\n"
    halves = [head, f"{head}Content-Length: {MIB}\r\n\r\n" + "[" * 60_000]
    held: list[socket.socket] = []

    def begin() -> None:
        if len(held) < 900:
            wire = socket.create_connection((ground.pod.host, PORT), timeout=5)
            held.append(wire)
            wire.sendall(halves[len(held) % 2].encode())

    ground.repeat(begin, pause=0.005)
    for wire in held:
        wire.close()


def w13_addresses(ground: Ground) -> None:
    """Addresses that nobody asks for again, each as long as it may be."""
    numbers = count()
    wire = http.client.HTTPConnection(ground.pod.host, PORT, timeout=20)

    def ask() -> None:
        fields = {"X-Forwarded-For": ground.address}
        wire.request("GET", f"/u/ada?{next(numbers)}{'x' * 7000}", headers=fields)
        wire.getresponse().read()

    ground.repeat(ask, pause=0.002)
    wire.close()
