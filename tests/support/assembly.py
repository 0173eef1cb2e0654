"""A group on a real pod in which the test holds the keys of nearly everybody, and who joins as often as it wants."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.peer import send
from tests.support.rig import eventually
from tests.support.scene import BO, Body, Scene

W = 3000


def a_key() -> PrivateKey:
    return PrivateKey.from_seed(os.urandom(32))


@dataclass
class Voice:
    """A member whose keys the test holds."""

    number: int
    signing: PrivateKey
    recovery: PrivateKey
    key: int = 0
    counter: int = 1
    recovery_counter: int = 0


class Assembly:
    """ada (1) on the pod and bo (2), cy and dag at the peer; cy and dag weigh as much as ada: three owners."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.bo = Voice(scene.number, BO, a_key(), counter=10)
        self.cy = self._owner(())
        self.dag = self._owner((self.cy.signing,))

    def _owner(self, also: tuple[PrivateKey, ...]) -> Voice:
        """Somebody whom ada, with the owners that are there, makes an owner."""
        link = a_key()
        wishes = {"weight": W, "to": link.did, "expires": 2**50}
        offer = self.scene.ada.post(f"/api/v1/groups/{self.scene.group}/invitations", wishes)["invitation"]
        if also:
            unsigned = {name: value for name, value in offer.items() if name != "proof"}
            theirs = sign(unsigned, *also)["proof"]
            offer = {**offer, "proof": sorted([offer["proof"], theirs], key=lambda proof: proof["verificationMethod"])}
        return self.joined(offer, link)

    def newcomer(self, weight: int = 100) -> Voice:
        """Somebody new, invited by cy."""
        link = a_key()
        return self.joined(self.offer(self.cy, link, weight=weight), link)

    def offer(self, inviter: Voice, link: PrivateKey, *signers: PrivateKey, **members: Any) -> Body:
        """An invitation, signed by its author unless `signers` says who does."""
        said = {
            "author": inviter.number,
            "key": inviter.key,
            "weight": 100,
            "to": link.did,
            "expires": 2**50,
            **members,
        }
        return sign(self.scene.body("Invitation", **said), *(signers or (inviter.signing,)))

    def join(self, voice: Voice, offer: Body | None, *signers: PrivateKey, **members: Any) -> Body:
        """A join of `voice`; `members` replace those of the operation, `with_` those of its `with`."""
        home = {"pod": self.scene.peer.url, "key": a_key().did}
        wish = {"home": home, "signing": voice.signing.did, "recovery": voice.recovery.did}
        wish |= {"invitation": offer} if offer else {}
        wish |= members.pop("with_", {})
        header = {"author": 0, "key": 0, "counter": 1, "do": "join", "with": wish, **members}
        return sign(self.scene.body("Operation", **header), *(signers or (voice.signing,)))

    def joined(self, offer: Body, link: PrivateKey) -> Voice:
        """Join through the inbox; a member once a seal holds it."""
        before = self.numbers()
        voice = Voice(0, a_key(), a_key())
        answer = self.deliver(self.join(voice, offer, voice.signing, link))
        assert answer == (202, ""), answer
        (number,) = eventually(lambda: self.numbers() - before)
        voice.number = number
        return voice

    def numbers(self) -> set[int]:
        members = self.scene.ada.get(f"/api/v1/groups/{self.scene.group}")["members"]
        return {entry["number"] for entry in members}

    def wish(self, voice: Voice, do: str, document: Body | None = None, *signers: PrivateKey, **members: Any) -> Body:
        """An operation with the author's next counter, signed by the author's key unless `signers` says who does."""
        voice.counter += 1
        header = {"author": voice.number, "key": voice.key, "counter": voice.counter, "do": do, "with": document or {}}
        return sign(self.scene.body("Operation", **{**header, **members}), *(signers or (voice.signing,)))

    def by_recovery(self, voice: Voice, do: str, document: Body, *signers: PrivateKey, recovery: int = 0) -> Body:
        """An operation that the author's recovery key signs."""
        voice.recovery_counter += 1
        body = self.scene.body("Operation", author=voice.number, do=do, counter=voice.recovery_counter)
        del body["key"]
        return sign({**body, "recovery": recovery, "with": document}, *(signers or (voice.recovery,)))

    def settle(self, body: Body) -> None:
        """Deliver an operation and wait until an item holds it."""
        before = self.scene.quiet()
        answer = self.deliver(body)
        assert answer == (202, ""), answer
        eventually(lambda: self.scene.sight().head != before.head)

    def deliver(self, body: Body) -> tuple[int, Any]:
        peer = self.scene.peer
        return send(peer.signed(peer.unsigned(peer.activity(body))))
