"""A pod of its own making: it holds real keys and speaks the protocol by hand, so it can say what no honest pod says.

It shares the pure floor with real pods and nothing above: it knows a group from what real pods show, seals and confirms
what a test tells it to, shows peers what the test puts there, and sends signed deliveries.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from federation.signatures import SignedRequest
from protocol.branches import View, resolve
from protocol.chain import found
from protocol.derivation import recovery_key
from protocol.keys import PrivateKey
from protocol.log import Frontier, leaf_hash
from protocol.proofs import merge_proofs, sign
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState
from tests.support.community import seed_of
from tests.support.peer import PORT, Peer, answering
from tests.support.rig import Person, ServedPod, call, eventually

Body = dict[str, Any]


@dataclass
class Shown:
    """What the pod shows of a group to whoever pulls."""

    items: list[Body] = field(default_factory=list)
    acks: list[Body] = field(default_factory=list)
    entries: list[Body] = field(default_factory=list)
    pending: list[Body] = field(default_factory=list)


@dataclass
class Sight:
    """A group as real pods show it: its view, and, as they are signed, items from the root, log in order, acks."""

    view: View
    items: list[Body]
    entries: list[Body]
    acks: list[Body]

    @property
    def state(self) -> GroupState:
        return self.view.state

    def log(self, *more: Body) -> Body:
        """What an item says of the log with these records behind it."""
        return log_of([*self.entries, *more])


class HostilePod:
    """One member's pod; `offset_ms` is its clock's, as the real pods' is set. Everything follows from `name`."""

    def __init__(self, host: str, name: str = "mal") -> None:
        self.name = name
        self.url = f"http://{host}:{PORT}"
        self.host = host
        self.offset_ms = 0
        self.key = PrivateKey.from_seed(seed_of("pod key", name))
        self.shown: dict[str, Shown] = {}
        self.taken: list[Body] = []
        self.answers: dict[str, Callable[[Body], tuple[int, Body]]] = {}
        self.actor = Peer(host, f"{self.url}/inbox")
        self._peers: dict[str, Peer] = {}

    @property
    def home(self) -> Body:
        """The pod as groups name it."""
        return {"pod": self.url, "key": self.key.did}

    def signing(self, group: str) -> PrivateKey:
        return PrivateKey.from_seed(seed_of("signing", self.name, group))

    def recovery(self, group: str) -> PrivateKey:
        return recovery_key(seed_of("recovery", self.name, group), 0)

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def tell(self, pod: ServedPod, *records: Body) -> list[int]:
        """Deliver records to a real pod's inbox, past any relay before it; the answers' status."""
        return [self._deliver(pod, record) for record in records]

    def _deliver(self, pod: ServedPod, record: Body) -> int:
        peer = self._peers.setdefault(pod.url, Peer(self.host, f"{pod.url}/inbox"))
        at = peer.now() + self.offset_ms
        activity = {**peer.activity(record), "id": f"{self.url}/activities/{at}"}
        return _send(peer.signed(peer.unsigned(activity), at=at), pod.host)

    def joins(self, host: Person, group: str, weight: int) -> int:
        """Become a member by an invitation of `host`; the member's number."""
        link = PrivateKey.from_seed(seed_of("link", self.name, group))
        wishes = {"weight": weight, "to": link.did, "expires": 2**50}
        offer = host.post(f"/api/v1/groups/{group}/invitations", wishes)["invitation"]
        keys = {"signing": self.signing(group).did, "recovery": self.recovery(group).did}
        body = {"type": "Operation", "rules": 1, "group": group, "author": 0, "key": 0, "counter": 1, "at": self.now()}
        body |= {"do": "join", "with": {"home": self.home, **keys, "invitation": offer}}
        assert self.tell(host.pod, sign(body, self.signing(group), link)) == [202]

        def number() -> Any:
            members = host.get(f"/api/v1/groups/{group}")["members"]
            return next((one["number"] for one in members if one["pod"] == self.url), 0)

        return int(eventually(number))

    def look(self, group: str, *pods: ServedPod) -> Sight:
        """The group from the pages of real pods, the first one's log."""
        records: dict[str, Record] = {}
        for pod in pods:
            page = call("GET", f"{pod.door}/groups/{group}/chain?from=0")
            records |= {record.wire.decode(): record for record in map(open_record, page["items"] + page["acks"])}
        root = next(record for record in records.values() if record.id == group)
        view = resolve(found(root).state, [record for record in records.values() if record.id != group])
        acks = [record.body for record in records.values() if record.type == "Ack"]
        items = [record.body for record in records.values() if record.type != "Ack"]
        return Sight(view, items, _log(pods[0], group)[: view.state.log.size], acks)

    def show(self, group: str, sight: Sight, *items: Body, entries: Sequence[Body] = ()) -> Shown:
        """Show what real pods have, these items on top, and a log that goes on with these entries."""
        self.shown[group] = Shown([*sight.items, *items], list(sight.acks), [*sight.entries, *entries])
        return self.shown[group]

    def item(self, kind: str, state: GroupState, **members: Any) -> Body:
        """An unsigned item on `state`; `members` replace what it says."""
        log = {"size": state.log.size, "root": state.log.root}
        body: Body = {"type": kind, "rules": 1, "group": state.group, "parent": state.head, "height": state.height + 1}
        body |= {"term": state.term, "at": max(self.now(), state.at), "operations": [], "log": log, **members}
        return body

    def seal(self, sight: Sight, **members: Any) -> Body:
        """A seal on the sight's head, with the acks that a steward has to show."""
        state = sight.state
        acks = [ack for ack in sight.acks if state.earlier and ack["item"] in state.trail][:64]
        return sign(self.item("Seal", state, **({"acks": acks} if acks else {}), **members), self.key)

    def ack(self, state: GroupState, item: Body, number: int) -> Body:
        """The seat's confirmation of an item on `state`."""
        body = {"type": "Ack", "rules": 1, "group": state.group, "keeper": number, "item": id_of(item)}
        return sign({**body, "term": item["term"], "height": item["height"]}, self.key)

    def take_over(self, group: str, *pods: ServedPod) -> str:
        """Become the steward with the same keepers, as an honest keeper would; the handover's id."""
        body = self.signed_by_all(group, *pods)
        for pod in pods:
            assert self.tell(pod, body) == [202]
        return id_of(body)

    def signed_by_all(self, group: str, *pods: ServedPod) -> Body:
        """A handover to this pod with the proofs of these real ones, which nobody was sent yet."""
        sight = self.look(group, *pods)
        state = sight.state
        keepers = [{"member": seat.member, "key": seat.key} for seat in state.seats]
        acks = [ack for ack in sight.acks if state.earlier and ack["item"] in state.trail][:64]
        members: Body = {"term": state.term + 1, "steward": self.home, "keepers": keepers}
        body = sign(self.item("Handover", state, **members, **({"acks": acks} if acks else {})), self.key, as_list=True)
        self.show(group, sight)
        for pod in pods:
            proof = call("POST", f"{pod.door}/groups/{group}/handovers", body)["proof"]
            body = {**body, "proof": merge_proofs(body["proof"], proof)}
        return body


def id_of(record: Body) -> str:
    return open_record(record).id


def log_of(entries: Sequence[Body]) -> Body:
    """Size and root of the log of these records."""
    frontier = Frontier().append_many([leaf_hash(open_record(entry).id) for entry in entries])
    return {"size": frontier.size, "root": frontier.root().hex()}


def pending_on(pod: ServedPod, group: str) -> list[Body]:
    """What a real pod has accepted and its log lacks."""
    return list(call("GET", f"{pod.door}/groups/{group}/pending?from=0")["records"])


def _log(pod: ServedPod, group: str) -> list[Body]:
    entries: list[Body] = []
    while page := call("GET", f"{pod.door}/groups/{group}/log?from={len(entries)}")["entries"]:
        entries += page
    return entries


def _send(request: SignedRequest, door: str) -> int:
    """As `peer.send`, to the pod itself, whatever stands on the address that it is named by."""
    connection = http.client.HTTPConnection(door, PORT, timeout=20)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        return connection.getresponse().status
    finally:
        connection.close()


@contextmanager
def serving(pod: HostilePod) -> Iterator[HostilePod]:
    """Let the pod answer for a while."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self._say(*_document(pod, url.path, parse_qs(url.query)))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            path = urlsplit(self.path).path
            if path in pod.answers:
                self._say(*pod.answers[path](body))
                return
            pod.taken.append(body)
            self._say(202 if path == "/inbox" else 404, {})

        def _say(self, status: int, document: Body) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            as2 = self.path == "/actor"
            self.send_header("Content-Type", "application/activity+json" if as2 else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with answering(pod.host, Answers):
        yield pod


def _document(pod: HostilePod, path: str, query: dict[str, list[str]]) -> tuple[int, Body]:
    if path == "/actor":
        return 200, pod.actor.document()
    parts = path.strip("/").split("/")
    shown = pod.shown.get(parts[1]) if len(parts) == 3 and parts[0] == "groups" else None
    if shown is None:
        return 404, {}
    start = int(query.get("from", ["0"])[0])
    if parts[2] == "chain":
        items = [item for item in shown.items if item.get("height", 0) >= start]
        return 200, {"items": items, "acks": [ack for ack in shown.acks if ack["height"] >= start]}
    if parts[2] == "log":
        return 200, {"entries": shown.entries[start:]}
    return 200, {"records": shown.pending if start == 0 else [], "next": max(start, 1)}
