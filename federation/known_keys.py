"""Keys of other servers' actors, remembered; a stranger's request makes this pod ask for a key once, if at all.

Rules of this file (federation §2.2, §2.22, §2.23, §2.37):

1. A key that is known isn't asked for again, unless a verification with it failed: then once in five minutes. What
   one process was told, the others find on the shelf, and ask nobody.
2. A key that couldn't be had isn't asked for again for five minutes, nor for half a minute where only the network
   failed; the same refusal is given meanwhile.
3. A server that was asked in vain twenty times is asked at most every 15 seconds; this counts by host, for all
   processes together.
4. Requests that wait for the same key share one look-up. Of those under way an address that asks has eight, a server
   that is asked four, and all together leave most of the door's connections to deliveries and pulls.
5. A key in a document of its own counts when its owner names it in return, which takes a second look.
6. Everything here has a limit; what was used longest ago is forgotten first.

Times are milliseconds.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from federation.addresses import origin_of
from federation.errors import RemoteError
from federation.shares import Shares
from federation.signatures import VerificationKey
from federation.signatures.keys import find_actor_key, find_document_key, owner_in_key_document
from protocol.canonical import JsonObject
from protocol.errors import RefusedError

MOST_KEYS: Final = 20_000
MOST_FAILURES: Final = 5_000
REFETCH_MS: Final = 5 * 60_000
NETWORK_PAUSE_MS: Final = 30_000
LOOK_UPS: Final = 48
LOOK_UPS_OF_ASKER: Final = 8
LOOK_UPS_AT_SERVER: Final = 4

Fetch = Callable[[str], Awaitable[JsonObject]]
K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Keeps at most `most` entries; the one that wasn't used for the longest time is dropped first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: K) -> V | None:
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, key: K) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()


def _anew(error: RefusedError | RemoteError) -> RefusedError | RemoteError:
    """The same error without its traceback, which would keep many values in memory."""
    if isinstance(error, RefusedError):
        return error.refused.rule.error(**error.refused.facts)
    because = _anew(error.because) if error.because is not None else None
    return RemoteError(error.fault, retry=error.retry, status=error.status, facts=error.facts, because=because)


class Held(msgspec.Struct, frozen=True):
    """A key, and when it was last fetched."""

    key: VerificationKey
    asked_at: int


class Failure(msgspec.Struct, frozen=True):
    """Why a key couldn't be fetched, and until when it isn't asked for again."""

    error: RefusedError | RemoteError
    until: int


class Shelf(Protocol):
    """Keys and failures that all processes of a pod share."""

    async def admit(self, key_id: str) -> None:
        """Raise HostBlockedError for a key at a server with which the pod has nothing to do."""
        ...

    async def load(self, key_id: str) -> Held | None:
        """The key, if any process has fetched it."""
        ...

    async def keep(self, held: Held) -> None:
        """Store a key and when it was fetched, for all processes."""
        ...

    async def check(self, server: str, *, now: int) -> None:
        """Raise RemoteError for a server that was asked in vain too often."""
        ...

    async def count(self, server: str, *, now: int) -> None:
        """Count that a server was asked in vain."""
        ...


class KnownKeys:
    """The keys that this pod verifies with; `fetch` gets an ActivityPub document from its own id."""

    def __init__(self, fetch: Fetch, shelf: Shelf, *, most: int = MOST_KEYS) -> None:
        self._fetch = fetch
        self._shelf = shelf
        self._held: Bounded[str, Held] = Bounded(most)
        self._failures: Bounded[str, Failure] = Bounded(MOST_FAILURES)
        self._asking: dict[str, asyncio.Task[VerificationKey]] = {}
        self._askers = Shares(each=LOOK_UPS_OF_ASKER, whole=LOOK_UPS)
        self._servers = Shares(each=LOOK_UPS_AT_SERVER, whole=LOOK_UPS)

    async def knows(self, key_id: str) -> bool:
        """Whether the key is in memory or stored, so that finding it needs no request."""
        return self._held.get(key_id) is not None or await self._take_down(key_id) is not None

    def distrust(self, key_id: str | None) -> None:
        """Drop a key from memory (None: all keys), because another process may have stored another one."""
        if key_id is None:
            self._held.clear()
        else:
            self._held.drop(key_id)

    async def find(self, key_id: str, *, now: int, asker: str = "") -> VerificationKey:
        """The key; raises the refusal or RemoteError that kept it away, or BusyError if `asker` asks too much."""
        await self._shelf.admit(key_id)
        held = self._held.get(key_id)
        if held is not None:
            return held.key
        return await self._ask(key_id, now, asker)

    async def find_changed(self, key_id: str, *, now: int, asker: str = "") -> VerificationKey | None:
        """The key that replaced a known one with which verification failed; None if it may not be asked for again."""
        held = self._held.get(key_id)
        if held is None or now - held.asked_at < REFETCH_MS:
            return None
        # Set before the request, so that there is no second one within five minutes, even if this one fails.
        self._held.put(key_id, Held(held.key, now))
        kept = await self._take_down(key_id)
        if kept is not None and (kept.key.text != held.key.text or now - kept.asked_at < REFETCH_MS):
            return None if kept.key.text == held.key.text else kept.key
        await self._shelf.keep(Held(held.key, now))
        fresh = await self._ask(key_id, now, asker)
        return None if fresh.text == held.key.text else fresh

    async def _take_down(self, key_id: str) -> Held | None:
        """The stored key, which is then kept in memory, too."""
        kept = await self._shelf.load(key_id)
        if kept is not None:
            self._held.put(key_id, kept)
        return kept

    async def _ask(self, key_id: str, now: int, asker: str) -> VerificationKey:
        failure = self._failures.get(key_id)
        if failure is not None and now < failure.until:
            raise _anew(failure.error)
        if key_id not in self._asking:
            task = asyncio.create_task(self._look_up_in_turn(key_id, now, asker))
            self._asking[key_id] = task
            task.add_done_callback(lambda done: self._asked(key_id, done))
        # If one asker disconnects, the others that wait for the same key still get it.
        return await asyncio.shield(self._asking[key_id])

    def _asked(self, key_id: str, done: asyncio.Task[VerificationKey]) -> None:
        self._asking.pop(key_id, None)
        if not done.cancelled():
            done.exception()  # the askers have the error already, and nobody else needs it

    async def _look_up_in_turn(self, key_id: str, now: int, asker: str) -> VerificationKey:
        # A stored key needs no place: after a restart, a large server's many actors come all at once.
        if self._held.get(key_id) is None and (kept := await self._take_down(key_id)) is not None:
            return kept.key
        # By host, because an attacker has all its ports. If the host is refused, the key itself hasn't failed.
        with self._askers.held(asker), self._servers.held(origin_of(key_id).host):
            return await self._look_up(key_id, now)

    async def _look_up(self, key_id: str, now: int) -> VerificationKey:
        server = origin_of(key_id).host
        await self._shelf.check(server, now=now)
        try:
            key = await self._key_of(key_id)
        except (RefusedError, RemoteError) as error:
            pause = NETWORK_PAUSE_MS if isinstance(error, RemoteError) and error.retry else REFETCH_MS
            self._failures.put(key_id, Failure(_anew(error), now + pause))
            await self._shelf.count(server, now=now)
            raise
        self._failures.drop(key_id)
        self._held.put(key_id, Held(key, now))
        await self._shelf.keep(Held(key, now))
        return key

    async def _key_of(self, key_id: str) -> VerificationKey:
        document = await self._fetch(key_id.split("#", maxsplit=1)[0])
        if document.get("id") == key_id and "publicKey" not in document:
            owner = await self._fetch(owner_in_key_document(document, key_id))
            return find_document_key(document, owner, key_id)
        return find_actor_key(document, key_id)
