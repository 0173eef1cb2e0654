"""A box that only somebody with the 24 words opens: what a copy of an account may hold and its holder may not read.

Rules of this file (portability §4):

1. The key is X25519; its private half is HKDF-SHA256(ikm = the recovery seed, no salt, info = `althing/1/box/0`,
   32 bytes). A pod keeps the public half alone.
2. A box is HPKE (RFC 9180) in base mode, X25519-HKDF-SHA256, HKDF-SHA256, ChaCha20-Poly1305, with
   info = `althing/1/box/` and the personal group's id, and no aad: enc ‖ ciphertext.
3. Inside is a JCS object of 1 MiB at most: {type, rules, group, actor, values}, and `rsa`, the actor's private key in
   PEM, unless its person wished otherwise.
4. Anybody can make a box for a public key. So nothing in it counts by itself: values must open what their author
   sealed, and the key must be the other half of the actor's public one.
5. In a copy a box stands in parts, `box/0000`, `box/0001`, …, because a line is bounded.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from protocol.canonical import canonical_bytes, parse_json
from protocol.copies import CopyLine, line
from protocol.derivation import pairwise_seed
from protocol.errors import RefusedError
from protocol.ids import RecordId, parse_id
from protocol.limits import MAX_BOX_BYTES, MAX_ITEM_DEPTH, MAX_ITEM_MEMBERS
from protocol.rules.boxes import BoxRule

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
OVERHEAD: Final = 32 + 16  # the ephemeral public key, and the tag
_KIND: Final = "box"
_FORM: Final = "Box"
_PART_BYTES: Final = 384 * 1024  # as base64, with its key, it fits a line
_NUMBER: Final = "0"  # of the box's key; another one would be another key


class BoxedValue(msgspec.Struct, frozen=True):
    """What a sealed record commits to, and where: `salt` is empty for a keeper's share in a lot."""

    sealed: str
    group: str
    poll: str
    kind: str
    round: int
    number: int
    salt: str
    value: Any


class BoxContent(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a box holds. `actor`: the id of the person's actor; `rsa`: its private key in PEM, or empty."""

    group: str
    actor: str
    values: tuple[BoxedValue, ...] = ()
    rsa: str = ""

    def __repr__(self) -> str:
        return "BoxContent()"


class _Written(BoxContent, frozen=True, omit_defaults=True):
    type: str = ""
    rules: int = 0


def box_public(recovery_seed: bytes) -> bytes:
    """The public half of a box's key, which a pod keeps."""
    return _private(recovery_seed).public_key().public_bytes_raw()


def public_key(raw: bytes) -> X25519PublicKey:
    """The key of these 32 bytes; raises MalformedError."""
    try:
        return X25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise BoxRule.NO_PUBLIC_KEY.error() from error


def info_of(group: RecordId) -> bytes:
    """What a box is bound to."""
    return f"althing/1/box/{group}".encode()


def box_bytes(content: BoxContent) -> bytes:
    """What is sealed up."""
    plain = msgspec.json.decode(msgspec.json.encode(content))
    return canonical_bytes({"type": _FORM, "rules": 1, **plain}, max_depth=MAX_ITEM_DEPTH)


def open_box(sealed: bytes, recovery_seed: bytes, group: RecordId) -> BoxContent:
    """What a box of this personal group holds; raises BadProofError or MalformedError."""
    if not OVERHEAD < len(sealed) <= MAX_BOX_BYTES + OVERHEAD:
        raise BoxRule.BOX_NOT_OPENED.error()
    try:
        raw = SUITE.decrypt(sealed, _private(recovery_seed), info=info_of(group))
    except (InvalidTag, ValueError) as error:
        raise BoxRule.BOX_NOT_OPENED.error() from error
    return _parsed(raw, group)


def box_lines(sealed: bytes) -> list[CopyLine]:
    """A box as lines of a copy's class."""
    parts = [sealed[start : start + _PART_BYTES] for start in range(0, len(sealed), _PART_BYTES)]
    return [
        line(f"{_KIND}/{place:04d}", _KIND, part=place, parts=len(parts), sealed=b64encode(part).decode("ascii"))
        for place, part in enumerate(parts)
    ]


def box_of(lines: Sequence[CopyLine]) -> bytes | None:
    """The box that lines of a copy hold; None if they hold none. Raises MalformedError."""
    own = [told for told in (msgspec.json.decode(one.text) for one in lines) if told.get("kind") == _KIND]
    try:
        if [(told["part"], told["parts"]) for told in own] != [(place, len(own)) for place in range(len(own))]:
            raise BoxRule.NO_PARTS.error()
        whole = b"".join(b64decode(told["sealed"], validate=True) for told in own)
    except (KeyError, TypeError, ValueError) as error:
        raise BoxRule.NO_PARTS.error() from error
    return whole or None


def _private(recovery_seed: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(pairwise_seed(recovery_seed, "box", _NUMBER))


def _parsed(raw: bytes, group: RecordId) -> BoxContent:
    try:
        told = msgspec.convert(
            parse_json(raw, max_bytes=MAX_BOX_BYTES, max_depth=MAX_ITEM_DEPTH, max_members=MAX_ITEM_MEMBERS), _Written
        )
        for value in told.values:
            for name in (value.sealed, value.group, value.poll):
                parse_id(name)
    except (msgspec.ValidationError, RefusedError) as error:
        raise BoxRule.NO_BOX.error() from error
    if (told.type, told.rules, told.group) != (_FORM, 1, group):
        raise BoxRule.NO_BOX.error()
    return BoxContent(told.group, told.actor, told.values, told.rsa)
