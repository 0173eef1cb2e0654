"""The pod's own work: groups that changed are tended, activities that are due are delivered.

Work is found in the database, so a kill loses nothing: at start every group is tended and every delivery looked at.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from models.chain import list_groups, load_group
from pod.actions.chains import load_view
from pod.actions.handing_over import Tries, hand_over_if_due
from pod.actions.outbox import pods_of, push
from pod.actions.sealing import confirm_head, seal
from pod.actions.syncing import pull
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs.delivery import Courier
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import Record

TICK_SECONDS = 0.05
PULL_EVERY_MS = 60_000
MOST_GROUPS = 10_000
_LOG = logging.getLogger(__name__)


class Loops:
    """Wakes groups and the courier; `wake` and `deliver` may be called from anywhere in the event loop."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._woken: set[RecordId] = set()
        self._due = asyncio.Event()
        self._pulled_at = 0
        self._behind: dict[RecordId, str] = {}
        self._tries = Tries()

    def wake(self, group: RecordId) -> None:
        """Have a group tended soon."""
        self._woken.add(group)

    def behind(self, group: RecordId, pod: str) -> None:
        """Have a group pulled from `pod`, which told of something whose beginning is missing here."""
        self._behind[group] = pod

    def deliver(self) -> None:
        """Have the outbox looked at soon."""
        self._due.set()

    async def run(self, deps: Deps, actor_pem: bytes) -> None:
        """Work until cancelled."""
        async with deps.database.read() as session:
            self._woken.update(group.id for group in await list_groups(session, MOST_GROUPS))
        courier = Courier(deps, actor_pem)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tend_forever(deps))
            tasks.create_task(self._deliver_forever(courier))

    async def _tend_forever(self, deps: Deps) -> None:
        while True:
            # A short breath gathers what belongs into one seal.
            await asyncio.sleep(TICK_SECONDS)
            woken, self._woken = self._woken, set()
            behind, self._behind = self._behind, {}
            for group, pod in behind.items():
                await _pull_quietly(deps, pod, group)
            now = self.clock()
            if now - self._pulled_at >= PULL_EVERY_MS:
                self._pulled_at = now
                async with deps.database.read() as session:
                    every = {group.id for group in await list_groups(session, MOST_GROUPS)}
                woken |= every
            for group in sorted(woken):
                try:
                    await tend(deps, group, pull_all=self._pulled_at == now)
                    if self._pulled_at == now:
                        await hand_over_if_due(deps, group, self._tries)
                except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                    _LOG.exception("tending %s failed", group)

    async def _deliver_forever(self, courier: Courier) -> None:
        while True:
            try:
                await courier.deliver_due(now=self.clock())
            except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                _LOG.exception("delivering failed")
            try:
                await asyncio.wait_for(self._due.wait(), 0.5)
            except TimeoutError:
                continue
            finally:
                self._due.clear()


async def tend(deps: Deps, group: RecordId, *, pull_all: bool = False) -> None:
    """Seal, confirm and, where something is missing, pull."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        sent: list[Record] = []
        sealed = await seal(session, deps, group, now=now)
        if sealed is not None:
            sent.append(sealed)
        sent += await confirm_head(session, deps, group, now=now)
        for record in sent:
            await push(session, deps, record, now=now)

    await deps.write(action)
    async with deps.database.read() as session:
        state = (await load_view(session, deps, group)).state
        stored = await load_group(session, group)
    behind = stored is not None and stored.log_size < state.log.size
    pods = [state.steward.pod] if behind else []
    for pod in pods_of(state) if pull_all else pods:
        if pod != deps.base_url:
            await _pull_quietly(deps, pod, group)


async def _pull_quietly(deps: Deps, pod: str, group: RecordId) -> None:
    try:
        await pull(deps, pod, group)
    except (RemoteError, RefusedError) as error:
        _LOG.info("pulling %s from %s: %s", group, pod, error)
