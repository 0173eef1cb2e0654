"""Content written as the members of its record: what `parse.py` reads from them is the same value.

A member that has its default is left out. `type`, `rules`, `group` and `proof` are the envelope's. An author who drafts
content doesn't know its header yet and gives `**UNSIGNED`; the function that signs writes the header.
"""

from __future__ import annotations

from typing import Final, TypedDict

import msgspec

from protocol.canonical import JsonObject
from protocol.records.content.shapes import Authored, GuestPost, GuestRecord, Vote


class Header(TypedDict):
    """The members of every member's record."""

    author: int
    key: int
    counter: int
    at: int


UNSIGNED: Final[Header] = {"author": 1, "key": 0, "counter": 1, "at": 0}


def dump_authored(content: Authored) -> JsonObject:
    """The members of content whose form in memory and in records is the same."""
    return _plain(content)


def dump_vote(vote: Vote) -> JsonObject:
    """A vote's members."""
    members = _plain(vote) | {"target": vote.target.members}
    source = members.pop("from_", None)
    return members | ({"from": source} if source else {})


def dump_guest_record(record: GuestRecord) -> JsonObject:
    """The members of a guest's record."""
    members: JsonObject = {"host": record.host, "actor": record.actor, "activity": record.activity}
    if isinstance(record.did, GuestPost):
        return members | {"kind": "post", "content": _plain(record.did)}
    return members | {"kind": "vote", "target": record.did.target.members, "value": record.did.value}


def _plain(value: msgspec.Struct) -> JsonObject:
    plain: JsonObject = msgspec.json.decode(msgspec.json.encode(value))  # which also turns tuples into lists
    return plain
