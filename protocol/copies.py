"""A copy of an account is the same on every pod: its classes, the lines of each, their roots, and who vouches for them.

Rules of this file (portability §1):

1. A class is a list of lines. A line is a JCS object with a `key` and a `kind`; the lines of a class rise by the bytes
   of their keys, so each class has one order, and each key stands there once.
2. A line has 640 KiB at most, so that it can carry an item of a chain (ADR 0065). Of a line whose kind this version
   doesn't know, no more is asked; it is kept and handed on.
3. In `personal` an entry of the log stands below the items that commit to it: `entry_key` and `item_key` hold the log's
   index first. In `records` the group comes before the index.
4. A class's root is the RFC 9162 tree hash over its lines. Its bytes are those of the lines, without line ends.
5. A `Manifest` names each class's count, bytes and root, and is signed by the person's present key in the personal
   group. It has neither author nor counter, so no pod's door takes it for a record: it is never logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from protocol.canonical import Json, JsonObject, canonical_bytes, check_value, parse_json
from protocol.ids import RecordId, parse_id
from protocol.limits import (
    MAX_INTEGER,
    MAX_ITEM_DEPTH,
    MAX_ITEM_MEMBERS,
    MAX_LINE_BYTES,
    MAX_LINE_KEY,
    MAX_LINES,
    MAX_URL_LENGTH,
)
from protocol.log import Frontier
from protocol.origins import is_bare_origin
from protocol.proofs import signers
from protocol.records.parts import integer, mapping, text
from protocol.rules.copies import CopyRule
from protocol.state import GroupState

PERSONAL: Final = "personal"
RECORDS: Final = "records"
CLASSES: Final = (PERSONAL, RECORDS, "memberships", "follows", "choices", "media", "actor", "box")
MANIFEST: Final = "Manifest"

_LINE_DEPTH: Final = MAX_ITEM_DEPTH + 1
_LINE_MEMBERS: Final = MAX_ITEM_MEMBERS + 10_000  # proofs have a bound of their own
_DIGITS: Final = 16  # of the largest integer
_KEY_OF_LOG: Final = re.compile(r"(?:(b[a-z2-7]+)/)?(?:([0-9]{16})(?:(~)|/([0-9]{16})(?:/.*)?)?)?")
_ROOT_LENGTH: Final = 64
_OWNER: Final = 1  # the number of a personal group's person in it
_MEMBERS: Final = frozenset({"type", "rules", "group", "pod", "at", "classes", "proof"})
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class CopyLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a class: its key, and its canonical bytes without line end."""

    key: str
    text: bytes

    @property
    def leaf(self) -> bytes:
        """The line's leaf in the class's tree."""
        return sha256(b"\x00" + self.text).digest()


class Place(msgspec.Struct, frozen=True):
    """Where reading a class goes on: the next index of the log, above which height (-1: none), in which group."""

    index: int
    height: int
    group: RecordId | None = None


class ClassTotal(msgspec.Struct, frozen=True):
    """How many lines a class has, their bytes, and the root over them (hex)."""

    count: int
    bytes: int
    root: str


class CopyManifest(msgspec.Struct, frozen=True):
    """What a copy holds, by the word of the pod at which the account was then; `at` in ms."""

    group: RecordId
    pod: str
    at: int
    classes: dict[str, ClassTotal]


class CopyTally(msgspec.Struct, frozen=True, gc=False):
    """The running total of a class's lines; `last`: the key of the last one."""

    bytes: int = 0
    frontier: Frontier = Frontier()
    last: str = ""

    def add(self, lines: Iterable[CopyLine]) -> CopyTally:
        """The total after more lines; raises MalformedError where the keys don't rise, TooLargeError for too many."""
        size, last, leaves = self.bytes, self.last, list[bytes]()
        for line in lines:
            if line.key <= last:
                raise CopyRule.KEYS_FALL.error(key=line.key)
            leaves.append(line.leaf)
            size, last = size + len(line.text), line.key
        if self.frontier.size + len(leaves) > MAX_LINES:
            raise CopyRule.TOO_MANY_LINES.error(most=MAX_LINES, key=last)
        return CopyTally(size, self.frontier.append_many(leaves), last)

    def total(self) -> ClassTotal:
        """What a manifest says of the class."""
        return ClassTotal(self.frontier.size, self.bytes, self.frontier.root().hex())


def line(key: str, kind: str, **members: Json) -> CopyLine:
    """A line of values; raises TooLargeError if it is too long."""
    return _bounded(CopyLine(key, canonical_bytes({"key": key, "kind": kind, **members})))


def record_line(key: str, kind: str, wire: bytes) -> CopyLine:
    """A line that carries a signed record, from the record's stored bytes."""
    return _bounded(CopyLine(key, _ENCODER.encode({"key": key, "kind": kind, "record": msgspec.Raw(wire)})))


def parse_line(raw: bytes) -> CopyLine:
    """A line from outside, also of a kind that this version doesn't know; raises MalformedError or TooLargeError."""
    value = parse_json(raw, max_bytes=MAX_LINE_BYTES, max_depth=_LINE_DEPTH, max_members=_LINE_MEMBERS)
    if type(value) is not dict:
        raise CopyRule.NO_LINE.error()
    key = text(value, "key", MAX_LINE_KEY, shortest=1)
    text(value, "kind", MAX_LINE_KEY, shortest=1)
    if canonical_bytes(value, max_depth=_LINE_DEPTH) != raw:
        raise CopyRule.LINE_NOT_CANONICAL.error(key=key)
    return CopyLine(key, raw)


def entry_key(index: int, group: RecordId | None = None) -> str:
    """The key of a log's entry; `group`: in the class `records`, which holds entries of many."""
    return f"{group}/{index:0{_DIGITS}d}" if group else f"{index:0{_DIGITS}d}~"


def item_key(log_size: int, height: int) -> str:
    """The key of an item of the personal group: it stands after the entries to which it commits."""
    return f"{log_size:0{_DIGITS}d}/{height:0{_DIGITS}d}"


def ack_key(log_size: int, height: int, term: int, item: RecordId, seat: str) -> str:
    """The key of an ack: it stands after the item."""
    return f"{item_key(log_size, height)}/{term:0{_DIGITS}d}/{item}/{seat}"


def place_of(cursor: str) -> Place:
    """Where reading `personal` or `records` goes on: after the line with this key, or where a group begins ("…/")."""
    match = _KEY_OF_LOG.fullmatch(cursor)
    if match is None:
        raise CopyRule.NO_CURSOR.error()
    group, index, mark, height = match.groups()
    # An entry is passed; an item stands before the entry with its log's size.
    passed = 1 if index and (group or mark) else 0
    return Place(int(index or 0) + passed, int(height) if height else -1, parse_id(group) if group else None)


def manifest_members(manifest: CopyManifest) -> JsonObject:
    """The members that the person's key will sign."""
    classes = {name: msgspec.to_builtins(total) for name, total in manifest.classes.items()}
    own = {"type": MANIFEST, "rules": 1, "group": manifest.group, "pod": manifest.pod, "at": manifest.at}
    return {**own, "classes": classes}


def parse_manifest(body: JsonObject, state: GroupState) -> CopyManifest:
    """A manifest from outside, signed by the present key of the person whose personal group has this state.

    Raises MalformedError, BadProofError, or NotAuthorError.
    """
    claimed = claimed_manifest(body)
    if claimed.group != state.group or signers(body) != (state.members[_OWNER].signing,):
        raise CopyRule.NOT_THEIR_MANIFEST.error()
    return claimed


def claimed_manifest(body: JsonObject) -> CopyManifest:
    """What a manifest says, whoever signed it; raises MalformedError."""
    check_value(body, max_depth=MAX_ITEM_DEPTH)
    if body.keys() != _MEMBERS or body["type"] != MANIFEST:
        raise CopyRule.NO_MANIFEST.error()
    integer(body, "rules", 1, 1)
    pod = text(body, "pod", MAX_URL_LENGTH, shortest=1)
    classes = mapping(body, "classes")
    if not is_bare_origin(pod):
        raise CopyRule.NO_MANIFEST.error()
    totals = {name: _total(mapping(classes, name)) for name in classes}
    return CopyManifest(parse_id(body["group"]), pod, integer(body, "at", 0), totals)


def _total(body: Mapping[str, Any]) -> ClassTotal:
    root = text(body, "root", _ROOT_LENGTH, shortest=_ROOT_LENGTH)
    if body.keys() != {"count", "bytes", "root"} or set(root) - set("0123456789abcdef"):
        raise CopyRule.NO_MANIFEST.error()
    return ClassTotal(integer(body, "count", 0, MAX_LINES), integer(body, "bytes", 0, MAX_INTEGER), root)


def _bounded(made: CopyLine) -> CopyLine:
    if len(made.text) > MAX_LINE_BYTES:
        raise CopyRule.LINE_TOO_LONG.error(key=made.key, most=MAX_LINE_BYTES)
    return made
