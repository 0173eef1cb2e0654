"""Groups of the pod's floor that aren't here are fetched from the pods that the configuration or an admin named.

That is tried when the pod starts, and again a few times soon and then rarely, by one process at a time.
"""

from __future__ import annotations

import asyncio
import logging

from federation.errors import RemoteError
from models.pod.floor_groups import FloorGroup
from pod.actions.admin.floor_choice import fetch_lacking
from pod.actions.reading.lens.floor import list_lacking_floor
from pod.deps import Deps
from pod.jobs.pulls import LONGEST_SECONDS
from protocol.errors import RefusedError

EVERY_MS = 60_000
FETCH = "fetch of a floor group"
FETCH_BY_ONE = "fetch of a floor group by one process"
_LOG = logging.getLogger(__name__)


class FloorFetches:
    """The fetches in progress, one for each group."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running: set[FloorGroup] = set()
        self._looked_at: int | None = None

    async def start_due(self) -> None:
        """At most once a minute, begin to fetch floor groups that aren't here and may be asked for again."""
        now = self._deps.clock()
        if self._looked_at is not None and 0 <= now - self._looked_at < EVERY_MS:
            return
        self._looked_at = now
        async with self._deps.store.database.read() as session:
            lacking = await list_lacking_floor(session, self._deps.config)
        for one in lacking:
            if one.pod and one not in self._running and await self._may_ask(one, now):
                self._running.add(one)
                self._tasks.create_task(self._fetch(one))

    async def _may_ask(self, one: FloorGroup, now: int) -> bool:
        try:
            # Else the first tries of all processes would be over before the other pod answers.
            await self._deps.store.limits.take(FETCH_BY_ONE, one.group, now=now)
            await self._deps.store.limits.take(FETCH, one.group, now=now)
        except RefusedError:
            return False
        return True

    async def _fetch(self, one: FloorGroup) -> None:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await fetch_lacking(self._deps, one)
        except (RemoteError, RefusedError, TimeoutError) as error:
            _LOG.warning("the floor's group %s isn't fetched from %s: %s", one.group, one.pod, error)
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loops and the server go on)
            _LOG.exception("fetching the floor's group %s failed", one.group)
        finally:
            self._running.discard(one)
