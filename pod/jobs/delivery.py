"""Deliveries: a lane a host, in order; hosts that answer are never held up by hosts that don't.

Lanes are claimed from the database, sent from by a fixed number of workers, and given back in batches; nothing is
rewritten for each delivery. Hosts that took the last delivery and those that failed or are new have workers of their
own, so that any number of black holes delays only each other. There are no rounds: what is free takes what is due.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.delivery import (
    OLDEST_MS,
    SCHEME_LIFE_MS,
    DeliveryTaken,
    GivenUp,
    Outcome,
    Postponed,
    first_scheme,
    kept_error,
    knocks_again,
    other_scheme,
    outcome_of,
    pause_ms,
)
from federation.errors import RemoteError, Sentences, sentences_of
from federation.group_header import NAME, header_of
from federation.signatures import Scheme, SignedRequest, sign
from models.fediverse.deliveries import (
    LEASE_MS,
    Closing,
    Delivery,
    Host,
    Lane,
    claim_lanes,
    close_lanes,
    first_lane_at,
    hasten,
    list_due,
    list_resting,
    renew_leases,
)
from models.fediverse.peers import hasten_peers
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.receipts import receipt_in
from pod.actions.chain.views import find_view
from pod.actions.fediverse.actors import signing_key
from pod.actions.moving.told_moves import note_moves
from pod.actions.private_groups import may_be_told
from pod.clock import jitter, random_token
from pod.deps import Deps
from pod.jobs.calm import Calm
from pod.jobs.introductions import Introductions
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.records.envelope import Record
from protocol.state import GroupState

WORKERS = 96  # of each kind; both together leave some of the HTTP client's connections for pulls
AHEAD = 4 * WORKERS  # lanes of each kind that are held at once, so that one claim or commit is for many of them
LOOK_EVERY_SECONDS = 0.5
BREATH_SECONDS = 0.1
ENOUGH_TO_CLOSE = 256
FAILED_HERE: Final = Sentences("This pod failed; see its log.", "Den här servern fick ett fel; se dess logg.")
NOBODY_THERE: Final = Sentences(
    "Nobody of the private group is at home there any more.", "Ingen i den privata gruppen hör längre hemma där."
)
_LOG = logging.getLogger(__name__)


class _HeldHosts(NamedTuple):
    well: bool
    host: Host


class Courier:
    """Delivers what is due until it is cancelled; each activity's actor signs the request."""

    def __init__(self, deps: Deps, introductions: Introductions) -> None:
        self._deps = deps
        self._introductions = introductions
        self._worker = random_token()
        self._queues: dict[bool, asyncio.Queue[Lane]] = {True: asyncio.Queue(), False: asyncio.Queue()}
        self._held: dict[str, _HeldHosts] = {}
        self._under_way: set[str] = set()  # held hosts that aren't closed and haven't failed lately
        self._closings: list[Closing] = []
        self._receipts: list[Record] = []
        self._to_close = asyncio.Event()
        self._enough = asyncio.Event()
        self._headers: dict[RecordId, tuple[GroupState, str]] = {}
        self._look = asyncio.Event()
        self._heard: set[str] = set()
        self._calm = Calm(deps.store.database)

    def look(self) -> None:
        """Make the courier look at the lanes soon."""
        self._look.set()

    def heard(self, host: str) -> None:
        """Note that a request of this host was verified; the next look tries again what waits for the host."""
        self._heard.add(host)

    async def run(self) -> None:
        """Work until cancelled; then store what is done and release the lanes."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for well in (True, False):
                    for _ in range(WORKERS):
                        tasks.create_task(self._work(self._queues[well]))
                tasks.create_task(self._claim_forever())
                tasks.create_task(self._close_forever())
                tasks.create_task(self._renew_forever())
        finally:
            await self._give_back()

    async def _claim_forever(self) -> None:
        while True:
            self._look.clear()
            self._deps.memory.beats["delivering"] = self._deps.clock()
            try:
                await self._hasten_heard()
                await self._claim_due()
            except Exception:  # noqa: BLE001  (logged; the loop and the server go on)
                _LOG.exception("looking at the lanes failed")
            # Short, because nothing wakes this loop when another process writes or the clock jumps.
            await wait_for(self._look, LOOK_EVERY_SECONDS)

    async def _hasten_heard(self) -> None:
        heard, self._heard = self._heard, set()
        if not heard:
            return
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            resting = await list_resting(session, heard, now=now)
        if resting:
            await self._deps.store.write(lambda session: hasten(session, resting, now=now))

    async def _claim_due(self) -> None:
        now = self._deps.clock()
        if await self._calm.holds(now):
            return
        for well in (True, False):
            await self._claim(well=well)
        if not self._held:
            async with self._deps.store.database.read() as session:
                self._calm.begin(now, await first_lane_at(session))

    async def _claim(self, *, well: bool) -> None:
        room = AHEAD - sum(held.well is well for held in self._held.values())
        if room <= 0:
            return
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            due = await list_due(session, well=well, now=now, limit=AHEAD)
        # A lane that is held here looks due if the clock jumped past the end of its lease.
        wanted = [host for host in due if host not in self._held][:room]
        if not wanted:
            return
        # The time is read again in the action, because others may have claimed lanes while it waited to write.
        clock = self._deps.clock
        lanes = await self._deps.store.write(
            lambda session: claim_lanes(session, self._worker, wanted, now=clock()), patient=True
        )
        for lane in lanes:
            self._held[lane.host.host] = _HeldHosts(well, lane.host)
            if not lane.host.attempts:
                self._under_way.add(lane.host.host)
            self._queues[well].put_nowait(lane)

    async def _work(self, queue: asyncio.Queue[Lane]) -> None:
        while True:
            lane = await queue.get()
            try:
                closing = await self._drain(lane)
            except Exception:  # noqa: BLE001  (logged; it is tried again as if the host hadn't answered)
                _LOG.exception("delivering to %s failed", lane.host.host)
                closing = Closing(self._after(lane.host, Postponed(FAILED_HERE)))
            self._closings.append(closing)
            self._under_way.discard(lane.host.host)
            self._to_close.set()
            if not self._under_way or len(self._closings) >= ENOUGH_TO_CLOSE:
                self._enough.set()

    async def _drain(self, lane: Lane) -> Closing:
        """Send a lane's deliveries in order, up to the first that has to wait."""
        host = lane.host
        over: list[Delivery] = []
        refused: dict[int, str] = {}
        for delivery in lane.deliveries:
            outcome = await self._send(host, delivery)
            host = self._after(host, outcome)
            if isinstance(outcome, Postponed):
                return Closing(host, tuple(over), refused, older_than=self._deps.clock() - OLDEST_MS)
            if isinstance(outcome, GivenUp):
                refused[delivery.id] = kept_error(outcome.error)
            over.append(delivery)
        return Closing(host, tuple(over), refused)

    def _after(self, host: Host, outcome: Outcome) -> Host:
        """The host's new state after this outcome."""
        now = self._deps.clock()
        if isinstance(outcome, Postponed):
            failures = host.attempts + 1
            next_at = now + pause_ms(failures, outcome.retry_after_seconds, chance=jitter())
            since = host.first_failed_at or now
            return replace(
                host, next_at=next_at, attempts=failures, first_failed_at=since, last_error=kept_error(outcome.error)
            )
        answered = replace(host, next_at=now, attempts=0, first_failed_at=None)
        if not isinstance(outcome, DeliveryTaken):
            return replace(answered, last_error=kept_error(outcome.error))
        answered = replace(answered, last_succeeded_at=now)
        if outcome.scheme == host.scheme and now < host.scheme_until:
            return answered
        return replace(answered, scheme=outcome.scheme, scheme_until=now + SCHEME_LIFE_MS)

    async def _send(self, host: Host, delivery: Delivery) -> Outcome:
        if not await self._may_be_told(delivery):
            return GivenUp(NOBODY_THERE)
        stranger = await self._introductions.refusal(host, delivery)
        if stranger is not None:
            return Postponed(sentences_of(stranger))
        remembered = host.scheme if self._deps.clock() < host.scheme_until else None
        scheme = first_scheme(remembered)
        headers = await self._headers_for(delivery.activity.group)
        error = await self._post(delivery, headers, scheme)
        if error is not None and knocks_again(error, remembered=remembered is not None):
            scheme = other_scheme(scheme)
            again = await self._post(delivery, headers, scheme)
            # If both schemes fail, the first answer tells more, because every server can read the first scheme.
            error = error if again is not None else None
        if error is None:
            return DeliveryTaken(scheme)
        outcome = outcome_of(error)
        if not isinstance(outcome, Postponed):
            _LOG.warning("%s refused a delivery for good: %s", delivery.inbox, outcome.error.en)
        return outcome

    async def _may_be_told(self, delivery: Delivery) -> bool:
        """Whether the inbox may still get it; checked at sending, because a member may have left after queueing."""
        group = delivery.activity.group
        return group is None or may_be_told((await find_view(self._deps, group)).state, delivery.inbox)

    async def _post(
        self, delivery: Delivery, headers: Mapping[str, str] | None, scheme: Scheme
    ) -> RemoteError | RefusedError | None:
        activity = delivery.activity
        key = await signing_key(self._deps, activity.actor)

        def signed(request: SignedRequest) -> Mapping[str, str]:
            return sign(request, key, scheme=scheme, now=self._deps.clock())

        try:
            answer = await self._deps.outside.http.post(delivery.inbox, activity.body, headers=headers, sign=signed)
        except (RemoteError, RefusedError) as error:
            return error
        if (receipt := receipt_in(answer.body)) is not None:
            self._receipts.append(receipt)
        return None

    async def _headers_for(self, group: RecordId | None) -> Mapping[str, str] | None:
        """The `Althing-Group` header for the group's present state; kept until the state changes."""
        if group is None:
            return None
        view = await find_view(self._deps, group)
        state, text = self._headers.get(group, (None, ""))
        if state is not view.state:
            text = header_of(view.state)
            self._headers[group] = (view.state, text)
        return {NAME: text}

    async def _close_forever(self) -> None:
        while True:
            await self._to_close.wait()
            # Closings are collected while other lanes are sent, so that one commit stores many.
            await wait_for(self._enough, BREATH_SECONDS)
            self._to_close.clear()
            self._enough.clear()
            try:
                await self._close()
            except Exception:  # noqa: BLE001  (logged; the leases end by themselves, then everything is sent again)
                _LOG.exception("closing lanes failed")
            self._look.set()

    async def _close(self) -> None:
        closings, self._closings = self._closings, []
        receipts, self._receipts = self._receipts, []
        now = self._deps.clock()
        again = {f"{scheme}://{host}" for host in self._answering_again(closings) for scheme in ("https", "http")}

        async def close(session: AsyncSession) -> int:
            await hasten_peers(session, again, now=now)
            await append_all(session, self._deps, [Arrival(receipt, "", now) for receipt in receipts])
            await note_moves(session, closings, now=now)
            return await close_lanes(session, self._worker, closings)

        try:
            old = await self._deps.store.write(close, patient=True)
        finally:
            for closing in closings:
                self._held.pop(closing.host.host, None)
        if old:
            _LOG.warning("%d deliveries that waited for a week were given up", old)

    def _answering_again(self, closings: list[Closing]) -> list[str]:
        """Hosts that had failed and took something now. Their own messages may not have arrived meanwhile, either."""
        hosts = [closing.host for closing in closings if not closing.host.attempts]
        return [host.host for host in hosts if (held := self._held.get(host.host)) and held.host.attempts]

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(LEASE_MS / 3000)
            try:
                await self._renew()
            except Exception:  # noqa: BLE001  (logged; at worst a lane is sent twice)
                _LOG.exception("renewing leases failed")

    async def _renew(self) -> None:
        held, clock = list(self._held), self._deps.clock
        if held:
            await self._deps.store.write(lambda session: renew_leases(session, self._worker, held, now=clock()))

    async def _give_back(self) -> None:
        """Store the results of drained lanes, and release the lanes that were only claimed."""
        told = {closing.host.host for closing in self._closings}
        now = self._deps.clock()
        unsent = [held.host for name, held in self._held.items() if name not in told]
        self._closings += [Closing(replace(host, next_at=now)) for host in unsent]
        await self._close()


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, but at most so many seconds."""
    # Not `asyncio.wait_for`: in Python 3.11 it loses a cancellation that comes together with the event.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
