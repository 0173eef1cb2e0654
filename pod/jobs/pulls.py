"""Pulls run beside everything else; a pod that is slow, or never done, doesn't hold up the others.

1. One pull an origin at a time, and few at once in all. Pods that were done soon the last time have places of their
   own, and so have those that weren't: any number of slow, endless, new or silent ones delays only each other.
2. A pull that isn't done gives its place back, and goes on when it is its turn again.
3. A pod pays for the processor time of pulls from it: if it brings much, the pulls wait while people are served.
4. A pod that couldn't be reached isn't asked again for a minute, unless it was heard from; one that never showed a
   group, hardly ever (`pod.jobs.introductions`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Literal
from weakref import WeakValueDictionary

from federation.errors import RemoteError
from pod.actions.sync.pull import pull_of_its_own
from pod.budgets.processor import Processor
from pod.budgets.steps import beside
from pod.deps import Deps
from pod.jobs.introductions import Introductions
from protocol.errors import RefusedError
from protocol.ids import RecordId

Standing = Literal["done", "slow", "new"]  # finished soon last time; answers, but slowly; unknown, or without an answer
AT_ONCE: dict[Standing, int] = {"done": 12, "slow": 4, "new": 4}
SOON_SECONDS = 5.0
LONGEST_SECONDS = 300  # no pull may keep its place for ever
SILENT_MS = 60_000
MOST_REMEMBERED = 10_000
_LOG = logging.getLogger(__name__)


class Pulls:
    """Pulls that run or wait for their turn, by (pod, group)."""

    def __init__(
        self,
        deps: Deps,
        tasks: asyncio.TaskGroup,
        introductions: Introductions,
        processor: Processor | None = None,
    ) -> None:
        self._deps = deps
        self._processor = processor
        self._introductions = introductions
        self._tasks = tasks
        self._gates = {standing: asyncio.Semaphore(places) for standing, places in AT_ONCE.items()}
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: dict[tuple[str, RecordId], asyncio.Task[None]] = {}
        self._again: set[tuple[str, RecordId]] = set()
        self._silent: dict[str, int] = {}
        self._standings: dict[str, Standing] = {}

    def start(self, pod: str, group: RecordId, *, heard: bool = False) -> asyncio.Task[None]:
        """Pull `group` from `pod` in a task; returns the running task if there is one.

        `heard`: the pod answers, and may have told something that a running pull has passed by; that one pulls again.
        """
        running = self._running.get((pod, group))
        if heard:
            self._silent.pop(pod, None)
            if running is not None:
                self._again.add((pod, group))
        if running is None:
            running = self._tasks.create_task(self._pull(pod, group))
            self._running[pod, group] = running
        return running

    async def _pull(self, pod: str, group: RecordId) -> None:
        lane = self._lanes.setdefault(pod, asyncio.Lock())
        finished = True
        try:
            async with lane, self._gates[self._standings.get(pod, "new")]:
                self._again.discard((pod, group))
                if self._silent.get(pod, 0) <= self._deps.clock():
                    pull = self._pull_now(pod, group)
                    finished = await (beside(self._processor, f"pod {pod}", pull) if self._processor else pull)
        finally:
            del self._running[pod, group]
        if not finished or (pod, group) in self._again:
            self.start(pod, group)

    async def _pull_now(self, pod: str, group: RecordId) -> bool:
        """Pull for a bounded time; returns whether nothing is left or nothing can be fetched now."""
        finished, began = True, asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._introductions.before_pull(pod, group)
                finished = await pull_of_its_own(self._deps, pod, group)
            soon = asyncio.get_running_loop().time() - began <= SOON_SECONDS
            self._answered(pod, "done" if finished and soon else "slow")
        except TimeoutError:
            self._answered(pod, "slow")
            _LOG.info("pulling %s from %s: not finished, the next pull goes on", group, pod)
        except (RemoteError, RefusedError) as error:
            if isinstance(error, RemoteError) and error.status is None:
                self._standings.pop(pod, None)
                self._silent[pod] = self._deps.clock() + SILENT_MS
            _LOG.info("pulling %s from %s: %s", group, pod, error)
        except Exception:  # noqa: BLE001  (logged; the loops and the server go on)
            _LOG.exception("pulling %s from %s failed", group, pod)
        return finished

    def _answered(self, pod: str, standing: Standing) -> None:
        self._silent.pop(pod, None)
        if pod not in self._standings and len(self._standings) >= MOST_REMEMBERED:
            del self._standings[next(iter(self._standings))]
        self._standings[pod] = standing
