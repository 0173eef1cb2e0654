"""Ed25519 by the letter of RFC 8032, and keys named by did:key: two pods never disagree about a signature.

Rules of this file (protocol §1.4 and §2):

1. A key is `did:key:z6Mk…`: base58btc of the bytes 0xed 0x01 and the 32 bytes of the public key. Nothing
   else.
2. Its y is below p (canonical encoding), and it isn't one of the eight points of small order: under those,
   one signature fits many messages. 32 bytes that are no point at all are a name nobody can sign for; no
   signature of theirs verifies.
3. A signature is 64 bytes with canonical R and S < L. It is checked without cofactor, which is what OpenSSL
   does; a check with cofactor, or in batches, accepts signatures that we refuse.
4. libsodium checks twice as fast as OpenSSL, and alike but for an R of small order, which it refuses: OpenSSL
   answers for those. A build of libsodium that checks with cofactor (as those after 1.0.18 may) isn't used at all;
   what it does with one such signature is tried when this file is imported.
"""

import re
from functools import lru_cache
from typing import Final, NewType

import base58
import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.bases import from_base_58
from protocol.limits import MAX_LOADED_KEYS
from protocol.rules.texts import TextRule

DidKey = NewType("DidKey", str)

SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
DID_PREFIX: Final = "did:key:"
_ED25519_CODEC: Final = b"\xed\x01"
_KEY_BYTES: Final = 32
_KEY_BITS: Final = (1 << 8 * _KEY_BYTES) - 1
_DID: Final = re.compile(r"did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII)

_P: Final = 2**255 - 19  # coordinates count modulo p, multiples of the base point modulo L
_L: Final = 2**252 + 27742317777372353535851937790883648493
_Y_BITS: Final = 2**255 - 1  # the 256th bit is the sign of x
# The y of a point of order 8. With its negative, 0, 1 and -1, these are the y of all eight points of small order.
_Y_OF_ORDER_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


class PrivateKey:
    """A signing key that never shows its seed; it has a public name and can sign."""

    __slots__ = ("_key", "did")

    did: DidKey

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.did = did_of(key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, seed: bytes) -> "PrivateKey":
        """The key of a 32-byte seed (RFC 8032 §5.1.5)."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"A seed has {SEED_BYTES} bytes, not {len(seed)}.")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature; equal messages give equal signatures."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"PrivateKey(did={self.did!r})"


def did_of(public_key: bytes) -> DidKey:
    """The name of a public key of 32 bytes."""
    return DidKey(f"{DID_PREFIX}z{base58.b58encode(_ED25519_CODEC + public_key).decode('ascii')}")


def parse_did(value: object) -> DidKey:
    """Accept a did:key of a sound Ed25519 key."""
    if type(value) is not str or not _DID.fullmatch(value):
        raise TextRule.NOT_A_DID.error()
    _load(value)
    return DidKey(value)


def verify(did: DidKey, message: bytes, signature: bytes) -> bool:
    """Whether `did` signed exactly `message`."""
    if len(signature) != SIGNATURE_BYTES or not _is_canonical(signature):
        return False
    public_key = _load(did)
    if not _SODIUM_HAS_NO_COFACTOR or _y_of(signature) in _SMALL_ORDER:
        return _openssl_verifies(public_key, message, signature)
    return _sodium_verifies(public_key, message, signature)


def _openssl_verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _sodium_verifies(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        nacl.bindings.crypto_sign_open(signature + message, public_key)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


# R = rB + T with T of order 8, S = r + ka: this verifies with cofactor, but not without.
_WITH_COFACTOR: Final = (
    bytes.fromhex("187a258f92a2bcb86d40a6bd0091577e500cd14abdca738f70bcd137089eff3c"),
    b"cofactor",
    bytes.fromhex(
        "25080aa3fa8cb1ab0b1484e47d106959d76c27abe45c14182c063d4305e9f708"
        "753e599501f8ab1a865d7ef275bae38749bbb536dd62c0c9a5e454a0557c310f"
    ),
)
_SODIUM_HAS_NO_COFACTOR: Final = not _sodium_verifies(*_WITH_COFACTOR)


@lru_cache(maxsize=MAX_LOADED_KEYS)
def _load(did: str) -> bytes:
    """The 32 bytes of a key, decoded and checked once; the keys of a busy group stay in memory."""
    number = from_base_58(did.removeprefix(f"{DID_PREFIX}z"))
    if number >> 8 * _KEY_BYTES != int.from_bytes(_ED25519_CODEC, "big"):
        raise TextRule.NOT_ED25519.error()
    public_key = (number & _KEY_BITS).to_bytes(_KEY_BYTES, "big")
    if not _is_sound(public_key):
        raise TextRule.UNSOUND_DID.error()
    return public_key


def _is_canonical(signature: bytes) -> bool:
    """Whether R's y is below p and S below L; otherwise one signature could be rewritten into another valid one.

    Both libraries refuse such signatures, too. But the rule is ours, and must not depend on how a library was built.
    """
    return _y_of(signature) < _P and int.from_bytes(signature[32:], "little") < _L


def _y_of(point: bytes) -> int:
    return int.from_bytes(point[:32], "little") & _Y_BITS


def _is_sound(public_key: bytes) -> bool:
    y = _y_of(public_key)
    return y < _P and y not in _SMALL_ORDER
