"""The JSON-LD contexts that go out: only those that readers bundle are named by URL, every other term is inline."""

from typing import Any, Final

from protocol.canonical import JsonObject

AS2: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
PUBLIC: Final = f"{AS2}#Public"

# Our only own term (protocol §5.1).
RECORD_TERM: Final[JsonObject] = {"record": {"@id": "urn:althing:v1#record", "@type": "@json"}}

# Marks a Follow with which a pod asks for the records themselves; a name that is a URL needs no context.
READS: Final = "urn:althing:v1#reads"

# In a Move: the personal group of whoever moved, so that a pod can ask that group's chain instead of believing.
WHOSE: Final = "urn:althing:v1#group"

# Terms that neither of the two has. `schema` must be the http form: Mastodon's mapping is wrong but required.
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
    **RECORD_TERM,
}

# An array, because proofs repeat the context and must find it at the start of the document's (FEP-8b32).
CONTEXT: Final[list[Any]] = [AS2, SECURITY, TERMS]
