"""A group on a real pod with a member whose keys the test holds, and who speaks through a peer of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, NamedTuple

from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.peer import Peer, send
from tests.support.rig import Person, ServedPod, eventually

BO: Final = PrivateKey.from_seed(b"bo".ljust(32))
STRANGER: Final = PrivateKey.from_seed(b"stranger".ljust(32))

Body = dict[str, Any]


class Sight(NamedTuple):
    """What a refusal must not change."""

    head: str
    state_hash: str
    log_size: int
    log_root: str
    held: int


@dataclass
class Scene:
    """ada's group on the pod, with a post; bo (member 2) lives at the peer and signs with a key that we hold."""

    peer: Peer
    ada: Person
    eve: Person
    group: str
    post: str
    number: int = 2
    counters: Iterator[int] = field(default_factory=lambda: count(2))

    def body(self, kind: str, **members: Any) -> Body:
        header = {"rules": 1, "group": self.group, "author": self.number, "key": 0, "at": self.peer.now()}
        return {"type": kind, **header, "counter": next(self.counters), **members}

    def vote(self, signer: PrivateKey = BO, **members: Any) -> Body:
        """Bo's vote; `members` replace what it says, `signer` who signs it."""
        counter = next(self.counters)
        said = {"target": {"post": self.post}, "value": counter % 1000, "counter": counter, **members}
        return sign(self.body("Vote", **said), signer)

    def wish(self) -> Body:
        """What somebody tells the API to vote."""
        return {"target": {"post": self.post}, "value": next(self.counters) % 1000}

    def weigh(self, weight: int, **members: Any) -> Body:
        """Bo's wish to weigh so much: the rules let one's own weight only sink."""
        wish = {"with": {"member": self.number, "weight": weight}, **members}
        return sign(self.body("Operation", do="set-weight", **wish), BO)

    def weight(self) -> int:
        """What bo weighs now."""
        members = self.ada.get(f"/api/v1/groups/{self.group}")["members"]
        return int(next(entry["weight"] for entry in members if entry["number"] == self.number))

    def lighter(self) -> int:
        """A weight for bo that was not given yet."""
        return 2000 - next(self.counters)

    def sight(self) -> Sight:
        """The group as the API shows it now."""
        seen = self.ada.get(f"/api/v1/groups/{self.group}")
        log = seen["log"]
        return Sight(seen["head"], seen["state_hash"], log["size"], log["root"], log["held"])

    def entries(self, start: int) -> list[Body]:
        """The log from there on, as peers pull it."""
        return list(self.ada.get(f"/groups/{self.group}/log?from={start}")["entries"])

    def quiet(self) -> Sight:
        """The sight of the group once nothing waits for a seal."""

        def settled() -> bool:
            sight = self.sight()
            waits = self.ada.get(f"/groups/{self.group}/pending?from=0")["records"]
            return sight.held == sight.log_size and not waits

        eventually(settled)
        return self.sight()


def a_scene(pod: ServedPod, peer: Peer, **wishes: Any) -> Scene:
    """Sign ada and eve up, start the pod, found ada's group, and let bo join by the inbox of the pod."""
    ada, eve = pod.sign_up("ada"), pod.sign_up("eve")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000, **wishes})["group"]
    paragraphs = [{"style": "text", "text": "The well is dry."}]
    written = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})
    scene = Scene(peer, ada, eve, group, written["record"])
    _settle_bo(scene)
    return scene


def _settle_bo(scene: Scene) -> None:
    """Bo joins through the inbox, by an invitation of ada's, and is a member once a seal holds the join."""
    link, recovery, home = (PrivateKey.from_seed(os.urandom(32)) for _ in range(3))
    wishes = {"weight": 2000, "to": link.did, "expires": 2**50}
    offer = scene.ada.post(f"/api/v1/groups/{scene.group}/invitations", wishes)["invitation"]
    wish = {"home": {"pod": scene.peer.url, "key": home.did}, "signing": BO.did, "recovery": recovery.did}
    header = {"author": 0, "key": 0, "counter": 1}
    body = scene.body("Operation", do="join", **header, **{"with": {**wish, "invitation": offer}})
    peer = scene.peer
    assert send(peer.signed(peer.unsigned(peer.activity(sign(body, BO, link))))) == (202, "")
    members = f"/api/v1/groups/{scene.group}"
    eventually(lambda: scene.number in {entry["number"] for entry in scene.ada.get(members)["members"]})


def check_problem(answer: tuple[int, Any], status: int, code: str) -> None:
    """The answer is a problem document (RFC 9457) with this status and code, a rule and a sentence."""
    assert isinstance(answer[1], dict), answer
    sentence = answer[1].pop("detail")
    assert all(answer[1].pop(name) for name in ("title", "rule"))
    answer[1].pop("facts")
    assert answer == (status, {"type": f"urn:althing:problem:{code}", "status": status, "code": code}), sentence
    assert sentence[0].isupper() or sentence[0] in "`“", sentence
    assert sentence.endswith("."), sentence
    assert " " in sentence, sentence
