"""What a vote costs a steward whose items nobody settles: the same above thousands of them as above a few.

Three keepers, two of whose pods are gone. `measure()` is what the bench harness calls.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import process_time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from migrations import upgrade
from models.engine.databases import open_database
from pod.actions.chain.door import append
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import load_view, take_root
from pod.deps import Deps
from protocol.branches import View
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support import community
from tests.support.community import Community, handover, kept_by_all, pod_key, seat
from tests.support.sinks import SetClock, some_parts

STEPS: Final = (500, 2_000)
VOTES: Final = 25


class LoneSteward:
    """The steward's pod of three keepers; nobody else confirms anything any more."""

    def __init__(self, deps: Deps, group: Community) -> None:
        self.deps, self.group = deps, group
        self._counter = 100

    async def take(self, records: Sequence[Record]) -> None:
        """Found the group with its chain so far."""
        root, *rest = records

        async def action(session: AsyncSession) -> None:
            await take_root(session, self.deps, root, local=False, now=0)
            for record in rest:
                await append(session, self.deps, record, origin="", now=self.deps.clock())

        await self.deps.store.write(action)

    async def vote(self) -> None:
        """One vote of the steward's own, sealed and confirmed as the loops do it."""
        self._counter += 1
        header = {"type": "Vote", "rules": 1, "group": self.group.now.group, "author": 1, "key": 0}
        said = {"counter": self._counter, "at": self.deps.clock(), "target": {"subject": "wells"}}
        vote = open_record(sign({**header, **said, "value": self._counter % 1000}, self.group.people[0].signing()))
        group, now = self.group.now.group, self.deps.clock()

        async def action(session: AsyncSession) -> None:
            await append(session, self.deps, vote, origin="", now=now)

        async def tended(session: AsyncSession) -> None:
            assert await seal(session, self.deps, group, now=now) is not None
            assert await confirm_head(session, self.deps, group, now=now)

        await self.deps.store.write(action)
        await self.deps.store.write(tended)

    async def add_a_rival(self) -> None:
        """A second item of the steward's on the settled one: its key was two-faced, and the choice stays open."""
        settled = (await self.view()).settled
        rival = community.seal(settled, self.group.people[0].pod)

        async def action(session: AsyncSession) -> None:
            await append(session, self.deps, rival, origin="", now=self.deps.clock())

        await self.deps.store.write(action)

    async def view(self) -> View:
        async with self.deps.store.database.read() as session:
            return await load_view(session, self.deps, self.group.now.group)

    async def grow(self, items: int) -> None:
        """Vote until so many items stand above the settled one."""
        view = await self.view()
        for _ in range(items - (view.state.height - view.settled.height)):
            await self.vote()

    async def cost(self) -> float:
        """CPU seconds of one vote more: the median of some."""
        times = []
        for _ in range(VOTES):
            start = process_time()
            await self.vote()
            times.append(process_time() - start)
        return median(times)


@asynccontextmanager
async def a_lone_steward(folder: Path) -> AsyncIterator[LoneSteward]:
    """The pod of the first of three keepers, who handed over once more and then were gone: no set is shown anew."""
    database = await open_database(f"sqlite+aiosqlite:///{folder}/pod.db")
    await upgrade(database)
    group = kept_by_all("wells", 3)
    first, second, _ = group.people
    seats = [seat(one.number, one.pod) for one in group.people]
    group.add(handover(group.now, first.pod, seats, [pod_key(one.pod) for one in (first, second)]))
    async with some_parts(database, folder, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        steward = LoneSteward(deps, group)
        await steward.take(group.records)
        yield steward
    await database.close()


async def _measured() -> list[tuple[str, float, str]]:
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        async with a_lone_steward(Path(folder)) as steward:
            for step in STEPS:
                await steward.grow(step)
                figures.append((f"vote above {step} items that nobody settled", await steward.cost() * 1e3, "ms"))
    return figures


def measure() -> list[tuple[str, float, str]]:
    """Name, figure and unit of each measurement."""
    return asyncio.run(_measured())
