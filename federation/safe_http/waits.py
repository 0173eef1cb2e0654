"""How long a task waited for other servers' answers, apart from what this pod itself took for its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


class Waits:
    """The time (ms, by `clock`) in which at least one answer was awaited, by who asks within `counted`."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._waited = 0
        self._open = 0
        self._since = 0

    @property
    def ms(self) -> int:
        """How long answers were awaited so far, with the one that is awaited now."""
        return self._waited + (self._clock() - self._since if self._open else 0)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """What this task, and those that it begins, await in this block is counted."""
        before = _WAITS.set(self)
        try:
            yield
        finally:
            _WAITS.reset(before)

    def begin(self) -> None:
        """One more answer is awaited."""
        if not self._open:
            self._since = self._clock()
        self._open += 1

    def end(self) -> None:
        """An answer came, or it is awaited no longer."""
        self._open -= 1
        if not self._open:
            self._waited += self._clock() - self._since


_WAITS: Final[ContextVar[Waits | None]] = ContextVar("waits", default=None)


@contextmanager
def an_answer() -> Iterator[None]:
    """Another server's answer is awaited in this block."""
    waits = _WAITS.get()
    if waits is None:
        yield
        return
    waits.begin()
    try:
        yield
    finally:
        waits.end()
