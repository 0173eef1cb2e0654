"""How much each author lately had stored in each group, so that no member alone fills the disks of its pods.

A steward logs at once, so what waits (`protocol.limits`) never grows there. What this pod accepts from one author,
typed here or brought, is therefore bounded by time, too: hours of typing at once, then as much as a person types.
What stands in a log is held however much it is. Each process counts what it stored.
"""

from __future__ import annotations

from typing import Final

import msgspec

from protocol.ids import RecordId
from protocol.limits import MAX_PENDING_BYTES

AT_ONCE_BYTES: Final = 2 * MAX_PENDING_BYTES
EACH_SECOND_BYTES: Final = 2048
MOST_AUTHORS: Final = 20_000


class _CountedBytes(msgspec.Struct):
    size: float
    at: int


class WrittenBytes:
    """The bytes of each author in each group that still count; they fade by `EACH_SECOND_BYTES`. Times in ms."""

    def __init__(self) -> None:
        self._of: dict[tuple[RecordId, int], _CountedBytes] = {}

    def left(self, group: RecordId, author: int, *, now: int) -> int:
        """How many bytes the author may store now."""
        written = self._of.get((group, author))
        return AT_ONCE_BYTES if written is None else AT_ONCE_BYTES - int(self._counting(written, now))

    def add(self, group: RecordId, author: int, size: int, *, now: int) -> None:
        """Count stored bytes; if there are too many authors, the one that wrote longest ago is dropped."""
        written = self._of.pop((group, author), None)
        before = 0.0 if written is None else self._counting(written, now)
        if len(self._of) >= MOST_AUTHORS:
            del self._of[next(iter(self._of))]
        self._of[group, author] = _CountedBytes(before + size, now)

    def give_back(self, group: RecordId, author: int, size: int) -> None:
        """Stop counting bytes that turned out to be in the log already."""
        if (written := self._of.get((group, author))) is not None:
            written.size = max(0.0, written.size - size)

    @staticmethod
    def _counting(written: _CountedBytes, now: int) -> float:
        return max(0.0, written.size - max(0, now - written.at) * EACH_SECOND_BYTES / 1000)
