"""Steps of payers that take much run one at a time, and seldom while somebody else is served.

Between two of them the event loop handles what else came. While others are served, all waiting steps together get a
quarter of the loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

PAUSE: Final = 3.0  # times what the step took, so that all who take much share a quarter of a processor
MUCH_BESIDE_WRITES: Final = 0.25  # seconds; lower, because the commit may be anybody's
QUIET_SECONDS: Final = 0.01  # after another's step, whose next step may come soon: it may wait for the disk


class Timer(Protocol):
    """The part of an event loop that is needed."""

    def time(self) -> float:
        """Seconds of a steady clock."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> object:
        """Call `callback` at that time."""
        ...


class StepOrder:
    """The steps that wait, and when the next one may run."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_going = False  # a step runs, or the next one will soon
        self._served_at = -QUIET_SECONDS
        self._served_taken = 0.0
        self._is_writing = False
        self._next_at = 0.0

    def serve(self, now: float, taken: float) -> None:
        """Note that a step runs without waiting; its payer took `taken` seconds."""
        self._served_at, self._served_taken = now, taken

    def write(self, is_writing: bool) -> None:  # noqa: FBT001  (the writer's callback takes one bool)
        """Note whether somebody waits for a commit; then all who share that commit are being served."""
        self._is_writing = is_writing

    def is_behind(self, now: float, taken: float) -> bool:
        """Whether a payer that took `taken` gives way to one that is being served and took less than half of it."""
        if self._is_writing and taken >= MUCH_BESIDE_WRITES:
            return True
        return now - self._served_at < QUIET_SECONDS and 2 * self._served_taken < taken

    def place(self) -> asyncio.Future[None]:
        """The future that a waiting step awaits; call `leave` after the step, unless the future was cancelled."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        if not self._is_going:
            self._is_going = True
            self._let_go()
        return place

    def leave(self, seconds: float) -> None:
        """Note that a step that waited is over, and took so many seconds."""
        now = self._timer.time()
        self._next_at = now + PAUSE * seconds
        self._timer.call_at(now, self._let_go)

    def _let_go(self) -> None:
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()  # cancelled
        if not self._waiting:
            self._is_going = False
            return
        now = self._timer.time()
        at = self._next_at if self._is_writing else min(self._served_at + QUIET_SECONDS, self._next_at)
        if at > now:
            self._timer.call_at(at, self._let_go)
        else:
            self._waiting.popleft().set_result(None)
