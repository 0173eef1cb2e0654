"""What one process has of a thing (memory, places, connections) is shared: nobody holds more than their part of it.

Each use names who causes it: an address, a server, an account. What is over somebody's part, or over the whole, is
refused at once, so that nobody waits behind the many requests of one asker.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from federation.rules.shares import ShareRule


class Shares:
    """At most `each` of a resource for one asker, and at most `whole` for all together."""

    def __init__(self, *, each: int, whole: int) -> None:
        self._each = each
        self._whole = whole
        self._held: dict[str, int] = {}
        self._all = 0

    @contextmanager
    def held(self, who: str, amount: int = 1) -> Iterator[None]:
        """Hold `amount` for `who` inside the `with` block; raises BusyError."""
        if self._held.get(who, 0) + amount > self._each or self._all + amount > self._whole:
            raise ShareRule.NO_ROOM.error()
        self._held[who] = self._held.get(who, 0) + amount
        self._all += amount
        try:
            yield
        finally:
            self._all -= amount
            left = self._held[who] - amount
            if left:
                self._held[who] = left
            else:
                del self._held[who]
