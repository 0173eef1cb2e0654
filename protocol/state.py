"""What a group is after an item of its chain: an immutable value that folding the next item replaces.

Members, keys and invitation uses live in persistent maps, so a state costs what it changes, and the states of
rival branches share the rest. Spec: protocol.md section 3.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
from immutables import Map
from msgspec.structs import replace

from protocol.canonical import canonical_bytes
from protocol.ids import RecordId
from protocol.keys import DidKey
from protocol.records.chain import EPOCH, GroupRoot, Seat, TreeHead
from protocol.records.parts import GroupPolicy, Home, policy_of

# These need more than others_weight unless the policy names them; otherwise newly joined strangers could decide.
VOTING_CAPABILITIES = frozenset({"vote", "delegate", "be_delegate"})
HANDOVER_AFTER_MS = 24 * 3600 * 1000
K = TypeVar("K", bound=Hashable)
_DIGESTS: Final = 2**256


def quorum(keepers: int) -> int:
    """How many of `keepers` must agree: a majority of up to three, more than two thirds of four or more."""
    return keepers // 2 + 1 if keepers <= 3 else 2 * keepers // 3 + 1


class MemberKey(msgspec.Struct, frozen=True, gc=False):
    """One of a member's signing keys. `until`: the log size up to which its records count; None: the present key."""

    did: DidKey
    height: int
    by_recovery: bool
    until: int | None = None


class Member(msgspec.Struct, frozen=True, gc=False):
    """A member. Counters are those of the last applied operation."""

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
        """The present signing key."""
        return self.keys[-1].did

    @property
    def counts(self) -> bool:
        """Whether the member belongs to the group: hasn't left and isn't black-listed."""
        return self.weight >= 0 and not self.left

    @property
    def decides(self) -> bool:
        """Whether the member's votes have weight."""
        return self.weight > 0 and not self.left


class EarlierKeepers(msgspec.Struct, frozen=True, gc=False):
    """Keepers that the handover at `height` replaced, until an item shows that their quorum confirmed it."""

    seats: tuple[Seat, ...]
    height: int


class GroupState(msgspec.Struct, frozen=True, gc=False):
    """The state after item `head`. `trail`: items since the earliest unshown handover, as (height, term).

    `homes`: how many members who count live at each home. `weights`: how many members who haven't left have each weight
    above 0. `digest`: the sum of the hashes (hex) of all members and used invitations. These three follow from members
    and invitations, and are kept to save a walk over all. `visibility`: the root's; but a `published` group, which has
    a public name, is public.
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
    weights: Map[int, int] = Map()
    digest: str = ""
    published: str | None = None
    continues: tuple[RecordId, RecordId] | None = None
    succeeded_by: RecordId | None = None

    @property
    def epoch(self) -> int:
        """How many recoveries this branch has, by its term."""
        return self.term // EPOCH

    @property
    def pods(self) -> set[str]:
        """The pods that are home to a member who counts."""
        return {home.pod for home in self.homes}

    @property
    def asked_seats(self) -> set[Seat]:
        """The seats whose quorums count: the present ones, and those of each earlier set not yet shown."""
        return {seat for seats in (self.seats, *(replaced.seats for replaced in self.earlier)) for seat in seats}

    @property
    def others_weight(self) -> int:
        """The weight of a member who joins without invitation."""
        return self.policy.others_weight

    @property
    def default_score(self) -> int:
        """The score from which every target starts, in micro units."""
        return self.policy.default_score

    def permission(self, capability: str) -> int:
        """The weight that `capability` needs; a capability that the policy doesn't name needs an owner's weight."""
        named = self.policy.permissions or {}
        if capability in named:
            return named[capability]
        return self.others_weight + 1 if capability in VOTING_CAPABILITIES else self.owner_weight

    def handover_after_ms(self) -> int:
        """How long something may wait before keepers make a handover; 0: people do it by hand only."""
        said = self.policy.handover_after
        return HANDOVER_AFTER_MS if said is None else said

    def is_owner(self, member: Member) -> bool:
        """Whether `member` has an owner's weight."""
        return member.weight >= self.owner_weight and not member.left


def founded(group: RecordId, root: GroupRoot) -> GroupState:
    """The state after the root: its one member, number 1, is the first keeper; that member's pod is the steward."""
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
        weights=_weights_of([member]),
        digest=_digest_of([member], {}),
        published=root.publish,
        continues=root.continues,
    )


def with_member(state: GroupState, member: Member, **fields: Any) -> GroupState:
    """The state with a new or changed member, and these other fields changed; the cost is that of the change."""
    before, homes, weights = state.members.get(member.number), state.homes, state.weights
    digest = int(state.digest or "0", 16) + _hash_of_member(member)
    if before is not None:
        digest -= _hash_of_member(before)
        homes = _counted(homes, before.home, -before.counts)
        weights = _counted(weights, before.weight, -before.decides)
    return replace(
        state,
        members=state.members.set(member.number, member),
        homes=_counted(homes, member.home, member.counts),
        weights=_counted(weights, member.weight, member.decides),
        digest=_hex(digest),
        **fields,
    )


def with_use(state: GroupState, invitation: RecordId) -> GroupState:
    """The state after one more join with this invitation."""
    used = state.invitations.get(invitation, 0)
    digest = int(state.digest or "0", 16) + _hash_of_use(invitation, used + 1)
    if used:
        digest -= _hash_of_use(invitation, used)
    return replace(state, invitations=state.invitations.set(invitation, used + 1), digest=_hex(digest))


def _counted(counts: Map[K, int], key: K, by: int) -> Map[K, int]:
    if not by:
        return counts
    count = counts.get(key, 0) + by
    return counts.set(key, count) if count else counts.delete(key)


def _homes_of(members: Iterable[Member]) -> Map[Home, int]:
    return Map(Counter(member.home for member in members if member.counts))


def _weights_of(members: Iterable[Member]) -> Map[int, int]:
    return Map(Counter(member.weight for member in members if member.decides))


def _digest_of(members: Iterable[Member], uses: Mapping[RecordId, int]) -> str:
    return _hex(sum(map(_hash_of_member, members)) + sum(_hash_of_use(one, count) for one, count in uses.items()))


def _hash_of_member(member: Member) -> int:
    return int.from_bytes(hashlib.sha256(dump_member(member)).digest(), "big")


def _hash_of_use(invitation: RecordId, count: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{invitation} {count}".encode()).digest(), "big")


def _hex(digest: int) -> str:
    return f"{digest % _DIGESTS:064x}"


def _rest(state: GroupState) -> dict[str, Any]:
    fields = {name: getattr(state, name) for name in state.__struct_fields__ if name not in _MAPS}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(fields))
    plain = {name: value for name, value in plain.items() if value is not None}
    plain["policy"] = state.policy.members()
    plain["trail"] = {item: list(place) for item, place in state.trail.items()}
    return plain


_MAPS = frozenset({"policy", "members", "keys", "invitations", "trail", "homes", "weights"})


def state_hash(state: GroupState) -> str:
    """sha256 (hex) of the state, with the digest for its members: equal on two pods exactly if their states are equal.

    It shows that two pods took a rule differently, at a cost that doesn't grow with the members.
    """
    return hashlib.sha256(canonical_bytes(_rest(state))).hexdigest()


def dump_rest(state: GroupState) -> bytes:
    """The state without members, their keys and used invitations; `load_state` joins these with it."""
    return msgspec.json.encode(_rest(state))


def dump_member(member: Member) -> bytes:
    """A member as bytes, for `load_state`."""
    return msgspec.json.encode(member)


class _Snapshot(GroupState, frozen=True, gc=False, kw_only=True):
    """The fields of a state, with maps as JSON has them."""

    policy: dict[str, Any]  # type: ignore[assignment]
    members: list[Member] = []  # type: ignore[assignment]
    keys: dict[DidKey, int] = {}  # type: ignore[assignment]
    invitations: dict[RecordId, int] = {}  # type: ignore[assignment]
    trail: dict[RecordId, tuple[int, int]] = {}  # type: ignore[assignment]
    homes: None = None  # type: ignore[assignment]
    weights: None = None  # type: ignore[assignment]


_SNAPSHOT = msgspec.json.Decoder(_Snapshot)
_MEMBER = msgspec.json.Decoder(Member)


def load_state(rest: bytes, members: Iterable[bytes], invitations: Mapping[RecordId, int]) -> GroupState:
    """Read what `dump_rest` and `dump_member` wrote, or the one snapshot with everything that older versions wrote."""
    plain = _SNAPSHOT.decode(rest)
    found = plain.members or [_MEMBER.decode(member) for member in members]
    uses = plain.invitations if plain.members else invitations
    return GroupState(
        **_fields_of(plain),
        members=Map({member.number: member for member in found}),
        keys=Map({did: member.number for member in found for did in _keys_of(member)}),
        invitations=Map(uses),
        homes=_homes_of(found),
        weights=_weights_of(found),
        digest=plain.digest or _digest_of(found, uses),
    )


def load_later(
    known: GroupState, rest: bytes, members: Iterable[bytes], invitations: Mapping[RecordId, int]
) -> GroupState:
    """As `load_state`, for a state that follows a known one: of members and uses only those that may have changed."""
    plain = _SNAPSHOT.decode(rest)
    state = known
    for member in map(_MEMBER.decode, members):
        state = with_member(state, member, keys=state.keys.update(dict.fromkeys(_keys_of(member), member.number)))
    uses = state.invitations.update(invitations)
    return GroupState(
        **_fields_of(plain),
        members=state.members,
        keys=state.keys,
        invitations=uses,
        homes=state.homes,
        weights=state.weights,
        digest=plain.digest or _digest_of(state.members.values(), uses),
    )


def _fields_of(plain: _Snapshot) -> dict[str, Any]:
    fields = {name: getattr(plain, name) for name in plain.__struct_fields__ if name not in {*_MAPS, "digest"}}
    return {**fields, "policy": policy_of(plain.policy), "trail": Map(plain.trail)}


def _keys_of(member: Member) -> Iterator[DidKey]:
    yield from (key.did for key in member.keys)
    yield from member.recovery
