"""Signatures that this pod accepted: each once, whichever process it comes to, and also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from federation.rules.signatures import SignatureRule
from federation.signatures import VerifiedSignature, replay_mark
from models.engine.writer import Bulk, Writer
from models.fediverse.seen_signatures import insert_seen
from pod.store import Session
from protocol.errors import RefusedError

_Wish = tuple[bytes, int]


async def _remember(session: Session, wishes: list[_Wish]) -> Sequence[RefusedError | None]:
    new = await insert_seen(session, dict(wishes))
    outcomes: list[RefusedError | None] = []
    for mark, _ in wishes:
        # The same request twice in one commit: the first is the one that was new.
        outcomes.append(None if mark in new else SignatureRule.USED_BEFORE.error())
        new.discard(mark)
    return outcomes


_SEEN: Bulk[_Wish, None] = Bulk("seen signatures", _remember)


class SeenSignatures:
    """Remembers in the database; what many bring at one time is one statement."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Remember a verified signature until it expires; refuse one that is remembered."""
        del now
        await self._writer.put(_SEEN, (replay_mark(signature), signature.until))
