"""Who signed a record: every one of its W3C Data Integrity proofs (FEP-8b32) holds, or it is refused.

Rules of this file (protocol §1.4):

1. A record's proof has exactly `type, cryptosuite, verificationMethod, proofPurpose, proofValue`, and is made
   by a did:key.
2. `proof` is one such object, or a list sorted by `verificationMethod` without repeats.
3. Signed are sha256(canonical proof without its value) ‖ sha256(canonical record without `proof`). The second
   half is the digest inside the record's id: who knows the id needs no second hash.
4. The same record with other lists merges by union. For one key with two proofs the lower `proofValue` stays,
   so that the order of merging never shows.

Documents of other software carry the same proofs with `@context`, `created` and keys named by URLs; the last
part of this file serves them. Keys that sign records never sign documents, nor the reverse.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import base58
import msgspec

from protocol.bases import from_base_58
from protocol.canonical import Json, JsonObject, bytes_of_checked, canonical_bytes, canonical_document
from protocol.errors import MalformedError
from protocol.keys import DID_PREFIX, DidKey, PrivateKey, parse_did, verify
from protocol.limits import MAX_LOADED_KEYS, MAX_PROOFS
from protocol.rules.proofs import ProofRule

EDDSA_JCS_2022: Final = "eddsa-jcs-2022"
_TYPE: Final = "DataIntegrityProof"
_PURPOSE: Final = "assertionMethod"
_MEMBERS: Final = frozenset({"type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"})
_PROOF_VALUE: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{64,88}", re.ASCII)  # base58btc of 64 bytes


class Suite(msgspec.Struct, frozen=True):
    """One cryptosuite: how it signs and checks 64 bytes of hashes."""

    sign: Callable[[PrivateKey, bytes], bytes]
    verify: Callable[[DidKey, bytes, bytes], bool]


# Later rules may add suites; `rules: 1` knows exactly these.
SUITES: Final[Mapping[str, Suite]] = MappingProxyType(
    {EDDSA_JCS_2022: Suite(sign=PrivateKey.sign, verify=verify)},
)


def sign(unsigned: JsonObject, *keys: PrivateKey, as_list: bool = False) -> JsonObject:
    """The record with the proofs of `keys`: an object for one key (unless `as_list`), a list for several."""
    if "proof" in unsigned or not keys:
        raise ValueError("Sign a record without proof, with at least one key; use add_proof to co-sign.")
    digest = sha256(canonical_bytes(unsigned)).digest()
    proofs = merge_proofs(*(_proof_by(key, digest) for key in keys))
    return {**unsigned, "proof": proofs if as_list or len(proofs) > 1 else proofs[0]}


def add_proof(record: JsonObject, key: PrivateKey) -> JsonObject:
    """The record signed by one more key; its proof becomes a list."""
    return {**record, "proof": merge_proofs(record.get("proof", []), _proof_by(key, _digest(record)))}


def signers(record: JsonObject) -> tuple[DidKey, ...]:
    """All keys that signed, in the order of the proofs; checks every proof."""
    return signers_of_digest(_digest(record), record.get("proof"))


def signers_of(canonical_without_proof: bytes, proof: Json) -> tuple[DidKey, ...]:
    """As `signers`, if the caller has the canonical bytes already."""
    return signers_of_digest(sha256(canonical_without_proof).digest(), proof)


def signers_of_digest(digest: bytes, proof: Json) -> tuple[DidKey, ...]:
    """As `signers`, if the caller has computed the digest of the record's id already."""
    proofs = _listed(proof)
    keys = _keys_in_order(proofs)
    for key, one in zip(keys, proofs, strict=True):
        suite = SUITES[one["cryptosuite"]]
        if not suite.verify(key, _config_hash(key, one["cryptosuite"]) + digest, _signature(one["proofValue"])):
            raise ProofRule.RECORD_SIGNATURE.error(key=key)
    return keys


def proof_keys(record: JsonObject) -> tuple[DidKey, ...]:
    """The keys that the proofs name, without any check; only for records of our own store."""
    return tuple(DidKey(proof["verificationMethod"].partition("#")[0]) for proof in _listed(record.get("proof")))


class _OneProof(msgspec.Struct):
    verificationMethod: str  # noqa: N815  (the word of the standard)


class _Proven(msgspec.Struct):
    proof: _OneProof | list[_OneProof] = msgspec.field(default_factory=list)


def signers_of_wire(wire: bytes) -> tuple[DidKey, ...]:
    """As `proof_keys`, from the text of a stored record; empty for an erased one, which has no proof."""
    proof = _PROVEN.decode(wire).proof
    proofs = [proof] if isinstance(proof, _OneProof) else proof
    return tuple(DidKey(one.verificationMethod.partition("#")[0]) for one in proofs)


_PROVEN: Final = msgspec.json.Decoder(_Proven)


def merge_proofs(*proofs: Json) -> list[JsonObject]:
    """The union of several `proof` members of one record, sorted; the same list in any order of merging.

    All proofs must be verified before: a false proof with a low value could replace a good one of the same key.
    """
    merged: dict[str, JsonObject] = {}
    for proof in (one for member in proofs for one in _listed(member)):
        known = merged.get(proof["verificationMethod"])
        if known is None or proof["proofValue"] < known["proofValue"]:
            merged[proof["verificationMethod"]] = proof
    return [merged[method] for method in sorted(merged)]


def _listed(proof: Json) -> list[Json]:
    return proof if type(proof) is list else [proof]


def _digest(record: JsonObject) -> bytes:
    return sha256(canonical_bytes({name: value for name, value in record.items() if name != "proof"})).digest()


def _keys_in_order(proofs: list[Json]) -> tuple[DidKey, ...]:
    """The keys of well-formed proofs. They must strictly rise, so that no key counts twice and a set has one form."""
    if not 0 < len(proofs) <= MAX_PROOFS:
        raise ProofRule.PROOF_COUNT.error(most=MAX_PROOFS)
    keys = tuple(_check_form(proof) for proof in proofs)
    if any(former >= latter for former, latter in pairwise(keys)):
        raise ProofRule.PROOF_ORDER.error()
    return keys


def _check_form(proof: Json) -> DidKey:
    if type(proof) is not dict or proof.keys() != _MEMBERS:
        raise ProofRule.PROOF_MEMBERS.error(members=", ".join(sorted(_MEMBERS)))
    if proof["type"] != _TYPE or proof["proofPurpose"] != _PURPOSE:
        raise ProofRule.PROOF_PURPOSE.error(type=_TYPE, purpose=_PURPOSE)
    if type(proof["cryptosuite"]) is not str or proof["cryptosuite"] not in SUITES:
        raise ProofRule.FOREIGN_SUITE.error(suites=", ".join(SUITES))
    return _key_of_method(proof["verificationMethod"])


def _key_of_method(method: Json) -> DidKey:
    if type(method) is not str:
        raise ProofRule.SIGNER_NOT_A_DID.error()
    return _key_named(method)


@lru_cache(maxsize=MAX_LOADED_KEYS)
def _key_named(method: str) -> DidKey:
    """The key of a method that names it as all pods do; such names are short, and others aren't kept in memory."""
    try:
        key = parse_did(method.partition("#")[0])
    except MalformedError as error:
        raise ProofRule.SIGNER_NOT_A_DID.error() from error
    if method != _method_of(key):
        raise ProofRule.FOREIGN_METHOD.error()
    return key


def _signature(value: Json) -> bytes:
    if type(value) is not str or not _PROOF_VALUE.fullmatch(value):
        raise ProofRule.NOT_A_PROOF_VALUE.error()
    digits = value[1:]
    number = from_base_58(digits)
    zeros = len(digits) - len(digits.lstrip("1"))  # each leading 1 is a zero byte
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _proof_by(key: PrivateKey, digest: bytes) -> JsonObject:
    signature = SUITES[EDDSA_JCS_2022].sign(key, _config_hash(key.did, EDDSA_JCS_2022) + digest)
    return {**_config(key.did, EDDSA_JCS_2022), "proofValue": _written(signature)}


def _written(signature: bytes) -> str:
    return f"z{base58.b58encode(signature).decode('ascii')}"


def _method_of(key: DidKey) -> str:
    return f"{key}#{key.removeprefix(DID_PREFIX)}"


def _config(key: DidKey, suite: str) -> JsonObject:
    method = _method_of(key)
    return {"type": _TYPE, "cryptosuite": suite, "verificationMethod": method, "proofPurpose": _PURPOSE}


@lru_cache(maxsize=MAX_LOADED_KEYS)
def _config_hash(key: DidKey, suite: str) -> bytes:
    """The hash of a proof's options, which is the same for all proofs of a key and suite; kept in memory."""
    return sha256(bytes_of_checked(_config(key, suite))).digest()


def sign_document(document: JsonObject, key: PrivateKey, *, method: str, created: str) -> JsonObject:
    """A document with its proof; `method` is the key's URL (or did), `created` an RFC 3339 time."""
    config = {
        "type": _TYPE,
        "cryptosuite": EDDSA_JCS_2022,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in document:
        config["@context"] = document["@context"]
    signature = key.sign(_document_message({**document, "proof": config}))
    return {**document, "proof": {**config, "proofValue": _written(signature)}}


def check_document(document: JsonObject, key: DidKey) -> None:
    """Refuse a document that `key` didn't sign. The caller knows the key's owner and since when it is valid."""
    proof = document.get("proof")
    if type(proof) is not dict or proof.get("type") != _TYPE or proof.get("proofPurpose") != _PURPOSE:
        raise ProofRule.DOCUMENT_PROOF.error(type=_TYPE, purpose=_PURPOSE)
    if proof.get("cryptosuite") != EDDSA_JCS_2022:
        raise ProofRule.FOREIGN_DOCUMENT_SUITE.error(suite=EDDSA_JCS_2022)
    # With another context the same words could mean something else.
    if "@context" in proof and proof["@context"] != document.get("@context"):
        raise ProofRule.PROOF_CONTEXT.error()
    if not verify(key, _document_message(document), _signature(proof.get("proofValue"))):
        raise ProofRule.DOCUMENT_SIGNATURE.error(key=key)


def _document_message(document: JsonObject) -> bytes:
    config = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    content = {name: value for name, value in document.items() if name != "proof"}
    return sha256(canonical_document(config)).digest() + sha256(canonical_document(content)).digest()
