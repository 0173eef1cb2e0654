"""Exchanges: each pod that shares groups with this one is asked, now and then, in which of them it has something else.

That is every ten minutes, and soon where something may have been missed: when this pod starts, when a host answers
again that didn't, and, with growing pauses, while a pod can't be asked.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from federation.errors import RemoteError
from models.fediverse.peers import DuePeer, claim_peers, first_peer_at, forget_peer, list_due_peers, settle_peer
from pod.actions.sync.standings import a_shared_group, ask_differing
from pod.clock import jitter
from pod.deps import Deps
from pod.jobs.introductions import Introductions
from pod.jobs.pulls import LONGEST_SECONDS, Pulls
from protocol.errors import RefusedError

EXCHANGE_EVERY_MS = 600_000
SPREAD_MS = 120_000  # so that pods that started at the same time don't keep asking at the same time
AGAIN_MS = 60_000
CLAIM_MS = 60_000
AT_ONCE = 16
_LOG = logging.getLogger(__name__)


class Exchanges:
    """Comparisons with other pods, `AT_ONCE` at a time; only one process asks a pod at a time."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup, pulls: Pulls, introductions: Introductions) -> None:
        self._deps = deps
        self._introductions = introductions
        self._tasks = tasks
        self._pulls = pulls
        self._running: set[str] = set()

    async def start_due(self) -> int | None:
        """Ask pods whose time has come, as many as there is room for; returns when the next is due, None: never."""
        room, now = AT_ONCE - len(self._running), self._deps.clock()
        if room <= 0:
            return now
        async with self._deps.store.database.read() as session:
            due = await list_due_peers(session, now=now, limit=AT_ONCE)
            if not due:
                return await first_peer_at(session)
        wanted = [pod for pod in due if pod not in self._running][:room]
        if not wanted:
            return now
        claim = partial(claim_peers, pods=wanted, now=now, until=now + CLAIM_MS)
        for peer in await self._deps.store.write(claim):
            self._running.add(peer.pod)
            self._tasks.create_task(self._exchange(peer))
        return now

    async def _exchange(self, peer: DuePeer) -> None:
        try:
            shared = await self._asked(peer.pod)
            await self._settle(peer, shared)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself)
            _LOG.exception("comparing with %s failed", peer.pod)
        finally:
            self._running.discard(peer.pod)

    async def _asked(self, pod: str) -> int | None:
        """Compare with a pod and pull what differs; returns how many groups are shared, None without an answer."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                if (one := await a_shared_group(self._deps, pod)) is None:
                    return 0
                await self._introductions.before_question(pod, one)
                shared, differing = await ask_differing(self._deps, pod)
        except (RemoteError, RefusedError, TimeoutError) as error:
            _LOG.info("comparing with %s: %s", pod, error)
            return None
        for group in differing:
            self._pulls.start(pod, group, heard=True)
        return shared

    async def _settle(self, peer: DuePeer, shared: int | None) -> None:
        deps, now = self._deps, self._deps.clock()
        if shared == 0:
            await deps.store.write(lambda session: forget_peer(session, peer.pod))
            return
        failures = peer.failures + 1 if shared is None else 0
        pause = min(AGAIN_MS << min(failures - 1, 10), EXCHANGE_EVERY_MS) if failures else EXCHANGE_EVERY_MS
        next_at = now + pause + int(jitter() * SPREAD_MS)
        await deps.store.write(lambda session: settle_peer(session, peer.pod, failures=failures, next_at=next_at))
