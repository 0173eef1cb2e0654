"""A record's id is the hash of its canonical bytes, so everybody who has the record can check its id.

CIDv1, codec `json` (0x0200), sha2-256, base32 lower case without padding (protocol §1.3). The five header
bytes fill exactly eight letters, so every id begins with the same prefix and the rest is the digest alone.
"""

import re
from hashlib import sha256
from typing import Final, NewType

from protocol.bases import to_base_32
from protocol.rules.texts import TextRule

RecordId = NewType("RecordId", str)

DIGEST_BYTES: Final = 32
_PREFIX: Final = "bagaaiera"  # multibase "b", then 0x01 0x80 0x04 (version, codec) and 0x12 0x20 (sha2-256, 32 bytes)
# 256 bits are 51 letters and one bit, so the last letter must be "a" or "q"; others would be second spellings.
_FORM: Final = re.compile(rf"{_PREFIX}[a-z2-7]{{51}}[aq]", re.ASCII)
_TO_BASE_32_DIGITS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghijklmnopqrstuv")
_SPARE_BITS: Final = 4
_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz234567".ljust(256, b"?")


def record_id(canonical: bytes) -> RecordId:
    """The id of the record with these canonical bytes."""
    return id_from_digest(sha256(canonical).digest())


def id_from_digest(digest: bytes) -> RecordId:
    """The id as text, from its 32 bytes in the database."""
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"A digest has {DIGEST_BYTES} bytes, not {len(digest)}.")
    number = int.from_bytes(digest, "big") << _SPARE_BITS
    return RecordId(_PREFIX + to_base_32(number, _LETTERS))


def digest_of(identifier: RecordId) -> bytes:
    """The id's 32 bytes in the database, from an id that `parse_id` has accepted."""
    digits = identifier[len(_PREFIX) :].translate(_TO_BASE_32_DIGITS)
    return (int(digits, 32) >> _SPARE_BITS).to_bytes(DIGEST_BYTES, "big")


def parse_id(value: object) -> RecordId:
    """Accept the one text form of an id, and nothing else."""
    if type(value) is str and _FORM.fullmatch(value):
        return RecordId(value)
    raise TextRule.NOT_AN_ID.error()
