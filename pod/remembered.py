"""Values held until anything is written, here or by another process, or as long as what they were made of is the same.

What several people read between two commits is asked of the database once. The caller has checked the
reader's right before; nothing that depends on the reader may be kept here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")
MOST_VALUES: Final = 2000
MOST_LASTING: Final = 20_000


class Remembered:
    """Keeps values that belong to one version of the database."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._held: dict[Hashable, Any] = {}

    async def get(self, version: int, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The kept value, or the one that `make` gives; the caller read `version` before."""
        if version != self._seen or len(self._held) >= MOST_VALUES:
            self._seen = version
            self._held.clear()
        if key in self._held:
            value: T = self._held[key]
            return value
        made = await make()
        # If anything was written meanwhile, the value is outdated.
        if version == self._seen:
            self._held[key] = made
        return made


class Lasting:
    """Keeps the last value of each key, with the state in which it was made: something that changes with the value."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[object, Any]] = {}

    async def get(self, key: Hashable, state: object, make: Callable[[], Awaitable[T]]) -> T:
        """The kept value, or the one that `make` gives; it reads the same snapshot in which the caller read `state`."""
        kept = self._held.get(key)
        if kept is not None and kept[0] == state:
            value: T = kept[1]
            return value
        made = await make()
        if len(self._held) >= MOST_LASTING:
            self._held.clear()
        self._held[key] = state, made
        return made
