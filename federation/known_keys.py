"""Keys of other servers' actors, remembered; a stranger's request makes this pod ask for a key once, if at all.

Rules of this file (federation §2.2, §2.22, §2.23, §2.37):

1. A key that is known isn't asked for again, unless a verification with it failed: then once in five minutes. What
   one process was told, the others find on the shelf, and ask nobody.
2. A key that couldn't be had isn't asked for again for five minutes, nor for half a minute where only the network
   failed; the same refusal is given meanwhile.
3. Whoever was asked in vain twenty times isn't asked more often than each quarter of a minute; this counts by host, for
   all processes together.
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
    """A memory of at most `most` entries; the one used longest ago gives way."""

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


def _anew(error: RefusedError | RemoteError) -> RefusedError | RemoteError:
    """The same error without the places that it was raised at, whose every value it would keep."""
    if isinstance(error, RefusedError):
        return error.refused.rule.error(**error.refused.facts)
    return RemoteError(error.fault, retry=error.retry, status=error.status, facts=error.facts)


class Held(msgspec.Struct, frozen=True):
    """A key, and when it was last asked for."""

    key: VerificationKey
    asked_at: int


class Failure(msgspec.Struct, frozen=True):
    """Why a key couldn't be had, and until when it isn't asked for again."""

    error: RefusedError | RemoteError
    until: int


class Shelf(Protocol):
    """What all processes of a pod know of others' keys."""

    async def load(self, key_id: str) -> Held | None:
        """A key that some process was told."""
        ...

    async def keep(self, held: Held) -> None:
        """Have the others know a key, and when it was asked for."""
        ...

    async def check(self, server: str, *, now: int) -> None:
        """Raises RemoteError for a server that was asked in vain too often."""
        ...

    async def count(self, server: str, *, now: int) -> None:
        """A server was asked in vain."""
        ...


class KnownKeys:
    """The keys that this pod verifies with; `fetch` gets an ActivityPub document that lives under its own id."""

    def __init__(self, fetch: Fetch, shelf: Shelf, *, most: int = MOST_KEYS) -> None:
        self._fetch = fetch
        self._shelf = shelf
        self._held: Bounded[str, Held] = Bounded(most)
        self._failures: Bounded[str, Failure] = Bounded(MOST_FAILURES)
        self._asking: dict[str, asyncio.Task[VerificationKey]] = {}
        self._askers = Shares(each=LOOK_UPS_OF_ASKER, whole=LOOK_UPS)
        self._servers = Shares(each=LOOK_UPS_AT_SERVER, whole=LOOK_UPS)

    async def knows(self, key_id: str) -> bool:
        """Whether the key is here, so that finding it asks nobody."""
        return self._held.get(key_id) is not None or await self._take_down(key_id) is not None

    async def find(self, key_id: str, *, now: int, asker: str = "") -> VerificationKey:
        """The key; raises the refusal or RemoteError for which it can't be had, BusyError where `asker` asks much."""
        held = self._held.get(key_id)
        if held is not None:
            return held.key
        return await self._ask(key_id, now, asker)

    async def find_changed(self, key_id: str, *, now: int, asker: str = "") -> VerificationKey | None:
        """What a known key was replaced by, after a verification with it failed; None if it may not be asked for."""
        held = self._held.get(key_id)
        if held is None or now - held.asked_at < REFETCH_MS:
            return None
        # Whatever comes of it: within five minutes there is no second time.
        self._held.put(key_id, Held(held.key, now))
        kept = await self._take_down(key_id)
        if kept is not None and (kept.key.text != held.key.text or now - kept.asked_at < REFETCH_MS):
            return None if kept.key.text == held.key.text else kept.key
        await self._shelf.keep(Held(held.key, now))
        fresh = await self._ask(key_id, now, asker)
        return None if fresh.text == held.key.text else fresh

    async def _take_down(self, key_id: str) -> Held | None:
        """What the shelf has of a key, which is remembered here from now on."""
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
        # If one asker hangs up, those who wait with it still get the answer.
        return await asyncio.shield(self._asking[key_id])

    def _asked(self, key_id: str, done: asyncio.Task[VerificationKey]) -> None:
        self._asking.pop(key_id, None)
        if not done.cancelled():
            done.exception()  # those who waited have it; nobody else is to be told

    async def _look_up_in_turn(self, key_id: str, now: int, asker: str) -> VerificationKey:
        # By host, because one attacker has all its ports. A refusal here is no failure of the key.
        with self._askers.held(asker), self._servers.held(origin_of(key_id).host):
            return await self._look_up(key_id, now)

    async def _look_up(self, key_id: str, now: int) -> VerificationKey:
        server = origin_of(key_id).host
        if self._held.get(key_id) is None and (kept := await self._take_down(key_id)) is not None:
            return kept.key
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
