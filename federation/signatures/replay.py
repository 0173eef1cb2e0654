"""A signature is accepted once while it is valid, by all processes together, and also after a restart.

Only verified signatures are remembered, so nobody can fill the memory with false ones. Two GETs of one second are the
same request with the same signature unless a nonce tells them apart, so requests for what isn't public are signed with
one (ADR 0025).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

from federation.signatures.request import VerifiedSignature


class Replays(Protocol):
    """Remembers signatures until they expire."""

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Remember a verified signature; refuse one that was remembered before. `now` in ms."""


def replay_mark(signature: VerifiedSignature) -> bytes:
    """A digest of a signature and its key, which is what is remembered."""
    return blake2b(signature.signature, digest_size=16, key=signature.key_id.encode()[:64]).digest()
