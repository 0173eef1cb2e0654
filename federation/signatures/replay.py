"""A signature is accepted once while it lives; the memory for that is bounded and ends by itself.

Only verified signatures are remembered, so nobody can fill the cache with inventions. When it is full, the
signature that expires first is forgotten early. Two GETs of one second are the same request with the same signature
unless a nonce tells them apart, so who reads what isn't for everybody signs with one (ADR 0025).
"""

from hashlib import blake2b
from heapq import heappop, heappush
from typing import Final

from federation.rules.signatures import SignatureRule
from federation.signatures.request import VerifiedSignature

MAX_REMEMBERED: Final = 200_000  # an hour at 55 deliveries a second; about 30 MB


class ReplayCache:
    """Signatures seen within their life."""

    def __init__(self, max_entries: int = MAX_REMEMBERED) -> None:
        self._max_entries = max_entries
        self._seen: set[bytes] = set()
        self._by_end: list[tuple[int, bytes]] = []

    def __len__(self) -> int:
        return len(self._seen)

    def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Remember a verified signature until it expires; refuse one that is remembered (milliseconds)."""
        self._forget(now)
        mark = blake2b(signature.signature, digest_size=16, key=signature.key_id.encode()[:64]).digest()
        if mark in self._seen:
            raise SignatureRule.USED_BEFORE.error()
        self._seen.add(mark)
        heappush(self._by_end, (signature.until, mark))

    def _forget(self, now: int) -> None:
        while self._by_end and (self._by_end[0][0] < now or len(self._seen) >= self._max_entries):
            self._seen.discard(heappop(self._by_end)[1])
