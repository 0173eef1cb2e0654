"""The only place that reads the clock and draws entropy; everybody else is given the time and the bytes.

With `[testing] clock_file` the file's integer (milliseconds) is added at each reading, and `changes` tells who waits.
"""

from __future__ import annotations

import random
import secrets
import time
from functools import lru_cache
from pathlib import Path


class Clock:
    """Milliseconds since 1970, shifted by the offset file where one is configured."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    def __call__(self) -> int:
        """The time now, in ms."""
        return time.time_ns() // 1_000_000 + self.offset_ms()

    def offset_ms(self) -> int:
        """The configured shift; 0 if there is no file, or while the file is being rewritten."""
        if self._offset_file is None:
            return 0
        try:
            return int(self._offset_file.read_text() or 0)
        except (OSError, ValueError):
            return 0


def steady_ns() -> int:
    """A clock that never jumps; only its differences mean anything."""
    return time.perf_counter_ns()


def processor_ns() -> int:
    """Processor time of the current thread; only its differences mean anything."""
    return time.thread_time_ns()


def stamp() -> str:
    """The time now as lines of the log begin; the clock of those who read it, which no test shifts."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{rest // 1000:06}Z"


@lru_cache(maxsize=2)  # thousands of lines are of one second
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def elapsed_ms(began_ns: int) -> float:
    """Milliseconds since a reading of `steady_ns`."""
    return round((time.perf_counter_ns() - began_ns) / 1e6, 2)


def random_bytes(count: int) -> bytes:
    """Fresh entropy for keys, tokens and nonces."""
    return secrets.token_bytes(count)


def request_number() -> str:
    """A random number that marks the log lines of one request; it needn't be secret."""
    return f"{random.getrandbits(64):016x}"


def random_token() -> str:
    """256 random bits as URL-safe text, for an API token or a link."""
    return secrets.token_urlsafe(32)


def jitter() -> float:
    """A number from 0 to 1 that spreads retries."""
    return secrets.randbelow(1_000_000) / 1_000_000
