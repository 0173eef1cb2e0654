"""Signatures that were accepted, remembered by a test and not by a pod."""

from __future__ import annotations

from federation.rules.signatures import SignatureRule
from federation.signatures import VerifiedSignature, replay_mark


class SeenOnce:
    """Admits each signature once."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Refuse one that came before."""
        del now
        if (mark := replay_mark(signature)) in self._seen:
            raise SignatureRule.USED_BEFORE.error()
        self._seen.add(mark)
