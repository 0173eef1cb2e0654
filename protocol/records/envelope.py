"""A record, opened once: canonical bytes, id, proofs and content agree, or it is refused.

`open_record` is for everything that comes from outside, local people included; `reopen_record` is for what
`open_record` accepted before and our own store kept. Spec: protocol.md section 1.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from protocol.canonical import JsonObject, bytes_of_checked, check_value
from protocol.errors import RefusedError
from protocol.ids import RecordId, id_from_digest, parse_id
from protocol.keys import DidKey
from protocol.limits import (
    MAX_ACKS_PER_ITEM,
    MAX_COSIGNED_OPERATION_BYTES,
    MAX_ITEM_BYTES,
    MAX_ITEM_DEPTH,
    MAX_ITEM_MEMBERS,
    MAX_OPERATION_BYTES,
    MAX_OPERATIONS_PER_SEAL,
    MAX_RECORD_BYTES,
    MAX_RECORD_DEPTH,
    MAX_RECORD_MEMBERS,
)
from protocol.proofs import proof_keys, signers_of_digest
from protocol.records.chain import (
    Ack,
    BadOperation,
    GroupRoot,
    Handover,
    Receipt,
    Seal,
    check_exact_ack,
    parse_ack,
    parse_log,
    parse_receipt,
    parse_root,
    parse_seat,
)
from protocol.records.content import Content, parse_content
from protocol.records.operation import Operation, parse_operation
from protocol.records.parts import Invitation, integer, parse_home, parse_invitation
from protocol.rules.records import RecordRule

RULES = 1
ITEM_TYPES = frozenset({"GroupRoot", "Seal", "Handover"})
CHAIN_TYPES = ITEM_TYPES | {"Operation", "Ack", "Invitation", "Receipt"}

ChainContent = GroupRoot | Seal | Handover | Operation | Ack | Invitation | Receipt


class Record(msgspec.Struct, frozen=True, gc=False):
    """An opened record. `wire`: its canonical bytes with proof; `group` of a root: its own id."""

    id: RecordId
    group: RecordId
    type: str
    wire: bytes
    body: JsonObject
    signers: tuple[DidKey, ...]
    content: ChainContent | Content


def open_record(body: object) -> Record:
    """Open a record from outside: check it, verify every proof, and parse it."""
    if type(body) is not dict:
        raise RecordRule.NO_OBJECT.error()
    depth, most = MAX_RECORD_DEPTH, MAX_RECORD_MEMBERS
    if body.get("type") in ITEM_TYPES:
        depth, most = MAX_ITEM_DEPTH, MAX_ITEM_MEMBERS
    # Proofs have their own bound (MAX_PROOFS), so that more proofs can't make a record malformed.
    if check_value(body, max_depth=depth) > most and check_value(_unproven(body), max_depth=depth) > most:
        raise RecordRule.RECORD_MEMBERS.error(most=most)
    if body.get("type") == "Ack":
        check_exact_ack(body)
    return _open(body, verify=True)


def reopen_record(wire: bytes) -> Record:
    """Open a record from this pod's own store, where only verified records are."""
    return _open(msgspec.json.decode(wire), verify=False)


def _open(body: JsonObject, *, verify: bool) -> Record:
    proof = body.get("proof")
    if proof is None:
        raise RecordRule.NO_PROOF.error()
    canonical = bytes_of_checked(_unproven(body))
    digest = sha256(canonical).digest()
    record_type = body.get("type")
    if type(record_type) is not str or not record_type:
        raise RecordRule.NO_TYPE.error()
    _check_size(record_type, len(canonical), cosigned=type(proof) is list)
    group = _check_header(body, record_type)
    signers = signers_of_digest(digest, proof) if verify else proof_keys(body)
    own_id = id_from_digest(digest)
    return Record(
        id=own_id,
        group=group or own_id,
        type=record_type,
        wire=bytes_of_checked(body),
        body=body,
        signers=signers,
        content=_parse(record_type, own_id, body, signers, verify=verify),
    )


def id_of(body: JsonObject) -> RecordId:
    """The id of a body, which isn't checked; for skipping records that are held already."""
    return id_from_digest(sha256(bytes_of_checked(_unproven(body))).digest())


def _unproven(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name != "proof"}


def _check_size(record_type: str, size: int, *, cosigned: bool) -> None:
    limit = MAX_RECORD_BYTES
    if record_type in ITEM_TYPES:
        limit = MAX_ITEM_BYTES
    elif record_type == "Operation":
        limit = MAX_COSIGNED_OPERATION_BYTES if cosigned else MAX_OPERATION_BYTES
    if size > limit:
        raise RecordRule.RECORD_TOO_LONG.error(type=record_type, most=limit, size=size)


def _check_header(body: JsonObject, record_type: str) -> RecordId | None:
    if body.get("rules") != RULES or type(body.get("rules")) is not int:
        raise RecordRule.OTHER_RULES.error()
    if "id" in body or "@context" in body:
        raise RecordRule.RECORD_WITH_ID.error()
    if record_type == "GroupRoot":
        if "group" in body:
            raise RecordRule.ROOT_WITH_GROUP.error()
        return None
    return parse_id(body.get("group"))


def _parse(
    record_type: str, own_id: RecordId, body: JsonObject, signers: tuple[DidKey, ...], *, verify: bool
) -> ChainContent | Content:
    match record_type:
        case "GroupRoot":
            return parse_root(body, signers)
        case "Seal" | "Handover":
            return _parse_item(record_type, body, verify=verify)
        case "Operation":
            return parse_operation(own_id, body, signers, verify=verify)
        case "Ack":
            return parse_ack(body, signers)
        case "Invitation":
            return parse_invitation(body)
        case "Receipt":
            return parse_receipt(body, signers)
        case _:
            return parse_content(record_type, body)


def _parse_item(record_type: str, body: JsonObject, *, verify: bool) -> Seal | Handover:
    operations = body.get("operations")
    acks = body.get("acks", [])
    if type(operations) is not list or len(operations) > MAX_OPERATIONS_PER_SEAL:
        raise RecordRule.TOO_MANY_OPERATIONS.error(most=MAX_OPERATIONS_PER_SEAL)
    if type(acks) is not list or len(acks) > MAX_ACKS_PER_ITEM:
        raise RecordRule.TOO_MANY_ACKS.error(most=MAX_ACKS_PER_ITEM)
    group = parse_id(body.get("group"))
    seal = Seal(
        parent=parse_id(body.get("parent")),
        height=integer(body, "height", 1),
        term=integer(body, "term", 0),
        at=integer(body, "at", 0),
        operations=tuple(_nested_operation(entry, group, verify=verify) for entry in operations),
        log=parse_log(body.get("log")),
        acks=tuple(ack for entry in acks if (ack := _nested_ack(entry, group, verify=verify))),
    )
    return seal if record_type == "Seal" else _handover(seal, body)


def _handover(seal: Seal, body: JsonObject) -> Handover:
    keepers = body.get("keepers")
    if type(keepers) is not list or not keepers:
        raise RecordRule.NO_KEEPERS.error()
    return Handover(
        seal.parent,
        seal.height,
        seal.term,
        seal.at,
        seal.operations,
        seal.log,
        seal.acks,
        steward=parse_home(body.get("steward")),
        keepers=tuple(map(parse_seat, keepers)),
    )


def _nested_operation(entry: object, group: RecordId, *, verify: bool) -> Operation | BadOperation:
    try:
        record = _nested(entry, "Operation", group, verify=verify)
    except RefusedError as refusal:
        return BadOperation(refusal.code)
    assert isinstance(record.content, Operation)
    return record.content


def _nested_ack(entry: object, group: RecordId, *, verify: bool) -> Ack | None:
    # Acks in an item are only evidence; a broken one proves nothing, so it is ignored.
    try:
        record = _nested(entry, "Ack", group, verify=verify)
        check_exact_ack(record.body)
    except RefusedError:
        return None
    assert isinstance(record.content, Ack)
    return record.content


def _nested(entry: object, record_type: str, group: RecordId, *, verify: bool) -> Record:
    if type(entry) is not dict or entry.get("type") != record_type:
        raise RecordRule.UNEXPECTED_TYPE.error(type=record_type)
    record = _open(entry, verify=verify)
    if record.group != group:
        raise RecordRule.ANOTHER_GROUP.error(type=record_type)
    return record
