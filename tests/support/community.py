"""People, pods and the records of a chain, really signed and opened: the same names give the same bytes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from msgspec.structs import replace

from protocol.canonical import JsonObject
from protocol.chain import follow, found, next_epoch
from protocol.derivation import pairwise_key, recovery_key
from protocol.keys import PrivateKey
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from protocol.state import GroupState, dump_member, dump_rest, load_state

START: Final = 1_767_225_600_000
OWNER: Final = 10_000
FAR: Final = START * 2


def seed_of(*name: object) -> bytes:
    return sha256(repr(name).encode()).digest()


@lru_cache(maxsize=4096)
def pod_key(pod: str) -> PrivateKey:
    """The protocol key of a pod."""
    return PrivateKey.from_seed(seed_of("pod", pod))


def home(pod: str) -> JsonObject:
    return {"pod": f"https://{pod}.example", "key": pod_key(pod).did}


def seat(member: int, pod: str) -> JsonObject:
    return {"member": member, "key": pod_key(pod).did}


@lru_cache(maxsize=4096)
def derived(name: str, use: str, number: int) -> PrivateKey:
    if use == "recovery":
        return recovery_key(seed_of("recovery", name), number)
    return pairwise_key(seed_of("signing", name), "signing", "group", number)


@dataclass
class Person:
    """Somebody with keys, who counts what they sign."""

    name: str
    pod: str
    number: int = 1
    key: int = 0
    recovery_index: int = 0
    counter: int = 0
    recovery_counter: int = 0

    def signing(self, ahead: int = 0) -> PrivateKey:
        """The current signing key, or one `ahead` of it."""
        return derived(self.name, "signing", self.key + ahead)

    def recovery(self, ahead: int = 0) -> PrivateKey:
        """The current recovery key, or one `ahead` of it."""
        return derived(self.name, "recovery", self.recovery_index + ahead)


def root_by(founder: Person, **members: Any) -> Record:
    """A group's root; `members` replace what it says by default."""
    body: JsonObject = {
        "type": "GroupRoot",
        "rules": 1,
        "kind": "group",
        "name": "well",
        "visibility": "public",
        "others_weight": 0,
        "default_score": 0,
        "member": {
            "weight": OWNER,
            "home": home(founder.pod),
            "signing": founder.signing().did,
            "recovery": founder.recovery().did,
        },
        "steward": home(founder.pod),
        "nonce": seed_of("nonce", founder.name).hex()[:32],
        "at": START,
    }
    return open_record(sign({**body, **members}, founder.signing()))


def invitation(
    group: str,
    inviter: Person,
    to: PrivateKey,
    *,
    weight: int = 1000,
    signers: Sequence[PrivateKey] = (),
    **members: Any,
) -> JsonObject:
    """An invitation, by `inviter` alone unless `signers` says whose keys sign."""
    body = {
        "type": "Invitation",
        "rules": 1,
        "group": group,
        "author": inviter.number,
        "key": inviter.key,
        "counter": 1,
        "at": START,
        "weight": weight,
        "to": to.did,
        "expires": FAR,
    }
    return sign({**body, **members}, *(signers or (inviter.signing(),)))


def join(
    group: str, who: Person, offer: JsonObject | None = None, to: PrivateKey | None = None, **members: Any
) -> JsonObject:
    """A join; `members` replace those of the operation, `document` those of its `with`."""
    document = {"home": home(who.pod), "signing": who.signing().did, "recovery": who.recovery().did}
    document |= {"invitation": offer} if offer else {}
    document |= members.pop("document", {})
    body = {
        "type": "Operation",
        "rules": 1,
        "group": group,
        "author": 0,
        "key": 0,
        "counter": 1,
        "at": START,
        "do": "join",
        "with": document,
    }
    keys = members.pop("signers", None) or [who.signing(), *([to] if to else [])]
    return sign({**body, **members}, *keys)


def invited(group: str, inviter: Person, who: Person, *, weight: int = 1000) -> JsonObject:
    """A join by an invitation made for it."""
    to = PrivateKey.from_seed(seed_of("to", who.name, group))
    return join(group, who, invitation(group, inviter, to, weight=weight), to)


def operation(
    group: str,
    author: Person,
    do: str,
    document: JsonObject,
    *,
    signers: Sequence[PrivateKey] = (),
    by_recovery: bool = False,
    **members: Any,
) -> JsonObject:
    """An operation with the author's next counter, by the author's key unless `signers` says whose keys sign."""
    if by_recovery:
        author.recovery_counter += 1
        header = {"recovery": author.recovery_index, "counter": author.recovery_counter}
    else:
        author.counter += 1
        header = {"key": author.key, "counter": author.counter}
    body = {"type": "Operation", "rules": 1, "group": group, "author": author.number, **header}
    body |= {"at": START, "do": do, "with": document, **members}
    return sign(body, *(signers or ((author.recovery() if by_recovery else author.signing()),)))


def _item(kind: str, state: GroupState, operations: Iterable[JsonObject], members: JsonObject) -> JsonObject:
    log: TreeHead = members.pop("log", state.log)
    return {
        "type": kind,
        "rules": 1,
        "group": state.group,
        "parent": state.head,
        "height": state.height + 1,
        "term": state.term,
        "at": state.at,
        "operations": list(operations),
        "log": {"size": log.size, "root": log.root},
        **members,
    }


def seal(state: GroupState, steward: str, operations: Iterable[JsonObject] = (), **members: Any) -> Record:
    """The next seal on `state` by the pod `steward`."""
    return open_record(sign(_item("Seal", state, operations, members), pod_key(steward)))


def handover(
    state: GroupState,
    steward: str,
    keepers: Sequence[JsonObject],
    signers: Sequence[PrivateKey],
    operations: Iterable[JsonObject] = (),
    **members: Any,
) -> Record:
    """A handover on `state` to the pod `steward`, which signs too; one term up unless `term` says otherwise."""
    members = {"term": state.term + 1, **members, "steward": home(steward), "keepers": list(keepers)}
    body = _item("Handover", state, operations, members)
    return open_record(sign(body, *{key.did: key for key in (*signers, pod_key(steward))}.values(), as_list=True))


def recovered(state: GroupState, who: Person, pod: str, *, keys_of: str = "", **members: Any) -> Record:
    """A recovery of a lone keeper to `pod`: new home, new signing key, new recovery key (`keys_of` a thief?)."""
    heir = keys_of or who.name
    new_keys = [
        derived(heir, use, index) for use, index in (("signing", who.key + 1), ("recovery", who.recovery_index + 1))
    ]
    document = {"home": home(pod), "signing": new_keys[0].did, "recovery": new_keys[1].did}
    moved = operation(state.group, who, "rehome", document, by_recovery=True)
    term = next_epoch(state.term)
    keepers = [seat(who.number, pod)]
    record = handover(state, pod, keepers, [who.recovery()], [moved], term=term, **members)
    who.name, who.pod, who.key, who.recovery_index = heir, pod, who.key + 1, who.recovery_index + 1
    who.counter = who.recovery_counter = 0
    return record


def rehomed(group: str, who: Person, pod: str) -> JsonObject:
    """Away to `pod` by the recovery key, with a new signing key; the recovery key stays."""
    moved = operation(group, who, "rehome", {"home": home(pod), "signing": who.signing(1).did}, by_recovery=True)
    who.pod, who.key, who.counter = pod, who.key + 1, 0
    return moved


def kept(state: GroupState) -> GroupState:
    """The state as it comes back from where pods keep it, with all sums over its members made anew."""
    rest = dump_rest(replace(state, digest=""))
    return load_state(rest, map(dump_member, state.members.values()), dict(state.invitations))


def kept_as_one(state: GroupState) -> bytes:
    """The state as older versions kept it: one value with all members."""
    rest = json.loads(dump_rest(state))
    del rest["digest"]
    members = [json.loads(dump_member(state.members[number])) for number in sorted(state.members)]
    return json.dumps({**rest, "members": members, "invitations": dict(state.invitations)}).encode()


def ack(member: int, pod: str, state: GroupState, **members: Any) -> Record:
    """The keeper's confirmation of the item after which the group is `state`."""
    body = {
        "type": "Ack",
        "rules": 1,
        "group": state.group,
        "keeper": member,
        "term": state.term,
        "height": state.height,
        "item": state.head,
    }
    return open_record(sign({**body, **members}, pod_key(pod)))


@dataclass
class Community:
    """A group grown in a straight line: `state` after the last of `records`."""

    people: list[Person]
    records: list[Record] = field(default_factory=list)
    state: GroupState | None = None

    @property
    def now(self) -> GroupState:
        assert self.state is not None
        return self.state

    def add(self, item: Record) -> GroupState:
        self.state = follow(self.now, item).state if self.state else found(item).state
        self.records.append(item)
        return self.state

    def confirmed(self, *people: Person) -> None:
        self.records.extend(ack(one.number, one.pod, self.now) for one in people)


def a_community(name: str, count: int, *, weight: int = OWNER - 1, **root: Any) -> Community:
    """A founder and `count` - 1 others who joined by invitation; the founder's pod alone keeps."""
    people = [Person(f"{name} {number}", f"{name}-pod-{number}", number) for number in range(1, count + 1)]
    community = Community(people)
    founder = people[0]
    state = community.add(root_by(founder, **root))
    if count > 1:
        joins = [invited(state.group, founder, one, weight=weight) for one in people[1:]]
        community.add(seal(state, founder.pod, joins))
        for one in people[1:]:
            one.counter = 1
        community.confirmed(founder)
    return community


def kept_by_all(name: str, count: int, **root: Any) -> Community:
    """The same with every member's pod a keeper, settled."""
    community = a_community(name, count, **root)
    people = community.people
    if count > 1:
        seats = [seat(one.number, one.pod) for one in people]
        community.add(handover(community.now, people[0].pod, seats, [pod_key(people[0].pod)]))
        community.confirmed(*people)
    return community
