"""Deliveries: each pod has its own lane, in order; a failure is tried again with growing pauses and jitter."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from federation.errors import RemoteError
from federation.signatures import SignedRequest, sign
from models.outgoing import ActivityRow, DeliveryRow, finish_delivery, list_due, postpone_delivery
from pod.actions.actors import signing_key
from pod.clock import jitter
from pod.deps import Deps
from protocol.errors import RefusedError

FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 6 * 3600 * 1000
Due = tuple[DeliveryRow, ActivityRow]


class Courier:
    """Delivers what is due, signed by the actor of each activity."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def deliver_due(self, *, now: int) -> None:
        """One round: the lanes run beside each other."""
        async with self._deps.database.read() as session:
            due = await list_due(session, now=now)
        lanes = groupby(sorted(due, key=lambda entry: (entry[0].inbox, entry[0].id)), key=lambda entry: entry[0].inbox)
        async with asyncio.TaskGroup() as tasks:
            for _, lane in lanes:
                tasks.create_task(self._drain(list(lane)))

    async def _drain(self, lane: list[Due]) -> None:
        for delivery, activity in lane:
            error = await self._send(delivery, activity)
            if error is not None:
                await self._postpone(delivery, error)
                return  # what follows keeps its order behind it
            await self._finish(delivery)

    async def _send(self, delivery: DeliveryRow, activity: ActivityRow) -> str | None:
        key = await signing_key(self._deps, activity.actor)

        def signed(request: SignedRequest) -> Mapping[str, str]:
            return sign(request, key, scheme="cavage", now=self._deps.clock())

        try:
            await self._deps.http.post(delivery.inbox, activity.body, sign=signed)
        except RemoteError as error:
            return str(error) if error.retry else None
        except RefusedError as error:
            return str(error)
        return None

    async def _finish(self, delivery: DeliveryRow) -> None:
        async def action(session: AsyncSession) -> None:
            await finish_delivery(session, delivery.id)

        await self._deps.write(action)

    async def _postpone(self, delivery: DeliveryRow, error: str) -> None:
        pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** min(delivery.attempts, 20))
        next_at = self._deps.clock() + int(pause * (0.5 + jitter()))

        async def action(session: AsyncSession) -> None:
            await postpone_delivery(session, delivery.id, next_at=next_at, error=error)

        await self._deps.write(action)
