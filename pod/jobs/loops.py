"""The pod's own work: groups that changed are tended, gaps are pulled, activities that are due are delivered.

Work is found in the database, so a kill loses nothing: what was in hand is due at once when a process starts. Groups
that nobody writes in cost nothing. What waits for another server runs beside the tending and never holds it up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from federation.group_header import GroupHeader
from models.decisions.poll_calls import prune_calls
from models.engine.wake_ups import listen
from models.engine.writer import after_commit
from models.fediverse.deliveries import host_of_inbox, prune_hosts
from models.fediverse.known_keys import prune_known_keys
from models.fediverse.peers import hasten_peers
from models.fediverse.readers import prune_readers
from models.fediverse.seen_signatures import prune_seen
from models.groups.groups_and_items import load_group
from models.groups.rounds import hasten_rounds, mark_all_due, mark_due
from models.groups.told_reposts import prune_told
from models.groups.waiting_records import prune_void, prune_waiting
from models.moving.moves import hasten_moves
from models.people.own_calls import prune_own_calls
from models.pod.tries import prune_buckets
from pod.actions.chain.hopeless_operations import let_void_go
from pod.actions.chain.proposed_operations import judge_proposed
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import find_view
from pod.actions.decisions.due_polls import carry_on_polls
from pod.actions.fediverse.followers import tell_followers
from pod.actions.fediverse.told_polls import tell_of_polls
from pod.actions.groups.identity_claims import sign_wanted
from pod.actions.moving.closed_accounts import carry_on_closings
from pod.actions.moving.switch_freeze import thaw_overdue
from pod.actions.moving.traveller_wishes import sweep_moves
from pod.actions.moving.words_opened import forget_dead_actors
from pod.actions.sync.gap_check import compare
from pod.actions.sync.push import pods_of, push
from pod.budgets.processor import Processor
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs.delivery import Courier, wait_for
from pod.jobs.introductions import Introductions
from pod.jobs.looks import Looks
from pod.jobs.pulls import Pulls
from pod.jobs.rounds import fetch_bounded
from pod.store import note_woken
from protocol.ids import RecordId
from protocol.records.envelope import Record

TICK_SECONDS = 0.05
LONGEST_BREATH_SECONDS = 0.25
BEAT_SECONDS = 1.0
LOOK_EVERY_SECONDS = 1.0
FETCHED_AFTER_MS = 60_000
PRUNE_EVERY_MS = 60_000
COMPARE_AFTER_SECONDS = 0.5
MOST_TOLD = 10_000
WAITS_MS = 24 * 3600 * 1000  # how long a record waits for its author; later a pull brings it if the log has it
REMEMBERS_TOLD_MS = 90 * 24 * 3600 * 1000
REMEMBERS_VOID_MS = 30 * 24 * 3600 * 1000
_LOG = logging.getLogger(__name__)


class Loops:
    """Wakes groups, pulls and the courier; every method but `run` may be called from anywhere in the event loop."""

    def __init__(self, clock: Clock, processor: Processor | None = None) -> None:
        self.clock = clock
        self._processor = processor
        self._running = False
        self._stirred = asyncio.Event()
        self._woken: set[RecordId] = set()
        self._pruned_at = 0
        self._behind: set[tuple[str, RecordId]] = set()
        self._lacking: set[RecordId] = set()
        self._told: dict[tuple[str, RecordId], GroupHeader] = {}
        self._overheard = False
        self._courier: Courier | None = None
        self._introductions: Introductions | None = None

    def wake(self, session: AsyncSession, group: RecordId) -> None:
        """Have the group tended after this action's commit; if this process dies first, another one tends it."""
        note_woken(session, group, by_others=not self._running)
        after_commit(session, lambda: self._tend_soon(group))

    def _tend_soon(self, group: RecordId) -> None:
        self._woken.add(group)
        self._stirred.set()

    def _wake_up(self, group: RecordId) -> None:
        """Tend the group and deliver, because a process that runs no loops wrote something."""
        self._tend_soon(group)
        self.deliver()

    def behind(self, group: RecordId, pod: str) -> None:
        """Have the group pulled from `pod`, which mentioned something that needs records missing here."""
        self._behind.add((pod, group))
        self._stirred.set()

    def lacks(self, group: RecordId) -> None:
        """Have the groups fetched soon that this group reposts and that aren't here."""
        self._lacking.add(group)
        self._stirred.set()

    def deliver(self) -> None:
        """Make the courier look at the outbox soon."""
        if self._courier is not None:
            self._courier.look()

    def heard(self, actor: str, header: GroupHeader | None) -> None:
        """Note that a request of this actor was verified: retry deliveries to its host, compare the group it names."""
        if self._courier is not None and self._introductions is not None:
            self._introductions.heard(host_of_inbox(actor))
            self._courier.heard(host_of_inbox(actor))
        if header is None:
            return
        if len(self._told) < MOST_TOLD:
            self._told["/".join(actor.split("/", 3)[:3]), header.group] = header
        elif not self._overheard:
            _LOG.warning("more than %d pods told of groups within a moment: exchanges find what they lack", MOST_TOLD)
            self._overheard = True

    async def run(self, deps: Deps, changed_key: Callable[[str | None], None]) -> None:
        """Work until cancelled; `changed_key` is told which key of another server another process stored."""
        self._introductions = introductions = Introductions(deps)
        self._courier = Courier(deps, introductions)
        self._running = True
        async with asyncio.TaskGroup() as tasks:
            pulls = Pulls(deps, tasks, introductions, self._processor)
            tasks.create_task(self._tend_forever(deps, tasks, pulls))
            tasks.create_task(self._look_forever(deps, Looks(deps, tasks, introductions, pulls, tend)))
            tasks.create_task(self._compare_forever(deps))
            tasks.create_task(listen(deps.store.database, self._wake_up, changed_key))
            tasks.create_task(self._courier.run())

    async def _begin(self, session: AsyncSession, deps: Deps) -> None:
        now = self.clock()
        await hasten_rounds(session, now=now)
        # Nobody repeats what other pods sent while this pod was down, so it asks them.
        await hasten_peers(session, None, now=now)
        await hasten_moves(session, now=now)
        if deps.identity.keyring.former:
            await mark_all_due(session, now=now)

    async def _tend_forever(self, deps: Deps, tasks: asyncio.TaskGroup, pulls: Pulls) -> None:
        clock, spent = asyncio.get_running_loop().time, 0.0
        while True:
            await wait_for(self._stirred, BEAT_SECONDS)
            self._stirred.clear()
            # A pause, so that one seal takes what arrives together.
            await asyncio.sleep(breath_after(spent))
            deps.memory.beats["tending"] = self.clock()
            woken, self._woken = self._woken, set()
            behind, self._behind = self._behind, set()
            for pod, group in behind:
                pulls.start(pod, group, heard=True)
            lacking, self._lacking = self._lacking, set()
            for group in lacking:
                tasks.create_task(self._fetch(deps, group))
            began = clock()
            for group in sorted(woken):
                deps.memory.beats["tending"] = self.clock()
                try:
                    await tend(deps, group)
                except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                    _LOG.exception("tending %s failed", group)
            spent = clock() - began

    async def _look_forever(self, deps: Deps, looks: Looks) -> None:
        begun = False
        while True:
            deps.memory.beats["looking"] = self.clock()
            try:
                if not begun:
                    await deps.store.write(lambda session: self._begin(session, deps))
                    begun = True
                await self._prune(deps, self.clock())
                await looks.look()
            except Exception:  # noqa: BLE001  (logged; it is tried again, and the loop goes on)
                _LOG.exception("looking round failed")
            # Short, because nothing wakes this loop when another process writes or the clock jumps.
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _prune(self, deps: Deps, now: int) -> None:
        if now - self._pruned_at >= PRUNE_EVERY_MS:
            self._pruned_at = now
            await deps.store.write(lambda session: _prune(session, now))
            await thaw_overdue(deps)
            await forget_dead_actors(deps)
            await carry_on_closings(deps)
            await sweep_moves(deps)

    async def _fetch(self, deps: Deps, group: RecordId) -> None:
        if await fetch_bounded(deps, group):
            # The fetched posts may be shown now, and followers told; posts that didn't come are asked for again.
            await deps.store.write(lambda session: mark_due(session, [group], at=self.clock() + FETCHED_AFTER_MS))

    async def _compare_forever(self, deps: Deps) -> None:
        earlier: dict[tuple[str, RecordId], GroupHeader] = {}
        while True:
            # Often the sender's next delivery has what seems to be missing, so wait a moment first.
            await asyncio.sleep(COMPARE_AFTER_SECONDS)
            deps.memory.beats["comparing"] = self.clock()
            for (pod, _), header in earlier.items():
                deps.memory.beats["comparing"] = self.clock()
                try:
                    await compare(deps, pod, header)
                except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                    _LOG.exception("comparing %s with %s failed", header.group, pod)
            earlier, self._told, self._overheard = self._told, {}, False


def breath_after(spent: float) -> float:
    """How long to gather what belongs into one seal, by how long the last tending took, both in seconds.

    A seal costs much the same for one record as for hundreds, so a pod that has much to do makes fewer of them.
    """
    return min(max(TICK_SECONDS, 2 * spent), LONGEST_BREATH_SECONDS)


async def _prune(session: AsyncSession, now: int) -> None:
    await prune_waiting(session, now - WAITS_MS)
    await prune_void(session, now - REMEMBERS_VOID_MS)
    await prune_seen(session, now=now)
    await prune_known_keys(session, now=now)
    await prune_hosts(session, now=now)
    await prune_readers(session, now)
    await prune_buckets(session, now=now)
    await prune_told(session, now - REMEMBERS_TOLD_MS)
    await prune_calls(session, now=now)
    await prune_own_calls(session, now=now)


async def tend(deps: Deps, group: RecordId) -> list[str]:
    """Seal, confirm, tell followers, and pull missing log entries from the steward; returns the group's pods."""
    now = deps.clock()

    async def action(session: AsyncSession) -> None:
        sent: list[Record] = []
        sealed = await seal(session, deps, group, now=now)
        if sealed is not None:
            sent.append(sealed)
        sent += await confirm_head(session, deps, group, now=now, sealed=sealed.id if sealed is not None else None)
        await let_void_go(session, deps, group, now=now)
        await judge_proposed(session, deps, group, now=now)
        await sign_wanted(session, deps, group)
        for record in sent:
            await push(session, deps, record, now=now)

    await deps.store.write(action)
    await carry_on_polls(deps, group)
    await tell_followers(deps, group, now=now)
    await tell_of_polls(deps, group, now=now)
    state = (await find_view(deps, group)).state
    if state.steward.pod != deps.identity.base_url:
        async with deps.store.database.read() as session:
            stored = await load_group(session, group)
        if stored is not None and stored.log_size < state.log.size:
            deps.signals.behind(group, state.steward.pod)
    return pods_of(state)
