"""JSON-LD without the web: our documents expand without any context being fetched.

The pod reads documents as plain JSON and never expands one (ADR 0039). Here our own are expanded offline, so that a
graph reader understands each of their terms. Importing this takes the network away from pyld for the whole process:
its default loader would fetch any URL that a document names.
"""

from typing import Any, Final

from pyld import FrozenDocumentLoader, jsonld

from protocol.canonical import JsonObject

_LOADER: Final = FrozenDocumentLoader()
jsonld.set_document_loader(_LOADER)


def expand(document: JsonObject) -> list[JsonObject]:
    """The graph form of one of our own documents; a context that isn't bundled raises pyld's JsonLdError."""
    if not isinstance(document, dict):
        # For pyld a string is a URL to fetch.
        raise TypeError("Only JSON objects are expanded.")
    expanded: list[JsonObject] = jsonld.expand(document, {"documentLoader": _LOADER})
    return expanded


def undefined_terms(document: JsonObject) -> frozenset[str]:
    """Members and types of one of our documents that its context doesn't define."""
    unread: list[Any] = list(expand(document))
    undefined: set[str] = set()
    while unread:
        value = unread.pop()
        if isinstance(value, list):
            unread.extend(value)
        elif isinstance(value, dict) and value.get("@type") != "@json":
            names = [*value, *_types_of(value)]
            undefined.update(name for name in names if not name.startswith("@") and not _is_iri(name))
            unread.extend(value.values())
    return frozenset(undefined)


def _is_iri(name: str) -> bool:
    """ActivityStreams expands a term that it doesn't know to a blank one, `_:term`."""
    return ":" in name and not name.startswith("_:")


def _types_of(node: JsonObject) -> list[str]:
    types = node.get("@type", [])
    return types if isinstance(types, list) else [types]
