"""One value has one sequence of bytes on every pod (RFC 8785), and what arrives is read strictly or refused.

Rules of this file (protocol §1.1 and §1.2, federation §2.31):

1. Text that arrives is I-JSON: UTF-8 without a byte order mark, no name twice in an object, no NaN or
   Infinity, no lone surrogates, no NUL, no integer beyond 2^53 - 1; bounded in bytes, depth and members.
   Its members are counted, and its numbers looked at, before anything is decoded: what a stranger sends costs
   what its bytes cost. An exponent has two digits at most; larger ones are decoded a hundred times more slowly.
2. A record holds objects, lists, strings, booleans and integers only: no floats, no null. Names are ASCII.
   Strings hold no NUL, no surrogates and none of Unicode's noncharacters (RFC 7493 §2.1).
3. For such values sorting by bytes equals sorting by UTF-16 units and numbers are plain digits, so a fast
   encoder gives exactly the bytes of RFC 8785. A property test holds the two equal.

Depth counts the objects and lists inside each other: `{}` has depth 1, a bare number 0.
"""

import json
import re
from typing import Any, Final

import msgspec
import rfc8785

from protocol.limits import MAX_INTEGER, MAX_ITEM_DEPTH, MAX_JSON_MEMBERS
from protocol.rules.texts import TextRule

Json = Any
JsonObject = dict[str, Any]

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder()
_PLANE_ENDS: Final = "".join(f"{chr((plane << 16) + 0xFFFE)}{chr((plane << 16) + 0xFFFF)}" for plane in range(17))
_FAR_EXPONENT: Final = re.compile(rb"[eE][+-]?[0-9]{3}")
_DIGITS: Final = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG_NUMBER: Final = b"0" * len(str(MAX_INTEGER))  # after `_DIGITS`; whatever has fewer digits isn't too large
_WHITE_SPACE: Final = b" \t\r\n"
_FEW_MEMBERS: Final = 256  # even the slowest numbers in so short a text cost only 3 ms, so it needn't be scanned first
_NOT_IN_RECORDS: Final = re.compile(f"[\x00\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")


def canonical_bytes(value: Json, *, max_depth: int = MAX_ITEM_DEPTH) -> bytes:
    """The bytes that are hashed and signed; raises for a value that no record may hold."""
    check_value(value, max_depth=max_depth)
    return bytes_of_checked(value)


def bytes_of_checked(value: Json) -> bytes:
    """Canonical bytes of a value that `check_value` has accepted; only for such values."""
    return _ENCODER.encode(value)


def canonical_document(document: Json) -> bytes:
    """RFC 8785 for any JSON; documents of other software may hold floats, null and names in any script."""
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise TextRule.NOT_CANONICAL.error() from error


def check_value(value: Json, *, max_depth: int) -> int:
    """Refuse a value that no record may hold; returns its number of members, counted as `parse_json` counts."""
    level = [value]
    depth = -1
    members = -1
    while level:
        depth += 1
        members += len(level)
        if depth > max_depth:
            raise TextRule.RECORD_TOO_DEEP.error(most=max_depth)
        level = _record_members(level)
    return members


def most_members(text: bytes) -> int:
    """An upper bound of a JSON text's members: each follows a comma or opens an object or list."""
    return text.count(b",") + text.count(b"{") + text.count(b"[")


def parse_json(raw: bytes, *, max_bytes: int, max_depth: int, max_members: int = MAX_JSON_MEMBERS) -> Json:
    """Parse I-JSON from a stranger. Floats and null are allowed, because documents of other software hold them."""
    if len(raw) > max_bytes:
        raise TextRule.TEXT_TOO_LONG.error(most=max_bytes)
    _check_text(raw, max_members=max_members)
    try:
        value = _DECODER.decode(raw)
    except RecursionError as error:
        raise TextRule.TEXT_TOO_DEEP.error(most=max_depth) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise TextRule.NOT_JSON.error() from error
    if not _is_tame(raw, max_depth=max_depth, max_members=max_members):
        _check_document(value, max_depth=max_depth, max_members=max_members)
    # Of two equal names the decoder keeps only the last. Then something is lost, so what it kept can't
    # encode to the same text again. Records travel canonically; only foreign documents are read twice.
    if _ENCODER.encode(value) != raw:
        _refuse_duplicates(raw)
    return value


def _check_text(raw: bytes, *, max_members: int) -> None:
    """Refuse, by counting, a text that would cost the decoder much time or memory."""
    if most_members(raw) <= _FEW_MEMBERS:
        return
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Every quotation mark that is left begins or ends a string, and a member has at most two strings.
    many = plain.count(b'"') > 4 * max_members + 2
    # Each string is replaced by one character, so that a list of one string doesn't look empty.
    bare = b"" if many else b"$".join(plain.split(b'"')[::2]).translate(None, _WHITE_SPACE)
    if many or most_members(bare) - bare.count(b"[]") - bare.count(b"{}") > max_members:
        raise TextRule.TOO_MANY_MEMBERS.error(most=max_members)
    if _FAR_EXPONENT.search(bare):
        raise TextRule.LONG_EXPONENT.error()


def _is_tame(raw: bytes, *, max_depth: int, max_members: int) -> bool:
    """Whether a text has too little of everything to break a rule, wherever in it that stands: most texts are short."""
    opened = raw.count(b"{") + raw.count(b"[")
    if opened > max_depth or raw.count(b",") + opened > max_members or b"\\u0000" in raw:
        return False
    return _LONG_NUMBER not in raw.translate(_DIGITS)


def _record_members(level: list[Json]) -> list[Json]:
    """Check every value of one level by its exact type, because a bool is an int; return the next level."""
    below: list[Json] = []
    for value in level:
        kind = type(value)
        if kind is str:
            if "\0" in value or not (value.isascii() or _NOT_IN_RECORDS.search(value) is None):
                raise TextRule.FORBIDDEN_CODE_POINT.error()
        elif kind is int:
            _check_integer(value)
        elif kind is dict:
            _check_names(value)
            below.extend(value.values())
        elif kind is list:
            below.extend(value)
        elif kind is not bool:
            raise TextRule.FOREIGN_KIND.error(kind=kind.__name__)
    return below


def _check_integer(value: int) -> None:
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise TextRule.LARGE_INTEGER.error()


def _check_names(members: JsonObject) -> None:
    try:
        names = "".join(members)
    except TypeError as error:
        raise TextRule.NAME_NOT_TEXT.error() from error
    if not names.isascii() or "\0" in names:
        raise TextRule.FOREIGN_NAME.error()


def _check_document(value: Json, *, max_depth: int, max_members: int) -> None:
    level = [value]
    depth = -1
    members = -1  # the document itself isn't a member
    while level:
        depth += 1
        members += len(level)
        if depth > max_depth:
            raise TextRule.TEXT_TOO_DEEP.error(most=max_depth)
        if members > max_members:
            raise TextRule.TOO_MANY_MEMBERS.error(most=max_members)
        level = _document_members(level)


def _document_members(level: list[Json]) -> list[Json]:
    below: list[Json] = []
    for value in level:
        kind = type(value)
        if kind is str:
            _check_no_nul(value)
        elif kind is int:
            _check_integer(value)
        elif kind is dict:
            _check_no_nul("".join(value))
            below.extend(value.values())
        elif kind is list:
            below.extend(value)
    return below


def _check_no_nul(text: str) -> None:
    # PostgreSQL's text can't hold a NUL, and C code may take it for the end.
    if "\0" in text:
        raise TextRule.NUL_IN_STRING.error()


def _refuse_duplicates(raw: bytes) -> None:
    try:
        json.loads(raw, object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        # Only a value that a second, equal name overwrote was never measured, so this text has such a name.
        raise TextRule.NAME_TWICE.error() from error


def _distinct(pairs: list[tuple[str, Json]]) -> None:
    """Refuse a name that stands twice. Returns an empty object, because only the names matter here."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise TextRule.NAME_TWICE.error()
