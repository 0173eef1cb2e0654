"""A page of a list fits what every puller takes, in bytes, JSON members and entries, or it is cut earlier.

What one entry may hold is bounded by its form (`protocol.limits`), so the first entry always fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from protocol.canonical import most_members

ENTRIES: Final = 500
PAGE_BYTES: Final = 700 * 1024  # a puller takes 1 MiB
PAGE_MEMBERS: Final = 60_000  # a puller takes 100,000, and two pods' copies of one list may differ


class PageBudget:
    """The room that is left on a page."""

    def __init__(self) -> None:
        self._bytes = PAGE_BYTES
        self._members = PAGE_MEMBERS
        self._untouched = True

    def take(self, *wires: bytes) -> bool:
        """Take room for texts that belong together; False if they don't fit. Texts on an empty page always fit."""
        size, members = sum(map(len, wires)), sum(map(most_members, wires))
        if not self._untouched and (size > self._bytes or members > self._members):
            return False
        self._bytes -= size
        self._members -= members
        self._untouched = False
        return True


def fitting(wires: Iterable[bytes]) -> list[msgspec.Raw]:
    """The texts from the first on, as many as fit on a page."""
    budget, shown = PageBudget(), list[msgspec.Raw]()
    for wire in wires:
        if not budget.take(wire):
            break
        shown.append(msgspec.Raw(wire))
    return shown
