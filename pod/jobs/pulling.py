"""Pulls beside everything else: one per (pod, group) at a time, bounded in all, and a silent pod holds up nobody.

A pod that couldn't be reached isn't asked again for a minute, unless it was heard from: many groups with a dead pod
would otherwise spend all their time on it.
"""

from __future__ import annotations

import asyncio
import logging

from federation.errors import RemoteError
from pod.actions.sync.pull import pull
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import RecordId

AT_ONCE = 16
LONGEST_SECONDS = 300  # a peer that answers page by page, slowly, must not keep a place for ever
SILENT_MS = 60_000
_LOG = logging.getLogger(__name__)


class Pulls:
    """Pulls that are under way or wait for their turn, each by (pod, group)."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._running: dict[tuple[str, RecordId], asyncio.Task[None]] = {}
        self._silent: dict[str, int] = {}

    def start(self, pod: str, group: RecordId, *, heard: bool = False) -> asyncio.Task[None]:
        """Pull `group` from `pod` beside; the pull that runs already, if one does. `heard`: the pod is there."""
        if heard:
            self._silent.pop(pod, None)
        running = self._running.get((pod, group))
        if running is None:
            running = self._tasks.create_task(self._pull(pod, group))
            self._running[pod, group] = running
        return running

    async def _pull(self, pod: str, group: RecordId) -> None:
        try:
            async with self._gate:
                if self._silent.get(pod, 0) <= self._deps.clock():
                    await self._pull_now(pod, group)
        finally:
            del self._running[pod, group]

    async def _pull_now(self, pod: str, group: RecordId) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await pull(self._deps, pod, group)
            self._silent.pop(pod, None)
        except TimeoutError:
            _LOG.info("pulling %s from %s: not finished, the next pull goes on", group, pod)
        except (RemoteError, RefusedError) as error:
            if isinstance(error, RemoteError) and error.status is None:
                self._silent[pod] = self._deps.clock() + SILENT_MS
            _LOG.info("pulling %s from %s: %s", group, pod, error)
        except Exception:  # noqa: BLE001  (logged; the loops and the server go on)
            _LOG.exception("pulling %s from %s failed", group, pod)
