"""The kinds of records that need no order, each declared once: its shape, how it is read, written and erased.

`OfEach` holds one thing for each kind. Every floor has such a table of what it does with a record: here how one is
read and written; in `models/content/projections/kinds.py` how it becomes rows; in `federation/activities/kinds.py`
which activity tells it; in `pod/actions/drafted_kinds.py` what is added to a draft of it; in
`pod/actions/record_kinds.py` what log and notifications say of it; in `pod/web/group/log_kinds.py` its words on pages.
A new kind is a new field here: a table that has no entry for it, and an entry that lacks a part,
then fail to type-check (ADR 0037).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, Generic, TypeVar

import msgspec

from protocol.canonical import JsonObject
from protocol.limits import MAX_ATTACHMENTS, MAX_PARAGRAPHS
from protocol.records.content.dump import dump_authored, dump_guest_record, dump_vote
from protocol.records.content.parse import (
    parse_ballot,
    parse_delegation,
    parse_guest_record,
    parse_header,
    parse_patch,
    parse_poll,
    parse_post,
    parse_profile,
    parse_proposal,
    parse_vote,
    plain,
)
from protocol.records.content.poll_phases import (
    AreaVote,
    Confirm,
    Evaluation,
    LotShare,
    Opening,
    Prediction,
    Proposal,
    Sealed,
)
from protocol.records.content.polls import Ballot, Delegate, Delegation, Poll
from protocol.records.content.shapes import Claim, Erase, GuestRecord, Patch, Post, Profile, Unknown, Vote
from protocol.rules.content import ContentRule

OfPolls = Poll | Ballot | Proposal | AreaVote | Prediction | Sealed | LotShare | Opening | Evaluation
Content = (
    Profile | Post | Patch | Vote | Erase | Claim | GuestRecord | OfPolls | Delegate | Delegation | Confirm | Unknown
)
Shape = TypeVar("Shape")
Each = TypeVar("Each")


class OfEach(msgspec.Struct, Generic[Each], frozen=True, kw_only=True):
    """A value for each kind; the fields are named as the types in records."""

    Profile: Each
    Post: Each
    Patch: Each
    Vote: Each
    Erase: Each
    Claim: Each
    GuestRecord: Each
    Poll: Each
    Ballot: Each
    Delegate: Each
    Delegation: Each
    Proposal: Each
    AreaVote: Each
    Prediction: Each
    Sealed: Each
    LotShare: Each
    Opening: Each
    Evaluation: Each
    Confirm: Each

    def of(self, type_name: str) -> Each | None:
        """The value for records of this type; None for a type that this version doesn't know."""
        return getattr(self, type_name) if type_name in self.__struct_fields__ else None

    def __iter__(self) -> Iterator[tuple[str, Each]]:
        return ((name, getattr(self, name)) for name in self.__struct_fields__)


class Leaves(Enum):
    """What remains of a record when its author erases it: all, its header, or the header and where paragraphs hung."""

    ALL = "all"
    HEADER = "header"
    PLACES = "places"


class RecordKind(msgspec.Struct, Generic[Shape], frozen=True):
    """A kind of record: the type of its content, how that is parsed and dumped, and what an erasure leaves."""

    content: type[Shape]
    parse: Callable[[JsonObject], Shape]
    dump: Callable[[Shape], JsonObject]
    leaves: Leaves


KINDS: Final[OfEach[RecordKind[Any]]] = OfEach(
    Profile=RecordKind(Profile, parse_profile, dump_authored, Leaves.HEADER),
    Post=RecordKind(Post, parse_post, dump_authored, Leaves.PLACES),
    Patch=RecordKind(Patch, parse_patch, dump_authored, Leaves.PLACES),
    Vote=RecordKind(Vote, parse_vote, dump_vote, Leaves.ALL),
    Erase=RecordKind(Erase, plain(Erase), dump_authored, Leaves.ALL),
    Claim=RecordKind(Claim, plain(Claim), dump_authored, Leaves.HEADER),
    GuestRecord=RecordKind(GuestRecord, parse_guest_record, dump_guest_record, Leaves.ALL),
    Poll=RecordKind(Poll, parse_poll, dump_authored, Leaves.ALL),
    Ballot=RecordKind(Ballot, parse_ballot, dump_authored, Leaves.ALL),
    Delegate=RecordKind(Delegate, plain(Delegate), dump_authored, Leaves.ALL),
    Delegation=RecordKind(Delegation, parse_delegation, dump_authored, Leaves.ALL),
    Proposal=RecordKind(Proposal, parse_proposal, dump_authored, Leaves.ALL),
    AreaVote=RecordKind(AreaVote, plain(AreaVote), dump_authored, Leaves.ALL),
    Prediction=RecordKind(Prediction, plain(Prediction), dump_authored, Leaves.ALL),
    Sealed=RecordKind(Sealed, plain(Sealed), dump_authored, Leaves.ALL),
    LotShare=RecordKind(LotShare, plain(LotShare), dump_authored, Leaves.ALL),
    Opening=RecordKind(Opening, plain(Opening), dump_authored, Leaves.ALL),
    Evaluation=RecordKind(Evaluation, plain(Evaluation), dump_authored, Leaves.ALL),
    Confirm=RecordKind(Confirm, plain(Confirm), dump_authored, Leaves.ALL),
)
_LIMITS: Final = {
    "paragraphs": MAX_PARAGRAPHS,
    "adds": MAX_PARAGRAPHS,
    "marks": MAX_PARAGRAPHS,
    "attachments": MAX_ATTACHMENTS,
}


def parse_content(type_name: str, body: JsonObject) -> Content:
    """The content of a record of this type; raises MalformedError or TooLargeError. Proof and header aren't parsed."""
    kind = KINDS.of(type_name)
    if kind is None:
        return Unknown(type_name, parse_header(body))
    for name, limit in _LIMITS.items():
        entries = body.get(name)
        if type(entries) is list and len(entries) > limit:
            raise ContentRule.TOO_MANY_ENTRIES.error(most=limit, name=name, entries=len(entries))
    if "recovery" in body:
        raise ContentRule.NOT_BY_RECOVERY_KEY.error()
    content: Content = kind.parse(body)
    return content


def dump_content(content: Content) -> JsonObject:
    """The members of the record with this content, its type included. No pod writes a type that it doesn't know."""
    name = type(content).__name__
    kind = KINDS.of(name)
    assert kind is not None
    members: JsonObject = kind.dump(content)
    return {"type": name, **members}


def is_erasable(type_name: str) -> bool:
    """Whether a record of this type loses its words when its author erases it."""
    kind = KINDS.of(type_name)
    return kind is not None and kind.leaves is not Leaves.ALL
