"""Keys of other servers are read strictly, and the key alone decides with which algorithm it verifies.

Rules of this file (federation §2.2, §2.21, §2.23):

1. RSA has 2048 to 8192 bits and an odd exponent of 3 to 2^32; it verifies PKCS#1 v1.5 with SHA-256 only.
2. Ed25519 is checked as everywhere in this project (protocol/keys.py). Every other kind is refused.
3. A key inside an actor counts when its id is the asked one and its owner is that actor.
4. A key in a document of its own counts when that document names the asked id, and its owner names the key.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import base58
import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from federation.addresses import folded, same_origin
from federation.errors import UnsafeAddressError
from federation.rules.keys import KeyRule
from protocol.canonical import JsonObject
from protocol.errors import MalformedError
from protocol.keys import DID_PREFIX, DidKey, PrivateKey, did_of, parse_did
from protocol.keys import verify as verify_ed25519

KeyKind = Literal["rsa", "ed25519"]

MIN_RSA_BITS: Final = 2048  # a shorter key can be broken
MAX_RSA_BITS: Final = 8192  # a longer one would let strangers make verification expensive
MIN_RSA_EXPONENT: Final = 3
MAX_RSA_EXPONENT: Final = 2**32
MAX_KEY_TEXT_LENGTH: Final = 4096  # RSA-8192 has about 1,500 characters

_PEM: Final = re.compile(
    r"\s*-----BEGIN (?:RSA )?PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END (?:RSA )?PUBLIC KEY-----\s*"
)
_BASE58: Final = re.compile(r"z[1-9A-HJ-NP-Za-km-z]+")
_ED25519_CODEC: Final = b"\xed\x01"
_RSA_CODEC: Final = b"\x85\x24"
_PADDING: Final = PKCS1v15()
_SHA256: Final = hashes.SHA256()


class VerificationKey(msgspec.Struct, frozen=True):
    """A public key: `text` as its owner wrote it (PEM or multibase), `public` is it loaded."""

    key_id: str
    owner: str
    text: str
    public: RSAPublicKey | DidKey

    @property
    def kind(self) -> KeyKind:
        return "rsa" if isinstance(self.public, RSAPublicKey) else "ed25519"


class SigningKey(msgspec.Struct, frozen=True):
    """One of our keys, with the id by which others find it; `sign` makes the raw signature."""

    key_id: str
    kind: KeyKind
    sign: Callable[[bytes], bytes]


def load_key(key_id: str, owner: str, text: str) -> VerificationKey:
    """Load a key from PEM (also with spaces instead of line ends) or multibase."""
    if len(text) > MAX_KEY_TEXT_LENGTH:
        raise KeyRule.KEY_TOO_LONG.error()
    public = _load_multibase(text) if text.startswith("z") else _load_der(_der_of_pem(text))
    return VerificationKey(key_id, owner, text, public)


def verify_with(key: VerificationKey, message: bytes, signature: bytes) -> bool:
    """Whether this key signed exactly this message."""
    if not isinstance(key.public, RSAPublicKey):
        return verify_ed25519(key.public, message, signature)
    try:
        key.public.verify(signature, message, _PADDING, _SHA256)
    except InvalidSignature:
        return False
    return True


def find_actor_key(actor: JsonObject, key_id: str) -> VerificationKey:
    """The key of this id in an actor document that was fetched from its own id (rule 3)."""
    owner = actor.get("id")
    for candidate in _candidates(actor):
        if isinstance(candidate, dict) and isinstance(owner, str) and _is_same(candidate.get("id"), key_id):
            if not _is_same(_owner_of(candidate), owner):
                raise KeyRule.OTHER_OWNER.error()
            return load_key(key_id, owner, _text_of(candidate))
    raise KeyRule.ACTOR_LISTS_NOT.error()


def owner_in_key_document(document: JsonObject, key_id: str) -> str:
    """The owner that a key's own document names, which must be on the same server (rule 4)."""
    owner = _owner_of(document)
    if not _is_same(document.get("id"), key_id):
        raise KeyRule.ABOUT_ANOTHER_KEY.error()
    if not isinstance(owner, str) or not same_origin(owner, key_id):
        raise KeyRule.NO_OWNER.error()
    return owner


def find_document_key(document: JsonObject, actor: JsonObject, key_id: str) -> VerificationKey:
    """The key in a document of its own, if the document of its owner names it, too (rule 4)."""
    owner = owner_in_key_document(document, key_id)
    if not _is_same(actor.get("id"), owner):
        raise KeyRule.ABOUT_SOMEBODY_ELSE.error()
    for candidate in _candidates(actor):
        named = candidate.get("id") if isinstance(candidate, dict) else candidate
        if _is_same(named, key_id):
            return load_key(key_id, owner, _text_of(document))
    raise KeyRule.OWNER_LISTS_NOT.error()


def rsa_signing_key(key_id: str, private_pem: bytes) -> SigningKey:
    """Load one of our RSA keys.

    The numbers in the key aren't checked again, which would take 50 ms: this pod made the key, and the encryption
    proves that it is unchanged.
    """
    private = load_pem_private_key(private_pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError(f"{key_id} isn't an RSA key.")
    return SigningKey(key_id, "rsa", lambda message: private.sign(message, _PADDING, _SHA256))


def ed25519_signing_key(key_id: str, private: PrivateKey) -> SigningKey:
    return SigningKey(key_id, "ed25519", private.sign)


def rsa_public_pem(private_pem: bytes) -> str:
    """The `publicKeyPem` of an actor document."""
    public = load_pem_private_key(private_pem, password=None).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _candidates(actor: JsonObject) -> Iterator[Any]:
    for member in ("publicKey", "assertionMethod"):
        listed = actor.get(member)
        yield from listed if isinstance(listed, list) else [listed]


def _owner_of(document: JsonObject) -> object:
    return document.get("owner") or document.get("controller")


def _text_of(document: JsonObject) -> str:
    text = document.get("publicKeyPem") or document.get("publicKeyMultibase")
    if not isinstance(text, str):
        raise KeyRule.NEITHER_PEM_NOR_MULTIBASE.error()
    return text


def _is_same(one: object, other: object) -> bool:
    """Whether two ids differ at most in the case of scheme and host (federation §2.1)."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    try:
        return one == other or folded(one) == folded(other)
    except UnsafeAddressError:
        return False


def _der_of_pem(text: str) -> bytes:
    matched = _PEM.fullmatch(text)
    if matched is None:
        raise KeyRule.NO_PEM.error()
    try:
        return b64decode("".join(matched.group(1).split()), validate=True)
    except (Base64Error, ValueError) as error:
        raise KeyRule.NO_BASE64.error() from error


def _load_multibase(text: str) -> RSAPublicKey | DidKey:
    if not _BASE58.fullmatch(text):
        raise KeyRule.NO_BASE58.error()
    decoded = base58.b58decode(text[1:])
    if decoded.startswith(_ED25519_CODEC):
        return _sound_did(f"{DID_PREFIX}{text}")
    if decoded.startswith(_RSA_CODEC):
        return _load_der(decoded.removeprefix(_RSA_CODEC))
    raise KeyRule.NEITHER_RSA_NOR_ED25519.error()


def _load_der(der: bytes) -> RSAPublicKey | DidKey:
    try:
        public = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRule.UNREADABLE_KEY.error() from error
    if isinstance(public, Ed25519PublicKey):
        return _sound_did(did_of(public.public_bytes_raw()))
    if not isinstance(public, RSAPublicKey):
        raise KeyRule.NEITHER_RSA_NOR_ED25519.error()
    if not MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        raise KeyRule.RSA_BITS.error(least=MIN_RSA_BITS, most=MAX_RSA_BITS)
    exponent = public.public_numbers().e
    if not MIN_RSA_EXPONENT <= exponent <= MAX_RSA_EXPONENT or exponent % 2 == 0:
        raise KeyRule.RSA_EXPONENT.error()
    return public


def _sound_did(did: str) -> DidKey:
    try:
        return parse_did(did)
    except MalformedError as error:
        raise KeyRule.UNSOUND_ED25519.error() from error
