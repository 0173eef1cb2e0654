"""Other pods and holders of keys: they belong to the private group, did so once, never did; all ask by signatures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from federation.readers import INVITATION, invitation_field
from federation.signatures import SignedRequest, sign_once
from federation.signatures.keys import ed25519_signing_key
from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.reading.canaries import BANNED_HOME, FORMER_HOME, FORMER_KEY, HOME, INVITED, MEMBER_KEY, OTHER_POD
from tests.support.hostile import HostilePod, serving
from tests.support.peer import send
from tests.support.rig import Person, ServedPod, eventually, worker_number
from tests.support.wire import a_request, changed, with_fields

ACTIVITY: Final = "application/activity+json"
_LINK: Final = PrivateKey.from_seed(b"an unused link".ljust(32))
_FIRST: Final = 43


@dataclass
class Neighbours:
    """`pods` by the name of the reader that each is; `numbers` are their members'."""

    pods: Mapping[str, HostilePod]
    numbers: dict[str, int]
    group: str = ""
    invitation: dict[str, Any] | None = None

    def join(self, host: Person, group: str) -> None:
        """A member of each becomes one of the group; one more link isn't used."""
        self.group = group
        for name in (HOME, FORMER_HOME, BANNED_HOME):
            self.numbers[name] = self.pods[name].joins(host, group, 1000)
        wish = {"weight": 1000, "to": _LINK.did, "expires": 2**50}
        self.invitation = host.post(f"/api/v1/groups/{group}/invitations", wish)["invitation"]

    def leave(self, pod: ServedPod) -> None:
        """The member of one pod leaves the group."""
        leaver, group = self.pods[FORMER_HOME], self.group
        header = {"type": "Operation", "rules": 1, "group": group, "author": self.numbers[FORMER_HOME], "key": 0}
        wish = {**header, "counter": 2, "at": leaver.now(), "do": "leave", "with": {}}
        assert leaver.tell(pod, sign(wish, leaver.signing(group))) == [202]

    def follow(self, pod: ServedPod, group: str) -> None:
        """The pod of nobody follows a group, as other software does."""
        follower = self.pods[OTHER_POD]
        follow = {"type": "Follow", "actor": follower.actor.actor, "object": f"{pod.url}/groups/{group}"}
        assert self.tell(OTHER_POD, pod, "/inbox", {"id": f"{follower.url}/follows/1", **follow})[0] == 202
        eventually(lambda: any(taken.get("type") == "Accept" for taken in follower.taken))

    def get(self, reader: str, pod: ServedPod, path: str, kind: str = ACTIVITY) -> tuple[int, str]:
        """What the pod answers to this reader's signed request."""
        request = a_request("GET", path, authority=_authority(pod), headers={"Accept": kind})
        return _sent(self._signed(reader, changed(request, scheme="http")))

    def tell(self, reader: str, pod: ServedPod, path: str, body: object) -> tuple[int, str]:
        """The same for something that is sent."""
        request = a_request(target=path, authority=_authority(pod), body=json.dumps(body).encode())
        return _sent(self._signed(reader, changed(request, scheme="http")))

    def say(self, reader: str, pod: ServedPod, path: str, body: Any, group: str) -> tuple[int, str]:
        """Send a body about a group, as an activity of this reader if it is one."""
        known = json.dumps(body).replace("{group}", group).replace("{pod}", pod.url)
        actor = self.pods[reader].actor.actor if reader in self.pods else ""
        activity = {"id": f"{actor}#{self.pods[HOME].actor.now()}", "actor": actor} if path.endswith("inbox") else {}
        told = json.loads(known)
        return self.tell(reader, pod, path, {**activity, **told} if isinstance(told, dict) else told)

    def _signed(self, reader: str, request: SignedRequest) -> SignedRequest:
        if reader in self.pods:
            return self.pods[reader].actor.signed(request)
        key, now, nonce = self._key(reader), self.pods[HOME].now(), self.pods[HOME].actor.now()
        if reader == INVITED:
            assert self.invitation is not None
            request = with_fields(request, {INVITATION: invitation_field(self.invitation)})
        return with_fields(request, sign_once(request, ed25519_signing_key(key.did, key), nonce=str(nonce), now=now))

    def _key(self, reader: str) -> PrivateKey:
        owners = {MEMBER_KEY: HOME, FORMER_KEY: FORMER_HOME}
        return _LINK if reader == INVITED else self.pods[owners[reader]].recovery(self.group)


@contextmanager
def neighbourhood() -> Iterator[Neighbours]:
    """The pods, serving their actors meanwhile."""
    with ExitStack() as stack:
        pods = {
            name: stack.enter_context(serving(HostilePod(f"127.77.{worker_number()}.{_FIRST + place}", name)))
            for place, name in enumerate((HOME, FORMER_HOME, BANNED_HOME, OTHER_POD))
        }
        yield Neighbours(pods, {})


def _authority(pod: ServedPod) -> str:
    return pod.url.removeprefix("http://")


def _sent(request: SignedRequest) -> tuple[int, str]:
    status, said = send(request)
    return status, said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
