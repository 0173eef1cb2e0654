"""A value stays hidden until its phase ends, and nobody can change it afterwards: its author committed to it before.

Rules of this file (decisions §1, "Hidden until a phase ends"):

1. commitment = hex sha256(JCS {author, kind, poll, salt, value}). The author's number and the poll are inside, so
   nobody can copy a commitment of somebody else's and open it as their own.
2. salt = HKDF-SHA256(ikm = the 32 bytes of the pairwise key that signs, no salt, info = the ASCII text
   `sealed` + poll id + counter in decimal digits, 32 bytes), in hex. A poll's id has a fixed length, so no two
   (poll, counter) give one text.
3. Of an author's sealed values the one with the highest (key, counter, id) in the prefix of the deadline counts.
4. An opening counts if it opens the commitment and is logged before the opening window ends. One that comes before the
   deadline counts as well: whoever wants to tell their value can tell it anywhere, and a pod whose clock runs ahead
   must not cost its member the value. What isn't opened is as if skipped.

Two different values can't open one commitment, so of several openings any one may be taken.
All values of one call belong to one poll and have one kind.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.canonical import Json, canonical_bytes
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.keys import SEED_BYTES

SALT_BYTES = 32


class SealedValue(msgspec.Struct, frozen=True):
    """A `Sealed` record of a poll; `leaf` is its index in the group's log."""

    id: RecordId
    author: int
    key: int
    counter: int
    kind: str
    poll: RecordId
    commitment: str
    leaf: int


class LoggedOpening(msgspec.Struct, frozen=True):
    """An `Opening` record: the value and the salt behind the sealed value with this id."""

    sealed: RecordId
    value: Json
    salt: str
    leaf: int


def commitment(*, author: int, kind: str, poll: RecordId, salt: str, value: Json) -> str:
    """The commitment to a value; raises for a value that no record may hold."""
    hidden = {"author": author, "kind": kind, "poll": poll, "salt": salt, "value": value}
    return sha256(canonical_bytes(hidden)).hexdigest()


def salt_of(pairwise_seed: bytes, poll: RecordId, counter: int) -> str:
    """The salt of the sealed value with this counter, from the seed of the key that signs it; 64 hex digits."""
    if len(pairwise_seed) != SEED_BYTES:
        raise ValueError(f"A seed has {SEED_BYTES} bytes, not {len(pairwise_seed)}.")
    info = f"sealed{poll}{counter}".encode("ascii")
    return HKDF(SHA256(), SALT_BYTES, salt=None, info=info).derive(pairwise_seed).hex()


def opens(opening: LoggedOpening, sealed: SealedValue) -> bool:
    """Whether the opening tells what this sealed value commits to."""
    if opening.sealed != sealed.id:
        return False
    try:
        told = commitment(
            author=sealed.author, kind=sealed.kind, poll=sealed.poll, salt=opening.salt, value=opening.value
        )
    except RefusedError:
        return False  # no record may hold such a value, so nobody committed to it
    return told == sealed.commitment


def standing_values(sealed: Iterable[SealedValue], log_size: int) -> dict[int, SealedValue]:
    """Of each author the value that counts; `log_size` is that of the item at which the deadline fell."""
    standing: dict[int, SealedValue] = {}
    for value in sealed:
        before = standing.get(value.author)
        if value.leaf < log_size and (before is None or _rank(before) < _rank(value)):
            standing[value.author] = value
    return standing


def opened_values(
    standing: Mapping[int, SealedValue], openings: Iterable[LoggedOpening], log_size: int
) -> dict[int, Json]:
    """What the authors of `standing` values said, without who skipped; `log_size` where the opening window ended."""
    author_of = {value.id: author for author, value in standing.items()}
    values: dict[int, Json] = {}
    for opening in openings:
        author = author_of.get(opening.sealed)
        if author is not None and opening.leaf < log_size and opens(opening, standing[author]):
            values[author] = opening.value
    return values


def _rank(value: SealedValue) -> tuple[int, int, RecordId]:
    return (value.key, value.counter, value.id)
