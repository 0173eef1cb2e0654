"""A pod that strangers run: its lists have no end, its groups are nobody's, its records are dear to read."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.hostile.load.attacks import deliver
from tests.hostile.load.ground import ENEMY, Ground, host_of
from tests.support.community import a_community
from tests.support.peer import Peer, answering
from tests.support.rig import PORT

NOWHERE: Final = "bagaaiera" + "a" * 51 + "q"
WORDS: Final = " ".join(["abandon"] * 23 + ["art"])
LONG: Final = "x" * 60_000
PAGE: Final = 100
Body = dict[str, Any]
Page = Callable[[str, int], Body | None]


@contextmanager
def a_hostile_pod(ground: Ground, number: int, page: Page) -> Iterator[Peer]:
    """A server with an actor, and lists of groups as `page` makes them of their path and beginning."""
    peer = Peer(host_of(ENEMY + 1 + number), f"{ground.pod.url}/inbox")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            start = int(parse_qs(asked.query).get("from", ["0"])[0])
            document = peer.documents().get(asked.path) or page(asked.path, start)
            self._say(200 if document else 404, json.dumps(document).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._say(202, b"{}")

        def _say(self, status: int, body: bytes) -> None:
            kind = "activity+json" if self.path == "/actor" else "json"
            self.send_response(status)
            self.send_header("Content-Type", f"application/{kind}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with answering(peer.host, Answers):
        yield peer


def _deliver(ground: Ground, peer: Peer, record: Body) -> int:
    return deliver(ground, peer.signed(peer.unsigned(peer.activity(record))))


def _record(ground: Ground, peer: Peer, kind: str, author: int, key: PrivateKey, **members: Any) -> Body:
    header = {"rules": 1, "group": ground.group, "author": author, "key": 0, "at": peer.now()}
    return sign({"type": kind, **header, **members}, key)


def _joined(ground: Ground, peer: Peer) -> tuple[PrivateKey, int]:
    """A member of the group who is at home at the hostile pod, and their number."""
    keys = [PrivateKey.from_seed(os.urandom(32)) for _ in range(3)]
    wish = {"home": {"pod": peer.url, "key": keys[2].did}, "signing": keys[0].did, "recovery": keys[1].did}
    body = {"do": "join", "with": wish, "counter": 1}
    _deliver(ground, peer, _record(ground, peer, "Operation", 0, keys[0], **body))
    number = None
    while number is None and not ground.stop.wait(0.3):
        number = _number_of(ground, peer)
    return keys[0], number or 0


def _number_of(ground: Ground, peer: Peer) -> int | None:
    wire = http.client.HTTPConnection(ground.pod.host, PORT, timeout=20)
    path = f"/api/v1/groups/{ground.group}/members?limit=500"
    wire.request("GET", path, headers={"X-Forwarded-For": ground.address})
    members = json.loads(wire.getresponse().read()).get("members", [])
    wire.close()
    return next((int(one["number"]) for one in members if one["pod"] == peer.url), None)


def _endless(records: list[Body]) -> Page:
    def page(path: str, start: int) -> Body | None:
        name = path.rpartition("/")[2]
        key = {"chain": "items", "log": "entries", "pending": "records"}.get(name)
        if key is None:
            return None
        return {key: records, "acks": [], "next": start + len(records), "head": NOWHERE, "size": 2**40}

    return page


def w1_endless_lists(ground: Ground) -> None:
    """A pod of the group tells of ever higher items; its lists of them, and of what waits, have no end."""
    key, heights = PrivateKey.from_seed(os.urandom(32)), count(2**40)
    junk: list[Body] = []
    with a_hostile_pod(ground, 0, _endless(junk)) as peer:
        said = {"parent": NOWHERE, "term": 0, "operations": [], "log": {"size": 0, "root": "0" * 64}}
        junk += [_record(ground, peer, "Seal", 0, key, height=height, **said) for height in range(2**40, 2**40 + PAGE)]
        _joined(ground, peer)

        def tell() -> None:
            _deliver(ground, peer, _record(ground, peer, "Seal", 0, key, height=next(heights), **said))

        ground.repeat(tell, pause=0.05)


def w3_groups_of_nobody(ground: Ground) -> None:
    """Recoveries with nobody's words, each with a hundred groups of a hostile server, from ever new networks."""
    groups = [a_community(f"spam{number}", 1) for number in range(20)]
    chains = {str(one.now.group): [record.body for record in one.records] for one in groups}

    def page(path: str, start: int) -> Body | None:
        group, _, name = path.removeprefix("/groups/").partition("/")
        if name == "chain":
            return {"items": chains.get(group, []), "acks": [], "head": group}
        return _endless([{"type": "Vote", "x": LONG}])(path, start)

    numbers = count()
    with a_hostile_pod(ground, 1, page) as peer:
        named = [{"group": group, "pod": peer.url} for group in chains] * 5
        body = json.dumps({"name": "nobody", "phrase": WORDS, "groups": named}).encode()

        def recover() -> None:
            wire = http.client.HTTPConnection(ground.pod.host, PORT, timeout=20)
            origin = f"2001:db8:{next(numbers) % 65536:x}::1"
            fields = {"Content-Type": "application/json", "X-Forwarded-For": origin}
            wire.request("POST", "/api/v1/recoveries", body, fields)
            wire.getresponse().read()
            wire.close()

        ground.repeat(recover, pause=0.02)


def w4_many_members(ground: Ground) -> None:
    """A member who let themselves in writes records of very many members."""
    with a_hostile_pod(ground, 2, lambda *_: None) as peer:
        key, author = _joined(ground, peer)
        counters = count(2)

        def write() -> None:
            said = {"counter": next(counters), "x": [0] * 9000}
            _deliver(ground, peer, _record(ground, peer, "Tomorrow", author, key, **said))

        ground.repeat(write, pause=0.01)


def w6_unknown_authors(ground: Ground) -> None:
    """Long records of authors that nobody knows, which wait for them."""
    key, numbers = PrivateKey.from_seed(os.urandom(32)), count(1_000_000)
    with a_hostile_pod(ground, 3, lambda *_: None) as peer:

        def write() -> None:
            _deliver(ground, peer, _record(ground, peer, "Tomorrow", next(numbers), key, counter=1, text=LONG))

        ground.repeat(write, pause=0.01)
