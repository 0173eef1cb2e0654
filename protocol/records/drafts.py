"""The members of every record that people and pods have signed, written from typed values.

A `Draft` is what an author says. `by_signing_key` and `by_recovery_key` add the header: author, key, counter, time.
A record of the chain is written whole, by a function of its own. `protocol.proofs.sign` adds the proofs.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from protocol.canonical import JsonObject
from protocol.ids import RecordId
from protocol.records.chain import Founder, Receipt, Seat, TreeHead
from protocol.records.content import Content, Header, dump_content
from protocol.records.operation import Wish, dump_wish
from protocol.records.parts import Home, Invitation
from protocol.state import GroupState

_HEADER = frozenset(Header.__annotations__)


class Draft(msgspec.Struct, frozen=True):
    """A record's type and own members, before it is signed."""

    type: str
    members: JsonObject


def draft(content: Content) -> Draft:
    """A draft of a member's content, which was made with `**UNSIGNED`."""
    members = dump_content(content)
    return Draft(members.pop("type"), {name: value for name, value in members.items() if name not in _HEADER})


def draft_wish(wish: Wish) -> Draft:
    """A draft of a member's wish to change the group."""
    return Draft("Operation", dump_wish(wish))


def draft_join(wish: Wish, invitation: JsonObject | None) -> Draft:
    """A draft of the wish to join, with the signed invitation that it shows."""
    members = dump_wish(wish)
    return Draft("Operation", members | {"with": members["with"] | ({"invitation": invitation} if invitation else {})})


def draft_invitation(invitation: Invitation) -> Draft:
    """A draft of an invitation, which was made with `**UNSIGNED`."""
    members = msgspec.to_builtins(invitation)
    return Draft("Invitation", {name: value for name, value in members.items() if name not in _HEADER})


def by_signing_key(said: Draft, group: RecordId, header: Header) -> JsonObject:
    """The members of a draft's record that a signing key will sign."""
    return {**said.members, "type": said.type, "rules": 1, "group": group, **header}


def by_recovery_key(said: Draft, group: RecordId, header: Header) -> JsonObject:
    """As `by_signing_key` for a recovery key, whose index takes the place of the signing key's."""
    members = by_signing_key(said, group, header)
    members["recovery"] = members.pop("key")
    return members


def root_members(wishes: JsonObject, founder: Founder, *, nonce: str, at: int) -> JsonObject:
    """The members of a group's root; `wishes`: its policy, kind and visibility."""
    usual = {"kind": "group", "visibility": "public", "others_weight": 0, "default_score": 0}
    member = msgspec.to_builtins(founder)
    fixed = {"type": "GroupRoot", "rules": 1, "member": member, "steward": member["home"], "nonce": nonce, "at": at}
    return {**usual, **wishes, **fixed}


def seal_members(
    parent: GroupState, *, at: int, operations: Sequence[JsonObject], log: TreeHead, acks: Sequence[JsonObject]
) -> JsonObject:
    """The members of the steward's next seal after `parent`."""
    return _link("Seal", parent, term=parent.term, at=at, operations=operations, log=log, acks=acks)


def handover_members(
    parent: GroupState,
    steward: Home,
    keepers: Sequence[Seat],
    *,
    term: int,
    at: int,
    operations: Sequence[JsonObject],
    acks: Sequence[JsonObject] = (),
) -> JsonObject:
    """The members of a handover after `parent`; it keeps the parent's log."""
    link = _link("Handover", parent, term=term, at=at, operations=operations, log=parent.log, acks=acks)
    return {**link, "steward": msgspec.to_builtins(steward), "keepers": [msgspec.to_builtins(seat) for seat in keepers]}


def _link(
    kind: str,
    parent: GroupState,
    *,
    term: int,
    at: int,
    operations: Sequence[JsonObject],
    log: TreeHead,
    acks: Sequence[JsonObject],
) -> JsonObject:
    link: JsonObject = {
        "type": kind,
        "rules": 1,
        "group": parent.group,
        "parent": parent.head,
        "height": parent.height + 1,
        "term": term,
        "at": at,
        "operations": list(operations),
        "log": msgspec.to_builtins(log),
    }
    return {**link, "acks": list(acks)} if acks else link


def ack_members(group: RecordId, keeper: int, *, term: int, height: int, item: RecordId) -> JsonObject:
    """The members of a keeper's confirmation of an item."""
    confirmed = {"term": term, "height": height, "item": item}
    return {"type": "Ack", "rules": 1, "group": group, "keeper": keeper, **confirmed}


def receipt_members(group: RecordId, receipt: Receipt) -> JsonObject:
    """The members of a steward's promise to log a record."""
    return {"type": "Receipt", "rules": 1, "group": group, **msgspec.to_builtins(receipt)}
