"""The records of a group's chain, parsed once and strictly: root, seal, handover, ack, receipt.

Shapes: protocol.md section 3. An item's operations are parsed where the item is parsed; one that is not
well formed becomes a `BadOperation`, which the chain treats as void, so that a steward can't make an item
invalid for some pods by sealing rubbish.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocol.ids import RecordId, parse_id
from protocol.keys import DidKey, parse_did
from protocol.limits import (
    MAX_DEFAULT_SCORE,
    MAX_INTEGER,
    MAX_NAME_LENGTH,
    MAX_WEIGHT,
    TERMS_PER_EPOCH,
)
from protocol.records.operation import Operation
from protocol.records.parts import (
    GroupPolicy,
    Home,
    integer,
    mapping,
    one_of,
    parse_home,
    parse_policy,
    policy_of,
    text,
)
from protocol.rules.records import RecordRule

KEEPER_COUNTS = frozenset({1, 3, 4, 7})
EPOCH = TERMS_PER_EPOCH


class Seat(msgspec.Struct, frozen=True, order=True, gc=False):
    """A keeper: member number and the pod key that confirms for it until the next handover."""

    member: int
    key: DidKey


class TreeHead(msgspec.Struct, frozen=True, gc=False):
    """Size and RFC 9162 root (hex) of the group log to which an item commits."""

    size: int
    root: str


class Founder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The first member, number 1."""

    weight: int
    home: Home
    signing: DidKey
    recovery: DidKey
    identity: RecordId | None = None


class GroupRoot(msgspec.Struct, frozen=True, gc=False):
    """Height 0 of a chain; its record id is the group's id."""

    kind: str
    visibility: str
    others_weight: int
    default_score: int
    member: Founder
    steward: Home
    nonce: str
    at: int
    policy: GroupPolicy
    publish: str | None = None
    continues: tuple[RecordId, RecordId] | None = None

    height = 0
    term = 0
    parent = None
    log = TreeHead(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    operations: tuple[Operation | BadOperation, ...] = ()
    acks: tuple[Ack, ...] = ()


class BadOperation(msgspec.Struct, frozen=True, gc=False):
    """A void entry of `operations`: not a well-formed, signed operation of this group. `code`: the refusal's."""

    code: str


class Ack(msgspec.Struct, frozen=True, gc=False):
    """A keeper's confirmation of an item and everything before it, in that item's term. `key` signed it."""

    keeper: int
    term: int
    height: int
    item: RecordId
    key: DidKey


class Seal(msgspec.Struct, frozen=True, gc=False):
    """The steward's next link: operations in order, and the log to which it commits."""

    parent: RecordId
    height: int
    term: int
    at: int
    operations: tuple[Operation | BadOperation, ...]
    log: TreeHead
    acks: tuple[Ack, ...]


class Handover(msgspec.Struct, frozen=True, gc=False):
    """The only item that changes steward or keepers; the keepers who agree sign it."""

    parent: RecordId
    height: int
    term: int
    at: int
    operations: tuple[Operation | BadOperation, ...]
    log: TreeHead
    acks: tuple[Ack, ...]
    steward: Home
    keepers: tuple[Seat, ...]


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A steward's promise to log `record` before the first item whose `at` is after `by`."""

    record: RecordId
    steward: DidKey
    term: int
    by: int


Item = GroupRoot | Seal | Handover


def parse_log(value: object) -> TreeHead:
    """Parse {size, root}."""
    match value:
        case {"size": int(size), "root": str(root)} if (
            type(size) is int
            and 0 <= size <= MAX_INTEGER
            and len(root) == 64
            and not set(root) - set("0123456789abcdef")
        ):
            return TreeHead(size, root)
    raise RecordRule.NO_LOG.error()


def parse_seat(value: object) -> Seat:
    """Parse {member, key}."""
    if type(value) is not dict:
        raise RecordRule.NO_KEEPER.error()
    return Seat(integer(value, "member", 1), parse_did(value.get("key")))


def parse_ack(body: Mapping[str, Any], signers: tuple[DidKey, ...]) -> Ack:
    """Parse an ack; exactly one proof."""
    if len(signers) != 1:
        raise RecordRule.ACK_PROOFS.error()
    return Ack(
        keeper=integer(body, "keeper", 1),
        term=integer(body, "term", 0),
        height=integer(body, "height", 0),
        item=parse_id(body.get("item")),
        key=signers[0],
    )


def check_exact_ack(body: Mapping[str, Any]) -> None:
    """Raise MalformedError for an ack with other members than needed, because every pod stores and serves acks."""
    if set(body) != {"type", "rules", "group", "keeper", "term", "height", "item", "proof"}:
        raise RecordRule.ACK_MEMBERS.error()


def parse_receipt(body: Mapping[str, Any], signers: tuple[DidKey, ...]) -> Receipt:
    """Parse a receipt, which exactly the steward key that it names must have signed."""
    receipt = Receipt(
        record=parse_id(body.get("record")),
        steward=parse_did(body.get("steward")),
        term=integer(body, "term", 0),
        by=integer(body, "by", 0),
    )
    if signers != (receipt.steward,):
        raise RecordRule.RECEIPT_SIGNER.error()
    return receipt


def parse_root(body: Mapping[str, Any], signers: tuple[DidKey, ...]) -> GroupRoot:
    """Parse a group's root, which its founder signed; the founder's pod is the steward."""
    member = mapping(body, "member")
    founder = Founder(
        weight=integer(member, "weight", 1, MAX_WEIGHT),
        home=parse_home(member.get("home")),
        signing=parse_did(member.get("signing")),
        recovery=parse_did(member.get("recovery")),
        identity=parse_id(member["identity"]) if "identity" in member else None,
    )
    root = GroupRoot(
        kind=one_of(body, "kind", ("group", "person")),
        visibility=one_of(body, "visibility", ("private", "unlisted", "public")),
        others_weight=integer(body, "others_weight", -MAX_WEIGHT, MAX_WEIGHT),
        default_score=integer(body, "default_score", -MAX_DEFAULT_SCORE, MAX_DEFAULT_SCORE),
        member=founder,
        steward=parse_home(body.get("steward")),
        nonce=text(body, "nonce", 32, shortest=32),
        at=integer(body, "at", 0),
        policy=policy_of({**parse_policy(body), "name": text(body, "name", MAX_NAME_LENGTH, shortest=1)}),
        publish=text(body, "publish", MAX_NAME_LENGTH, shortest=1) if "publish" in body else None,
        continues=_continues(body),
    )
    _check_root(root, signers)
    return root


def _check_root(root: GroupRoot, signers: tuple[DidKey, ...]) -> None:
    founder = root.member
    if set(root.nonce) - set("0123456789abcdef"):
        raise RecordRule.NO_NONCE.error()
    if founder.signing not in signers:
        raise RecordRule.ROOT_SIGNER.error()
    if founder.signing == founder.recovery:
        raise RecordRule.FOUNDER_KEYS.error()
    if root.steward != founder.home:
        raise RecordRule.FIRST_STEWARD.error()
    if root.others_weight >= founder.weight:
        raise RecordRule.OTHERS_TOO_HEAVY.error()


def _continues(body: Mapping[str, Any]) -> tuple[RecordId, RecordId] | None:
    if "continues" not in body:
        return None
    value = mapping(body, "continues")
    return parse_id(value.get("group")), parse_id(value.get("item"))
