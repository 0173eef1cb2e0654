"""Looks: rounds, exchanges, fetches of the floor and mails begin when their time has come; nothing is asked before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pod.deps import Deps
from pod.jobs.archives import Archives
from pod.jobs.brought_files import BroughtFiles
from pod.jobs.calls import Calls
from pod.jobs.calm import Calm
from pod.jobs.decision_mails import DecisionMails
from pod.jobs.digests import Digests
from pod.jobs.exchanges import Exchanges
from pod.jobs.floor_groups import FloorFetches
from pod.jobs.imports import Imports
from pod.jobs.introductions import Introductions
from pod.jobs.moved_actors import MovedActors
from pod.jobs.moves import Moves
from pod.jobs.pulls import Pulls
from pod.jobs.returns import Returns
from pod.jobs.rounds import Rounds
from protocol.ids import RecordId


class Looks:
    """All jobs whose due times are in the database."""

    def __init__(
        self,
        deps: Deps,
        tasks: asyncio.TaskGroup,
        introductions: Introductions,
        pulls: Pulls,
        tend: Callable[[Deps, RecordId], Awaitable[list[str]]],
    ) -> None:
        self._clock = deps.clock
        self._calm = Calm(deps.store.database)
        self._rounds = Rounds(deps, tasks, pulls, tend)
        self._exchanges = Exchanges(deps, tasks, pulls, introductions)
        self._floor = FloorFetches(deps, tasks)
        self._mails = DecisionMails(deps, tasks)
        self._digests = Digests(deps, tasks)
        self._calls = Calls(deps, tasks)
        self._archives = Archives(deps, tasks)
        self._moved = MovedActors(deps, tasks)
        self._moves = Moves(deps, tasks)
        self._returns = Returns(deps, tasks)
        self._imports = Imports(deps, tasks)
        self._brought = BroughtFiles(deps, tasks)

    async def look(self) -> None:
        """Begin what is due, as far as there is room."""
        now = self._clock()
        await self._floor.start_due()
        if await self._calm.holds(now):
            return
        times = [
            await self._rounds.start_due(),
            await self._exchanges.start_due(),
            await self._mails.start_due(),
            await self._digests.start_due(),
            await self._calls.start_due(),
            await self._archives.start_due(),
            await self._moved.start_due(),
            await self._moves.start_due(),
            await self._returns.start_due(),
            await self._imports.start_due(),
            await self._brought.start_due(),
        ]
        self._calm.begin(now, min((time for time in times if time is not None), default=None))
