"""What a process remembers beside its store: it may forget all of it at any time, and nothing becomes untrue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from pod.budgets.written_bytes import WrittenBytes
from protocol.ids import RecordId
from protocol.state import GroupState, state_hash

MOST_FOUNDED = 10_000
MOST_HASHES = 1000


@dataclass(frozen=True)
class Memory:
    """`founded` tells when groups were founded, `hashes` what the states after items hash to.

    `written` counts what authors lately had stored, `beats` tell when each loop last went round, `told_terms` of which
    term a group's readers were told; `checking` is held while a whole group is checked for somebody, one of `pulling`
    while a group is pulled from a pod.
    """

    founded: dict[RecordId, int] = field(default_factory=dict)
    hashes: dict[RecordId, str] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    told_terms: dict[RecordId, int] = field(default_factory=dict)
    written: WrittenBytes = field(default_factory=WrittenBytes)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    pulling: WeakValueDictionary[tuple[str, RecordId], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def pull_lane(self, pod: str, group: RecordId) -> asyncio.Lock:
        """Held while a group is pulled from a pod: who comes meanwhile waits, and goes on where that one ended."""
        return self.pulling.setdefault((pod, group), asyncio.Lock())

    def hash_of(self, state: GroupState) -> str:
        """The hash of a state: all members are in it, and who looks again and again pays for that once an item."""
        if (held := self.hashes.get(state.head)) is None:
            if len(self.hashes) >= MOST_HASHES:
                del self.hashes[next(iter(self.hashes))]
            held = self.hashes[state.head] = state_hash(state)
        return held

    def keep_founded(self, group: RecordId, at: int) -> int:
        """Remember when a group was founded; that time."""
        if len(self.founded) >= MOST_FOUNDED:
            del self.founded[next(iter(self.founded))]
        self.founded[group] = at
        return at
