"""What a process remembers beside its store: it may forget all of it at any time, and nothing becomes untrue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from pod.written_bytes import WrittenBytes
from protocol.ids import RecordId


@dataclass(frozen=True)
class Crowd:
    """How many members of a group are at home on which pods. `of` is the map of members that was counted."""

    of: object
    members: int
    pods: tuple[tuple[str, int], ...]
    founded_at: int


MOST_CROWDS = 10_000


@dataclass(frozen=True)
class Memory:
    """`crowds` tells how many members groups have.

    `written` counts what authors lately had stored, `beats` tell when each loop last went round, `told_terms` of which
    term a group's readers were told; `checking` is held while a whole group is checked for somebody, one of `pulling`
    while a group is pulled from a pod.
    """

    crowds: dict[RecordId, Crowd] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    told_terms: dict[RecordId, int] = field(default_factory=dict)
    written: WrittenBytes = field(default_factory=WrittenBytes)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    pulling: WeakValueDictionary[tuple[str, RecordId], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def pull_lane(self, pod: str, group: RecordId) -> asyncio.Lock:
        """Held while a group is pulled from a pod: who comes meanwhile waits, and goes on where that one ended."""
        return self.pulling.setdefault((pod, group), asyncio.Lock())

    def keep_crowd(self, group: RecordId, crowd: Crowd) -> Crowd:
        """Remember how many members a group has; the crowd itself."""
        self.crowds.pop(group, None)
        if len(self.crowds) >= MOST_CROWDS:
            del self.crowds[next(iter(self.crowds))]  # the one that was counted longest ago
        self.crowds[group] = crowd
        return crowd
