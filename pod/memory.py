"""What a process remembers beside its store: it may forget all of it at any time, and nothing becomes untrue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast
from weakref import WeakValueDictionary

from federation.shares import Shares
from pod.budgets.written_bytes import WrittenBytes
from protocol.ids import RecordId
from protocol.state import GroupState, state_hash

T = TypeVar("T")
MOST_FOUNDED = 10_000
MOST_HASHES = 1000
MOST_FILES_MADE = 2  # at once
MOST_PASTS = 64
MOST_FOLLOWED = 10_000


@dataclass(frozen=True)
class Locks:
    """`checking`: for checks of whole groups. `pulling`: for each group and pod that is pulled from.

    `filing`: for each poll whose result's file is asked for; `files_made`: how many are being made.
    """

    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    pulling: WeakValueDictionary[tuple[str, RecordId], asyncio.Lock] = field(default_factory=WeakValueDictionary)
    filing: WeakValueDictionary[RecordId, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    files_made: Shares = field(default_factory=lambda: Shares(each=1, whole=MOST_FILES_MADE))

    def pull_lane(self, pod: str, group: RecordId) -> asyncio.Lock:
        """The lock for pulling a group from a pod. A second pull waits and continues where the first ended."""
        return self.pulling.setdefault((pod, group), asyncio.Lock())

    def file_lane(self, poll: RecordId) -> asyncio.Lock:
        """The lock for the file of a poll's result: who waited for it finds the file made."""
        return self.filing.setdefault(poll, asyncio.Lock())


class Computed:
    """What was computed of polls, by what it was computed from; the oldest gives way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[Hashable, object] = {}
        self._making = WeakValueDictionary[Hashable, asyncio.Lock]()

    def get(self, key: Hashable) -> object | None:
        """The value, if it is held."""
        return self._held.get(key)

    def keep(self, key: Hashable, value: object) -> None:
        """Hold a value."""
        self._held.pop(key, None)
        if len(self._held) >= self._most:
            del self._held[next(iter(self._held))]
        self._held[key] = value

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The value that is held, or else the one that `make` gives; who asks while it is made waits for that.

        Else strangers at many addresses would have the same computed for each of them.
        """
        if (held := self.get(key)) is None:
            async with self._making.setdefault(key, asyncio.Lock()):
                if (held := self.get(key)) is None:
                    held = await make()
                    self.keep(key, held)
        return cast("T", held)


@dataclass(frozen=True)
class OfPolls:
    """`pasts`: past polls of groups. `followers`: how many votes follow a delegate's in a poll.

    `forecasts`: of rounds whose bets are open. `delegates`: whose ballots voters followed in votings that have ended.
    """

    pasts: Computed = field(default_factory=partial(Computed, MOST_PASTS))
    followers: Computed = field(default_factory=partial(Computed, MOST_FOLLOWED))
    forecasts: Computed = field(default_factory=partial(Computed, MOST_PASTS))
    delegates: Computed = field(default_factory=partial(Computed, MOST_FOLLOWED))


@dataclass(frozen=True)
class Memory:
    """What one process remembers; each value may be lost at any time.

    `founded`: when groups were founded. `hashes`: state hashes by item. `written`: how many bytes each author stored
    lately. `beats`: when each loop last ran. `locks`: what this process does once at a time.
    """

    founded: dict[RecordId, int] = field(default_factory=dict)
    hashes: dict[RecordId, str] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    written: WrittenBytes = field(default_factory=WrittenBytes)
    polls: OfPolls = field(default_factory=OfPolls)
    locks: Locks = field(default_factory=Locks)

    def hash_of(self, state: GroupState) -> str:
        """The hash of a state, computed once for each item, because it covers all members."""
        if (held := self.hashes.get(state.head)) is None:
            if len(self.hashes) >= MOST_HASHES:
                del self.hashes[next(iter(self.hashes))]
            held = self.hashes[state.head] = state_hash(state)
        return held

    def keep_founded(self, group: RecordId, at: int) -> int:
        """Remember when a group was founded; returns that time."""
        if len(self.founded) >= MOST_FOUNDED:
            del self.founded[next(iter(self.founded))]
        self.founded[group] = at
        return at
