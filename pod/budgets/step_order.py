"""Steps of those who take more of the processor go one at a time, and seldom while somebody else is served.

Between two of them the event loop looks what else came. While others are served, those who wait have a quarter of the
loop together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

PAUSE: Final = 3.0  # times what was taken: a quarter of a processor is left to all who take much
MUCH_BESIDE_WRITES: Final = 0.25  # seconds; what is written may be anybody's
QUIET_SECONDS: Final = 0.01  # after a step of somebody else, whose next is expected: it may wait for the disk


class Timer(Protocol):
    """What of an event loop is needed."""

    def time(self) -> float:
        """Seconds, steadily."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> object:
        """Call it then."""
        ...


class StepOrder:
    """Who waits for a step, and when the next may go."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_going = False  # one goes, or the next is let go soon
        self._served_at = -QUIET_SECONDS
        self._served_taken = 0.0
        self._is_writing = False
        self._next_at = 0.0

    def serve(self, now: float, taken: float) -> None:
        """Somebody who took so much goes a step, and waits for nobody."""
        self._served_at, self._served_taken = now, taken

    def write(self, is_writing: bool) -> None:  # noqa: FBT001  (the writer tells it in one word)
        """Somebody waits for a commit from now on, or nobody any more: who shares it is served meanwhile."""
        self._is_writing = is_writing

    def is_behind(self, now: float, taken: float) -> bool:
        """Whether who took so much gives way to somebody who is being served, and took less than half of it."""
        if self._is_writing and taken >= MUCH_BESIDE_WRITES:
            return True
        return now - self._served_at < QUIET_SECONDS and 2 * self._served_taken < taken

    def place(self) -> asyncio.Future[None]:
        """What a step waits for; unless that is cancelled, `leave` follows."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        if not self._is_going:
            self._is_going = True
            self._let_go()
        return place

    def leave(self, seconds: float) -> None:
        """A step that waited took so long."""
        now = self._timer.time()
        self._next_at = now + PAUSE * seconds
        self._timer.call_at(now, self._let_go)

    def _let_go(self) -> None:
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()  # it was cancelled
        if not self._waiting:
            self._is_going = False
            return
        now = self._timer.time()
        at = self._next_at if self._is_writing else min(self._served_at + QUIET_SECONDS, self._next_at)
        if at > now:
            self._timer.call_at(at, self._let_go)
        else:
            self._waiting.popleft().set_result(None)
