"""Documents of other software are read as plain JSON; what JSON-LD would read differently is refused.

Federation §2.30: contexts are never fetched and terms mean what ActivityStreams says. The danger left is a
document that means one thing as JSON and another as a graph: keywords that rearrange, and two spellings of
one member side by side.
"""

from typing import Any, Final

from federation.rules.documents import DocumentRule
from protocol.canonical import Json, JsonObject, parse_json
from protocol.errors import RefusedError
from protocol.limits import MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH

_REARRANGING: Final = frozenset({"@graph", "@included", "@reverse"})


def read_json(raw: bytes) -> Json:
    """Read strict JSON from another server, within the limits of documents."""
    try:
        return parse_json(raw, max_bytes=MAX_DOCUMENT_BYTES, max_depth=MAX_DOCUMENT_DEPTH)
    except RefusedError as error:
        raise DocumentRule.UNREADABLE.error(why=str(error)) from error


def read_document(raw: bytes) -> JsonObject:
    """Read an ActivityPub document: one JSON object without ambiguous members."""
    content = read_json(raw)
    if not isinstance(content, dict):
        raise DocumentRule.NO_JSON_OBJECT.error()
    # No member but the context has a name that begins with an at sign, nor is one hidden by an escape.
    if b"\\u" in raw or raw.count(b"@") != raw.count(b'"@context"'):
        check_unambiguous(content)
    return content


def check_unambiguous(document: JsonObject) -> None:
    """Refuse members that read differently as JSON-LD, at any depth."""
    unread: list[Any] = [document]
    while unread:
        value = unread.pop()
        if isinstance(value, list):
            unread.extend(value)
        elif isinstance(value, dict):
            _check_members(value)
            unread.extend(value.values())


def _check_members(members: JsonObject) -> None:
    if not _REARRANGING.isdisjoint(members):
        raise DocumentRule.REARRANGED.error()
    if ("@id" in members and "id" in members) or ("@type" in members and "type" in members):
        raise DocumentRule.TWO_IDS.error()
