"""The pod's own work: groups that changed are tended, gaps are pulled, activities that are due are delivered.

Work is found in the database, so a kill loses nothing: at start every group is tended and every lane looked at. What
waits for another server runs beside the tending and never holds it up.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncSession

from federation.group_header import GroupHeader
from models.fediverse.deliveries import host_of_inbox
from models.groups.groups_and_items import list_groups, load_group
from models.groups.waiting import prune_waiting
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import load_view
from pod.actions.fediverse.followers import tell_followers
from pod.actions.handover.propose import hand_over_if_due
from pod.actions.sync.fetch_reposts import fetch_reposted
from pod.actions.sync.gap_check import compare
from pod.actions.sync.push import pods_of, push
from pod.actions.sync.withheld_records import note_withheld
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs.delivery import Courier
from pod.jobs.pulling import LONGEST_SECONDS, Pulls
from protocol.ids import RecordId
from protocol.records.envelope import Record

TICK_SECONDS = 0.05
LOOK_ROUND_EVERY_MS = 60_000
ROUNDS_AT_ONCE = 16
MOST_GROUPS = 10_000
COMPARE_AFTER_SECONDS = 0.5
MOST_TOLD = 10_000
WAITS_MS = 24 * 3600 * 1000  # for its author, after which a record makes room; a pull brings what the log has
_LOG = logging.getLogger(__name__)


class Loops:
    """Wakes groups, pulls and the courier; all but `run` may be called from anywhere in the event loop."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._woken: set[RecordId] = set()
        self._looked_round_at = 0
        self._behind: set[tuple[str, RecordId]] = set()
        self._lacking: set[RecordId] = set()
        self._told: dict[tuple[str, RecordId], GroupHeader] = {}
        self._to_look_at: set[RecordId] = set()
        self._rounds: set[RecordId] = set()
        self._rounds_gate = asyncio.Semaphore(ROUNDS_AT_ONCE)
        self._courier: Courier | None = None

    def wake(self, group: RecordId) -> None:
        """Have a group tended soon."""
        self._woken.add(group)

    def behind(self, group: RecordId, pod: str) -> None:
        """Have a group pulled from `pod`, which told of something whose beginning is missing here."""
        self._behind.add((pod, group))

    def lacks(self, group: RecordId) -> None:
        """Have what a group reposts, and isn't here, fetched soon."""
        self._lacking.add(group)

    def deliver(self) -> None:
        """Have the outbox looked at soon."""
        if self._courier is not None:
            self._courier.look()

    def heard(self, actor: str, header: GroupHeader | None) -> None:
        """A request of this actor was verified: what waits for its host is tried again, what it told is compared."""
        if self._courier is not None:
            self._courier.heard(host_of_inbox(actor))
        if header is not None and len(self._told) < MOST_TOLD:
            self._told["/".join(actor.split("/", 3)[:3]), header.group] = header

    async def run(self, deps: Deps) -> None:
        """Work until cancelled."""
        async with deps.store.database.read() as session:
            self._woken.update(group.id for group in await list_groups(session, MOST_GROUPS))
        self._courier = Courier(deps)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tend_forever(deps, tasks))
            tasks.create_task(self._compare_forever(deps))
            tasks.create_task(self._courier.run())

    async def _tend_forever(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        pulls = Pulls(deps, tasks)
        while True:
            # A short breath gathers what belongs into one seal.
            await asyncio.sleep(TICK_SECONDS)
            deps.memory.beats["tending"] = self.clock()
            woken, self._woken = self._woken, set()
            behind, self._behind = self._behind, set()
            for pod, group in behind:
                pulls.start(pod, group, heard=True)
            lacking, self._lacking = self._lacking, set()
            for group in lacking:
                tasks.create_task(_fetch_reposted(deps, group))
            try:
                await self._look_round(deps, self.clock())
            except Exception:  # noqa: BLE001  (logged; it is tried again after a minute, and the loop goes on)
                _LOG.exception("looking round failed")
            self._start_rounds(deps, pulls, tasks)
            for group in sorted(woken):
                deps.memory.beats["tending"] = self.clock()
                try:
                    await tend(deps, group)
                except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                    _LOG.exception("tending %s failed", group)

    async def _look_round(self, deps: Deps, now: int) -> None:
        if now - self._looked_round_at < LOOK_ROUND_EVERY_MS:
            return
        self._looked_round_at = now
        await deps.store.write(lambda session: prune_waiting(session, now - WAITS_MS))
        async with deps.store.database.read() as session:
            self._to_look_at.update(group.id for group in await list_groups(session, MOST_GROUPS))

    async def _compare_forever(self, deps: Deps) -> None:
        earlier: dict[tuple[str, RecordId], GroupHeader] = {}
        while True:
            # What a sender has sealed already often comes right behind: only what stays away is a gap.
            await asyncio.sleep(COMPARE_AFTER_SECONDS)
            deps.memory.beats["comparing"] = self.clock()
            for (pod, _), header in earlier.items():
                deps.memory.beats["comparing"] = self.clock()
                try:
                    await compare(deps, pod, header)
                except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                    _LOG.exception("comparing %s with %s failed", header.group, pod)
            earlier, self._told = self._told, {}

    def _start_rounds(self, deps: Deps, pulls: Pulls, tasks: asyncio.TaskGroup) -> None:
        starting = self._to_look_at - self._rounds
        self._to_look_at -= starting
        self._rounds |= starting
        for group in sorted(starting):
            tasks.create_task(self._round(deps, pulls, group))

    async def _round(self, deps: Deps, pulls: Pulls, group: RecordId) -> None:
        """Tend a group, pull it from all its pods, then see whether the steward's job is to be taken."""
        try:
            async with self._rounds_gate:
                pods = await tend(deps, group)
                others = [pulls.start(pod, group) for pod in pods if pod != deps.identity.base_url]
                await asyncio.gather(*others)
                await note_withheld(deps, group)
                await _fetch_reposted(deps, group)
                await hand_over_if_due(deps, group)
        except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
            _LOG.exception("looking after %s failed", group)
        finally:
            self._rounds.discard(group)


async def _fetch_reposted(deps: Deps, group: RecordId) -> None:
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            await fetch_reposted(deps, group)
    except Exception:  # noqa: BLE001  (logged; it is tried again with the next round)
        _LOG.exception("fetching what %s reposts failed", group)


async def tend(deps: Deps, group: RecordId) -> list[str]:
    """Seal, confirm, tell followers, and have the steward asked for missing log entries; the group's pods."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        sent: list[Record] = []
        sealed = await seal(session, deps, group, now=now)
        if sealed is not None:
            sent.append(sealed)
        sent += await confirm_head(session, deps, group, now=now)
        for record in sent:
            await push(session, deps, record, now=now)

    await deps.store.write(action)
    await tell_followers(deps, group, now=now)
    async with deps.store.database.read() as session:
        state = (await load_view(session, deps, group)).state
        stored = await load_group(session, group)
    if stored is not None and stored.log_size < state.log.size and state.steward.pod != deps.identity.base_url:
        deps.signals.behind(group, state.steward.pod)
    return pods_of(state)
