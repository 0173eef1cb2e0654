"""A join, and a look at the group, cost the same in a crowd as among few: nobody walks the members for it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from pod.actions.chain.door import append
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.reading.group.groups import MOST_LISTED, describe_group, list_members
from pod.actions.sync.push import push
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.records.envelope import open_record
from tests.bench.unsettled import LoneSteward
from tests.pod.actions.chain.test_unsettled import Lines
from tests.support.community import Person, a_community, join, pod_key
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables

FEW, MANY = 20, 120
MORE_LINES = 40  # maps of more members are a little deeper


async def test_k5_a_join_costs_no_more_the_more_members_there_are(tmp_path: Path) -> None:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = a_community("crowd", 1, others_weight=1000)
    async with some_parts(database, tmp_path, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        await LoneSteward(deps, group).take(group.records)
        costs = []
        for number in range(2, MANY + 1):
            with Lines() if number > MANY - 3 or FEW - 3 < number <= FEW else nullcontext(Lines()) as lines:
                await _joined(deps, RecordId(group.now.group), number)
            costs.append(lines.run)
    await database.close()

    few, many = (min(cost for cost in some if cost) for some in (costs[:FEW], costs[FEW:]))
    assert many - few < MORE_LINES, (few, many)


async def test_k5_a_look_at_a_group_costs_no_more_the_more_members_there_are(tmp_path: Path) -> None:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = a_community("crowd", 1, others_weight=1000)
    own_id = RecordId(group.now.group)
    async with some_parts(database, tmp_path, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        await LoneSteward(deps, group).take(group.records)
        looks, first = [], 2
        for last in (MOST_LISTED + 2, MOST_LISTED + 39):
            await _joined(deps, own_id, *range(first, last + 1))
            first = last + 1
            await describe_group(deps, own_id)
            with Lines() as lines:
                seen = await describe_group(deps, own_id)
            assert [seen.member_count, *(member.number for member in seen.members)] == [last, *range(1, 101)]
            looks.append(lines.run)
        pages = [await list_members(deps, None, own_id, after=after, limit=100) for after in (0, 100)]
        assert [[one.number for one in page.members] for page in pages] == [[*range(1, 101)], [*range(101, 140)]]
        assert [page.next for page in pages] == [100, None]
    await database.close()
    assert looks[1] - looks[0] < MORE_LINES, looks


async def _joined(deps: Deps, group: RecordId, *numbers: int) -> None:
    """More members, of three pods, as the steward's pod takes, seals, confirms and tells it."""
    records = [open_record(join(group, Person(f"m{number}", f"pod{number % 3}", number))) for number in numbers]
    now = deps.clock()

    async def taken(session: AsyncSession) -> None:
        for record in records:
            await append(session, deps, record, origin="", now=now)
            await push(session, deps, record, now=now)

    async def tended(session: AsyncSession) -> None:
        while sealed := await seal(session, deps, group, now=now):
            for sent in (sealed, *await confirm_head(session, deps, group, now=now)):
                await push(session, deps, sent, now=now)

    await deps.store.write(taken)
    await deps.store.write(tended)
