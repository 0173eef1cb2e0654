"""JSON-LD without the web: our documents carry one context, and no context is ever fetched.

Incoming documents are read as plain JSON (documents.py) and never come here. This file holds the context that
goes out, and expands our own documents offline, so that a graph reader understands each of their terms.
Importing it takes the network away from pyld for the whole process: its default loader would fetch any URL
that a stranger names.

Only contexts that pyld bundles are named by URL; every other term is declared inline.
"""

from typing import Any, Final

from pyld import FrozenDocumentLoader, jsonld

from protocol.canonical import JsonObject

AS2: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
PUBLIC: Final = f"{AS2}#Public"

# What stands in neither of the two. `schema` must be the http form: Mastodon's mapping is wrong but required.
TERMS: Final[JsonObject] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "lemmy": "https://join-lemmy.org/ns#",
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "Emoji": "toot:Emoji",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "votersCount": "toot:votersCount",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "stickied": "lemmy:stickied",
    "removeData": "lemmy:removeData",
    "assertionMethod": {"@id": "sec:assertionMethod", "@type": "@id", "@container": "@set"},
    "controller": {"@id": "sec:controller", "@type": "@id"},
    "Multikey": "sec:Multikey",
    "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
    "DataIntegrityProof": "sec:DataIntegrityProof",
    "cryptosuite": {"@id": "sec:cryptosuite", "@type": "sec:cryptosuiteString"},
    "proof": {"@id": "sec:proof", "@type": "@id", "@container": "@graph"},
    "proofPurpose": {"@id": "sec:proofPurpose", "@type": "@vocab"},
    "proofValue": {"@id": "sec:proofValue", "@type": "sec:multibase"},
    "verificationMethod": {"@id": "sec:verificationMethod", "@type": "@id"},
    "implements": {"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"},
    "record": {"@id": "urn:althing:v1#record", "@type": "@json"},
}

# An array, because proofs repeat the context and must find it at the start of the document's (FEP-8b32).
CONTEXT: Final[list[Any]] = [AS2, SECURITY, TERMS]

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
