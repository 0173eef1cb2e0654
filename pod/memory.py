"""What a process remembers beside its store: it may forget all of it at any time, and nothing becomes untrue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from protocol.ids import RecordId


@dataclass
class Tries:
    """Failed proposals in one group. Forgotten at a restart, which is safe."""

    anchor: RecordId
    failed: int = 0
    counting_from: int = 0


class Proposals:
    """How this pod's proposals of handovers fared, by group, and the highest term that refusals named."""

    def __init__(self) -> None:
        self._tries: dict[RecordId, Tries] = {}
        self._highest: dict[RecordId, int] = {}

    def seen(self, group: RecordId, anchor: RecordId) -> Tries:
        """The tries as they count where the group is now: whatever settles ends the back-off."""
        tries = self._tries.setdefault(group, Tries(anchor))
        if tries.anchor != anchor:
            tries.anchor, tries.failed = anchor, 0
        return tries

    def began(self, group: RecordId, anchor: RecordId, *, now: int) -> None:
        """A term began: a new steward has as much time as the former one had."""
        self.seen(group, anchor).counting_from = now

    def tried(self, group: RecordId, *, now: int) -> None:
        """Count a proposal that this pod makes now; one that succeeds is forgotten."""
        tries = self._tries[group]
        tries.failed, tries.counting_from = tries.failed + 1, now

    def succeeded(self, group: RecordId) -> None:
        """A proposal of this pod became an item."""
        if tries := self._tries.get(group):
            tries.failed = 0
        self._highest.pop(group, None)

    def heard(self, group: RecordId, term: int) -> None:
        """A refusal named this term as the highest that the refuser signed."""
        self._highest[group] = max(self.highest(group), term)

    def highest(self, group: RecordId) -> int:
        """The highest term that counts of those that refusals named; 0 if none."""
        return self._highest.get(group, 0)


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
    """`proposals` tells how handovers fared, `crowds` how many members groups have.

    `beats` tell when each loop last went round, `told_terms` of which term a group's readers were told; `checking` is
    held while a whole group is checked for somebody.
    """

    proposals: Proposals = field(default_factory=Proposals)
    crowds: dict[RecordId, Crowd] = field(default_factory=dict)
    beats: dict[str, int] = field(default_factory=dict)
    told_terms: dict[RecordId, int] = field(default_factory=dict)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def keep_crowd(self, group: RecordId, crowd: Crowd) -> Crowd:
        """Remember how many members a group has; the crowd itself."""
        if len(self.crowds) >= MOST_CROWDS:
            self.crowds.clear()
        self.crowds[group] = crowd
        return crowd
