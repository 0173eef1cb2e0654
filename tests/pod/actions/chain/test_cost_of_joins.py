"""A join costs a steward little more in a crowd than among few: nobody walks all members again and again for it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from migrations import upgrade
from models.engine.databases import open_database
from pod.actions.chain.door import append
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.sync.push import push
from pod.deps import Deps
from protocol.records.envelope import open_record
from tests.bench.unsettled import LoneSteward
from tests.pod.actions.chain.test_unsettled import Lines
from tests.support.community import Person, a_community, join, pod_key
from tests.support.sinks import SetClock, some_parts

FEW, MANY = 20, 120
# Who tells the group's pods of a join counts them once: one line a member, and another for good measure.
MOST_LINES_A_MEMBER = 3


async def test_k5_a_join_walks_the_members_once_at_most(tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/pod.db")
    await upgrade(database)
    group = a_community("crowd", 1, others_weight=1000)
    async with some_parts(database, tmp_path, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        await LoneSteward(deps, group).take(group.records)
        costs = []
        for number in range(2, MANY + 2):
            with Lines() as lines:
                await _joined(deps, str(group.now.group), number)
            costs.append(lines.run)
    await database.close()

    few, many = min(costs[FEW - 5 : FEW]), min(costs[-5:])
    assert many - few < MOST_LINES_A_MEMBER * (MANY - FEW), (few, many)


async def _joined(deps: Deps, group: str, number: int) -> None:
    """One more member, of one of three pods, as the steward's pod takes, seals, confirms and tells it."""
    record, now = open_record(join(group, Person(f"m{number}", f"pod{number % 3}", number))), deps.clock()

    async def taken(session: AsyncSession) -> None:
        await append(session, deps, record, origin="", now=now)
        await push(session, deps, record, now=now)

    async def tended(session: AsyncSession) -> None:
        sealed = await seal(session, deps, record.group, now=now)
        assert sealed is not None
        for sent in (sealed, *await confirm_head(session, deps, record.group, now=now)):
            await push(session, deps, sent, now=now)

    await deps.store.write(taken)
    await deps.store.write(tended)
