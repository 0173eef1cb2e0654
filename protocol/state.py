"""What a group is after an item of its chain: an immutable value that folding the next item replaces.

Members, keys and invitation uses live in persistent maps, so a state costs what it changes, and the states of
rival branches share the rest. Spec: protocol.md section 3.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from immutables import Map
from msgspec.structs import replace

from protocol.canonical import canonical_bytes
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import EPOCH, GroupRoot, Seat, TreeHead
from protocol.records.parts import GroupPolicy, Home, policy_of

# Unless the policy names these they need more than others_weight, or strangers who just joined would decide.
VOTING_CAPABILITIES = frozenset({"vote", "delegate", "be_delegate"})
HANDOVER_AFTER_MS = 24 * 3600 * 1000


def quorum(keepers: int) -> int:
    """How many of `keepers` must agree: majority up to three, more than two thirds from four on."""
    return keepers // 2 + 1 if keepers <= 3 else 2 * keepers // 3 + 1


class MemberKey(msgspec.Struct, frozen=True, gc=False):
    """One of a member's signing keys. `until` is the log size up to which its records count; None: current."""

    did: DidKey
    height: int
    by_recovery: bool
    until: int | None = None


class Member(msgspec.Struct, frozen=True, gc=False):
    """A member under its number. Counters are those of the last applied operation."""

    number: int
    weight: int
    home: Home
    keys: tuple[MemberKey, ...]
    recovery: tuple[DidKey, ...]
    joined_height: int
    identity: RecordId | None = None
    left: bool = False
    counter: tuple[int, int] = (0, 0)
    recovery_counter: tuple[int, int] = (0, 0)

    @property
    def signing(self) -> DidKey:
        """The key that signs now."""
        return self.keys[-1].did

    @property
    def counts(self) -> bool:
        """Whether it belongs to the group: it hasn't left and isn't black-listed."""
        return self.weight >= 0 and not self.left


class EarlierKeepers(msgspec.Struct, frozen=True, gc=False):
    """Keepers that a handover at `height` replaced and whose quorum no item has shown to have confirmed it."""

    seats: tuple[Seat, ...]
    height: int


class GroupState(msgspec.Struct, frozen=True, gc=False):
    """The state after item `head`. `trail` maps items since the earliest unshown handover to (height, term).

    `homes` says how many members who count live where: it follows from `members`, so that nobody walks all of them.
    `visibility` is the root's, until the group is `published` under a name: then it is public.
    """

    group: RecordId
    kind: str
    visibility: str
    owner_weight: int
    head: RecordId
    height: int
    term: int
    at: int
    log: TreeHead
    steward: Home
    seats: tuple[Seat, ...]
    policy: GroupPolicy
    members: Map[int, Member]
    keys: Map[DidKey, int]
    invitations: Map[RecordId, int]
    owners: int
    last_number: int = 1
    earlier: tuple[EarlierKeepers, ...] = ()
    trail: Map[RecordId, tuple[int, int]] = Map()
    homes: Map[Home, int] = Map()
    published: str | None = None
    continues: tuple[RecordId, RecordId] | None = None
    succeeded_by: RecordId | None = None

    @property
    def epoch(self) -> int:
        """How many recoveries this branch went through, by its term."""
        return self.term // EPOCH

    @property
    def pods(self) -> set[str]:
        """The pods that are home to a member who counts."""
        return {home.pod for home in self.homes}

    @property
    def asked_seats(self) -> set[Seat]:
        """The seats whose quorums count: those of now, and of each earlier set not yet shown to have confirmed."""
        return {seat for seats in (self.seats, *(replaced.seats for replaced in self.earlier)) for seat in seats}

    @property
    def others_weight(self) -> int:
        """The weight of somebody who joins without invitation."""
        return self.policy.others_weight

    @property
    def default_score(self) -> int:
        """What every target's score starts from, in micro units."""
        return self.policy.default_score

    def permission(self, capability: str) -> int:
        """The weight that `capability` needs; what isn't named needs an owner's."""
        named = self.policy.permissions or {}
        if capability in named:
            return named[capability]
        return self.others_weight + 1 if capability in VOTING_CAPABILITIES else self.owner_weight

    def handover_after_ms(self) -> int:
        """How long something may wait before keepers hand the steward's job on; 0 = by hand only."""
        said = self.policy.handover_after
        return HANDOVER_AFTER_MS if said is None else said

    def is_owner(self, member: Member) -> bool:
        """Whether `member` has an owner's weight."""
        return member.weight >= self.owner_weight and not member.left


def founded(group: RecordId, root: GroupRoot) -> GroupState:
    """The state after the root: one member, number 1, who is the first keeper; his pod is the steward."""
    founder = root.member
    member = Member(
        number=1,
        weight=founder.weight,
        home=founder.home,
        keys=(MemberKey(founder.signing, 0, by_recovery=False),),
        recovery=(founder.recovery,),
        joined_height=0,
        identity=founder.identity,
    )
    return GroupState(
        group=group,
        kind=root.kind,
        visibility=root.visibility if root.publish is None else "public",
        owner_weight=founder.weight,
        head=group,
        height=0,
        term=0,
        at=root.at,
        log=root.log,
        steward=root.steward,
        seats=(Seat(1, founder.home.key),),
        policy=root.policy,
        members=Map({1: member}),
        keys=Map({founder.signing: 1, founder.recovery: 1}),
        invitations=Map(),
        owners=1,
        homes=Map({member.home: 1}),
        published=root.publish,
        continues=root.continues,
    )


def with_member(state: GroupState, member: Member, **fields: Any) -> GroupState:
    """The state with a member new or changed, and these other fields; costs what it changes."""
    before, homes = state.members.get(member.number), state.homes
    if before is not None and before.counts:
        left = homes[before.home] - 1
        homes = homes.set(before.home, left) if left else homes.delete(before.home)
    if member.counts:
        homes = homes.set(member.home, homes.get(member.home, 0) + 1)
    return replace(state, members=state.members.set(member.number, member), homes=homes, **fields)


def describe(state: GroupState) -> dict[str, Any]:
    """The whole state as a JSON object, in one canonical form: for inspection, snapshots and `state_hash`."""
    plain = _rest(state)
    plain["members"] = [_member(state.members[number]) for number in sorted(state.members)]
    plain["keys"] = {did: state.keys[did] for did in state.keys}
    plain["invitations"] = dict(state.invitations)
    return plain


def _rest(state: GroupState) -> dict[str, Any]:
    fields = {name: getattr(state, name) for name in state.__struct_fields__ if name not in _MAPS}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fields))
    plain = {name: value for name, value in plain.items() if value is not None}
    plain["policy"] = state.policy.members()
    plain["trail"] = {item: list(place) for item, place in state.trail.items()}
    return plain


_MAPS = frozenset({"policy", "members", "keys", "invitations", "trail", "homes"})


def _member(member: Member) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(member))
    plain["keys"] = [{name: v for name, v in key.items() if v is not None} for key in plain["keys"]]
    return {name: value for name, value in plain.items() if value is not None}


def state_hash(state: GroupState) -> str:
    """sha256 (hex) of the canonical bytes of the whole state: equal on two pods iff they hold the same state."""
    return hashlib.sha256(canonical_bytes(describe(state))).hexdigest()


def dump_rest(state: GroupState) -> bytes:
    """All of the state but members, their keys and the used invitations; with these, `load_state` gives it back."""
    return msgspec.json.encode(_rest(state))


def dump_member(member: Member) -> bytes:
    """A member as bytes, for `load_state`."""
    return msgspec.json.encode(member)


class _Snapshot(GroupState, frozen=True, gc=False, kw_only=True):
    """The same fields with the maps as JSON has them."""

    policy: dict[str, Any]  # type: ignore[assignment]
    members: list[Member] = []  # type: ignore[assignment]
    keys: dict[DidKey, int] = {}  # type: ignore[assignment]
    invitations: dict[RecordId, int] = {}  # type: ignore[assignment]
    trail: dict[RecordId, tuple[int, int]] = {}  # type: ignore[assignment]
    homes: None = None  # type: ignore[assignment]


_SNAPSHOT = msgspec.json.Decoder(_Snapshot)
_MEMBER = msgspec.json.Decoder(Member)


def load_state(rest: bytes, members: Iterable[bytes], invitations: Mapping[RecordId, int]) -> GroupState:
    """Read what `dump_rest` and `dump_member` wrote; or what older versions wrote as one, with everything in it."""
    plain = _SNAPSHOT.decode(rest)
    fields = {name: getattr(plain, name) for name in plain.__struct_fields__ if name not in _MAPS}
    found = plain.members or [_MEMBER.decode(member) for member in members]
    return GroupState(
        **fields,
        policy=policy_of(plain.policy),
        members=Map({member.number: member for member in found}),
        keys=Map({did: member.number for member in found for did in _keys_of(member)}),
        invitations=Map(plain.invitations if plain.members else invitations),
        trail=Map(plain.trail),
        homes=Map(Counter(member.home for member in found if member.counts)),
    )


def _keys_of(member: Member) -> Iterator[DidKey]:
    yield from (key.did for key in member.keys)
    yield from member.recovery
