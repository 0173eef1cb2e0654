"""Signatures that this pod accepted: each once, whichever process it comes to, and also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from federation.rules.signatures import SignatureRule
from federation.signatures import VerifiedSignature, replay_mark
from models.engine.writer import Bulk, Writer
from models.fediverse.seen_signatures import insert_seen
from pod.store import Session
from protocol.errors import RefusedError

Mark = tuple[bytes, int]  # a digest of a signature, and the time until which it could be accepted


async def remember(session: Session, marks: Sequence[Mark | None]) -> list[RefusedError | None]:
    """Store the marks; returns for each mark None, or the refusal if it was stored before."""
    new = await insert_seen(session, dict(mark for mark in marks if mark is not None))
    outcomes: list[RefusedError | None] = []
    for mark in marks:
        # If a request is twice in one commit, only its first copy is new.
        outcomes.append(None if mark is None or mark[0] in new else SignatureRule.USED_BEFORE.error())
        new.discard(mark[0] if mark else b"")
    return outcomes


_SEEN: Bulk[Mark, None] = Bulk("seen signatures", remember)


class SeenSignatures:
    """Stores signatures in the database; signatures that arrive together are one statement."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Store a verified signature until it expires; refuse one that was stored before."""
        del now
        await self.put((replay_mark(signature), signature.until))

    async def put(self, mark: Mark) -> None:
        """Store a mark; refuse one that was stored before."""
        await self._writer.put(_SEEN, mark)


class FirstUse:
    """Holds one request's signature until the commit of what the request brought, so that both are one commit.

    The caller must call `settle` before the request is answered, because the signature counts as used in any case.
    """

    def __init__(self, seen: SeenSignatures) -> None:
        self._seen = seen
        self._held: Mark | None = None

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Hold a verified signature; a replay is found only when the mark is stored."""
        del now
        self._held = (replay_mark(signature), signature.until)

    def hand_over(self) -> Mark | None:
        """Return the mark for a commit that stores it; it is no longer held."""
        held, self._held = self._held, None
        return held

    async def settle(self) -> None:
        """Store the mark if no commit took it; raises the refusal if the signature was used before."""
        if (held := self.hand_over()) is not None:
            await self._seen.put(held)
