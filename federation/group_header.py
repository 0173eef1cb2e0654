"""`Althing-Group`: where a pod says with each delivery how far it has a group, so that a gap shows at once.

An RFC 9651 dictionary of strings and integers: group, head, term, height, size, root (protocol.md section 5.3). It is
believed only if a verified signature covers it; whatever else comes under that name is as if nothing had come.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

import http_sf
import msgspec

from federation.signatures import SignedRequest, VerifiedSignature
from federation.signatures.request import fields_of
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.state import GroupState

NAME: Final = "Althing-Group"
MAX_LENGTH: Final = 512  # an honest one has about 300 characters
_HEX: Final = frozenset("0123456789abcdef")
_MAX_NUMBER: Final = 2**53
_KEYS: Final = ("group", "head", "term", "height", "size", "root")


class GroupHeader(msgspec.Struct, frozen=True):
    """A group as its sender sees it: the head with its term and height, the log with size and root (hex)."""

    group: RecordId
    head: RecordId
    term: int
    height: int
    size: int
    root: str


def header_of(state: GroupState) -> str:
    """The field's value for a group in this state."""
    told = GroupHeader(state.group, state.head, state.term, state.height, state.log.size, state.log.root)
    members: Any = {name: (value, {}) for name, value in msgspec.structs.asdict(told).items()}
    return http_sf.ser(members)


def read_group_header(request: SignedRequest, signature: VerifiedSignature) -> GroupHeader | None:
    """What the request's field says of a group; None if it is malformed or the signature doesn't cover it."""
    name = NAME.lower()
    if name not in signature.covered:
        return None
    lines = fields_of(request).get(name, [])
    return parse_group_header(lines[0]) if len(lines) == 1 else None


def parse_group_header(text: str) -> GroupHeader | None:
    """Parse the field's value; None if it is malformed. Unknown members are ignored."""
    if len(text) > MAX_LENGTH or not text.isascii():
        return None
    try:
        parsed: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse_duplicate)
        return _read({name: member[0] for name, member in parsed.items()})
    except (ValueError, TypeError, KeyError, RecursionError, RefusedError):
        return None


def _refuse_duplicate(name: str, _context: str) -> NoReturn:
    raise ValueError(f"{name} is there twice")


def _read(members: dict[str, Any]) -> GroupHeader:
    group, head, term, height, size, root = (members[name] for name in _KEYS)
    if not all(type(number) is int and 0 <= number < _MAX_NUMBER for number in (term, height, size)):
        raise ValueError("not counts")
    if type(root) is not str or len(root) != 64 or not _HEX.issuperset(root):
        raise ValueError("not a root")
    return GroupHeader(parse_id(group), parse_id(head), term, height, size, root)
