"""Rounds: a group whose time has come is tended, pulled from its pods, and gets its next time; no other is looked at.

A round is due a minute after a group was written in, and again while anything in it isn't settled: each minute at
first, then every ten. What has a time of its own (a handover, a record that is left out) isn't late for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from models.decisions.deadlines import next_deadline
from models.fediverse.peers import list_unknown_peers, put_peers
from models.groups.groups_and_items import load_group
from models.groups.proposed_operations import has_proposed
from models.groups.rounds import Round, claim_rounds, first_round_at, list_due_rounds, settle_round
from models.groups.waiting_records import has_waiting
from pod.actions.chain.seat_memory import load_waiting_since
from pod.actions.chain.views import load_view
from pod.actions.handover.propose import hand_over_if_due, proposal_at
from pod.actions.handover.renew_key import awaits_renewal
from pod.actions.sync.fetch_claims import fetch_claimed
from pod.actions.sync.fetch_reposts import fetch_reposted
from pod.actions.sync.push_again import push_again
from pod.actions.sync.told_reposts import look_at_told
from pod.actions.sync.withheld_records import PATIENCE_MS, note_withheld
from pod.deps import Deps
from pod.jobs.exchanges import EXCHANGE_EVERY_MS
from pod.jobs.pulls import LONGEST_SECONDS, Pulls
from protocol.ids import RecordId

AT_ONCE = 16
CLAIM_MS = 60_000  # then another process may take over a group whose round isn't over
SOON_MS = 60_000
LATER_MS = 600_000
OWED_AGAIN_MS = 1000
LOOKS_SOON = 10  # in a quiet group, so many rounds come a minute apart; then they are rare
_LOG = logging.getLogger(__name__)


class Rounds:
    """Rounds in progress, `AT_ONCE` at a time; only one process at a time has the round of a group."""

    def __init__(
        self,
        deps: Deps,
        tasks: asyncio.TaskGroup,
        pulls: Pulls,
        tend: Callable[[Deps, RecordId], Awaitable[list[str]]],
    ) -> None:
        self._deps = deps
        self._tasks = tasks
        self._pulls = pulls
        self._tend = tend
        self._running: set[RecordId] = set()

    async def start_due(self) -> int | None:
        """Claim groups whose time has come, as many as there is room for, and begin their rounds.

        Returns when the next round is due if nobody writes; None: never.
        """
        room, now = AT_ONCE - len(self._running), self._deps.clock()
        if room <= 0:
            return now
        async with self._deps.store.database.read() as session:
            due = await list_due_rounds(session, now=now, limit=AT_ONCE)
            if not due:
                return await first_round_at(session)
        wanted = [group for group in due if group not in self._running][:room]
        if not wanted:
            return now
        claim = partial(claim_rounds, groups=wanted, now=now, until=now + CLAIM_MS)
        for claimed in await self._deps.store.write(claim):
            self._running.add(claimed.group)
            self._tasks.create_task(self._go_round(claimed))
        return now

    async def _go_round(self, claimed: Round) -> None:
        group = claimed.group
        next_at: int | None = self._deps.clock() + SOON_MS
        try:
            lacking = await self._look_after(group)
            next_at = await self._next_at(claimed, lacking=lacking)
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loop and the server go on)
            _LOG.exception("looking after %s failed", group)
        try:
            await self._deps.store.write(lambda session: settle_round(session, claimed, next_at=next_at))
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself)
            _LOG.exception("the round of %s couldn't be noted", group)
        finally:
            self._running.discard(group)

    async def _look_after(self, group: RecordId) -> bool:
        """Tend a group, pull it from all its pods, take the steward's job if it is due; whether fetches are missing."""
        deps = self._deps
        pods = [pod for pod in await self._tend(deps, group) if pod != deps.identity.base_url]
        await self._know(pods)
        await asyncio.gather(*(self._pulls.start(pod, group) for pod in pods))
        await push_again(deps, group)
        await note_withheld(deps, group)
        lacking = await fetch_bounded(deps, group)
        await hand_over_if_due(deps, group)
        return lacking

    async def _know(self, pods: list[str]) -> None:
        async with self._deps.store.database.read() as session:
            new = await list_unknown_peers(session, pods)
        if new:
            at = self._deps.clock() + EXCHANGE_EVERY_MS
            await self._deps.store.write(lambda session: put_peers(session, new, at=at))

    async def _next_at(self, claimed: Round, *, lacking: bool) -> int | None:
        """When the group's next round is due; None if nothing in it waits."""
        deps, group, now = self._deps, claimed.group, self._deps.clock()
        async with deps.store.database.read() as session:
            view = await load_view(session, deps, group)
            stored = await load_group(session, group)
            waiting_since = await load_waiting_since(session, view, now=now)
            strangers = await has_waiting(session, group) or await has_proposed(session, group)
            deadline = await next_deadline(session, group, after=view.state.at)
            turn_at = await proposal_at(session, deps, view, waiting_since) if waiting_since is not None else None
        whole = stored is not None and stored.log_size == view.state.log.size and view.head == view.anchor
        quiet = whole and waiting_since is None and not (strangers or lacking or awaits_renewal(deps, view.state))
        if quiet and (deadline is None or deadline > now):
            return deadline
        if deadline is not None and deadline <= now and view.state.steward.key == deps.identity.keyring.pod_key.did:
            return now + OWED_AGAIN_MS  # it came while this round was under way
        # Past a deadline, this pod asks for the item that the steward owes.
        times = [now + (SOON_MS if claimed.looks < LOOKS_SOON else LATER_MS)]
        if waiting_since is not None:
            times += [waiting_since + PATIENCE_MS, turn_at or 0]
        times += [deadline] if deadline is not None else []
        return min(time for time in times if time > now)


async def fetch_bounded(deps: Deps, group: RecordId) -> bool:
    """Fetch groups that this one reposts and identities of its members, and check reports of reposts.

    Stops after LONGEST_SECONDS; returns whether something was missing.
    """
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            lacking = [await fetch_claimed(deps, group), await fetch_reposted(deps, group)]
            return await look_at_told(deps, group) or any(lacking)
    except Exception:  # noqa: BLE001  (logged; it is tried again with the next round)
        _LOG.exception("fetching what %s names failed", group)
        return True
