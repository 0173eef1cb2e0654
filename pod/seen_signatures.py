"""Signatures that this pod accepted: each once, whichever process it comes to, and also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from federation.rules.signatures import SignatureRule
from federation.signatures import VerifiedSignature, replay_mark
from models.engine.writer import Bulk, Writer
from models.fediverse.seen_signatures import insert_seen
from pod.store import Session
from protocol.errors import RefusedError

Mark = tuple[bytes, int]  # what stands for a signature, and until when it could be accepted


async def remember(session: Session, marks: Sequence[Mark | None]) -> list[RefusedError | None]:
    """Remember the marks; in the place of each that is remembered already its refusal."""
    new = await insert_seen(session, dict(mark for mark in marks if mark is not None))
    outcomes: list[RefusedError | None] = []
    for mark in marks:
        # The same request twice in one commit: the first is the one that was new.
        outcomes.append(None if mark is None or mark[0] in new else SignatureRule.USED_BEFORE.error())
        new.discard(mark[0] if mark else b"")
    return outcomes


_SEEN: Bulk[Mark, None] = Bulk("seen signatures", remember)


class SeenSignatures:
    """Remembers in the database; what many bring at one time is one statement."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Remember a verified signature until it expires; refuse one that is remembered."""
        del now
        await self.put((replay_mark(signature), signature.until))

    async def put(self, mark: Mark) -> None:
        """Remember a mark; refuse one that is remembered."""
        await self._writer.put(_SEEN, mark)


class FirstUse:
    """Holds the signature of one request until the commit of what it brought, so that both are one commit.

    Who hands it out settles it before the request is answered: whatever came of the request, its signature is used.
    """

    def __init__(self, seen: SeenSignatures) -> None:
        self._seen = seen
        self._held: Mark | None = None

    async def admit(self, signature: VerifiedSignature, *, now: int) -> None:
        """Hold a verified signature; whether it was used before shows when it is remembered."""
        del now
        self._held = (replay_mark(signature), signature.until)

    def hand_over(self) -> Mark | None:
        """The mark, for a commit that remembers it."""
        held, self._held = self._held, None
        return held

    async def settle(self) -> None:
        """Remember what no commit took; raises the refusal of a signature that was used before."""
        if (held := self.hand_over()) is not None:
            await self._seen.put(held)
