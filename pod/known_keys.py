"""The shelf of others' keys in the database: what one process asks for, no other asks for again."""

from __future__ import annotations

from functools import partial
from typing import Final

from federation.errors import RemoteError
from federation.known_keys import Held
from federation.rules.answers import RemoteFault
from federation.signatures.keys import load_key
from models.fediverse.known_keys import KnownKey, load_known_key, put_known_key
from pod.blocked_hosts import HostBlocks
from pod.store import Store
from protocol.errors import RefusedError

IN_VAIN: Final = "key in vain from a server"


class StoredKeys:
    """Other servers' keys, and how often each server was asked in vain."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.admit = HostBlocks(store).admit

    async def load(self, key_id: str) -> Held | None:
        """The key, if any process has fetched it."""
        async with self._store.database.read() as session:
            known = await load_known_key(session, key_id)
        return Held(load_key(known.key_id, known.owner, known.text), known.asked_at) if known else None

    async def keep(self, held: Held) -> None:
        """Store a key and the time when it was fetched, for all processes."""
        known = KnownKey(held.key.key_id, held.key.owner, held.key.text, held.asked_at)
        await self._store.write(partial(put_known_key, key=known))

    async def check(self, server: str, *, now: int) -> None:
        """Raise RemoteError for a server that was asked in vain too often."""
        try:
            await self._store.limits.check(IN_VAIN, server, now=now)
        except RefusedError as error:
            raise RemoteError(RemoteFault.ASKED_IN_VAIN, retry=True) from error

    async def count(self, server: str, *, now: int) -> None:
        """Count that a server was asked in vain."""
        try:
            await self._store.limits.take(IN_VAIN, server, now=now)
        except RefusedError:
            return  # several requests at the same time may all fail
