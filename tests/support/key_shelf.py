"""A shelf of others' keys in memory, in the place of the database's."""

from __future__ import annotations

import asyncio
from collections import Counter

from federation.errors import RemoteError
from federation.known_keys import Held
from federation.rules.answers import RemoteFault


class KeyShelf:
    """What all processes of a pod know: here, several `KnownKeys`. Nobody is asked in vain more than `most` times."""

    def __init__(self, most: int = 20) -> None:
        self.most = most
        self.kept: dict[str, Held] = {}
        self.in_vain: Counter[str] = Counter()

    async def admit(self, key_id: str) -> None:
        """No server is blocked."""

    async def load(self, key_id: str) -> Held | None:
        await asyncio.sleep(0)  # as reading a database lets others go on
        return self.kept.get(key_id)

    async def keep(self, held: Held) -> None:
        self.kept[held.key.key_id] = held

    async def check(self, server: str, *, now: int) -> None:
        del now
        if self.in_vain[server] >= self.most:
            raise RemoteError(RemoteFault.ASKED_IN_VAIN, retry=True)

    async def count(self, server: str, *, now: int) -> None:
        del now
        self.in_vain[server] += 1
