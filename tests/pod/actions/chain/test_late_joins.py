"""Nobody new comes into a group that continues elsewhere, and who asked in vain is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.waiting_records import list_operations, load_fate
from pod.actions.chain.door import append
from pod.actions.chain.sealing import confirm_head, seal
from pod.actions.chain.views import find_view
from pod.actions.chain.void_operations import parse_void
from pod.deps import Deps
from pod.rules.groups import GroupRule
from protocol.errors import MayNotWriteError
from protocol.ids import RecordId
from protocol.records.envelope import Record, open_record
from tests.bench.unsettled import LoneSteward
from tests.support.community import Person, a_community, join, operation, pod_key
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables


async def test_x6_a_closed_group_seals_no_join_and_says_so_to_who_asked(tmp_path: Path) -> None:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = a_community("closing", 1, others_weight=1000)
    own_id = RecordId(group.now.group)
    async with some_parts(database, tmp_path, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        await LoneSteward(deps, group).take(group.records)
        waits, late = (open_record(join(own_id, Person(name, "elsewhere", 2))) for name in ("early", "late"))
        await brought(deps, open_record(operation(own_id, group.people[0], "succeed", {"group": waits.id})))
        await brought(deps, waits)
        await tended(deps, own_id)

        state = (await find_view(deps, own_id)).state
        assert (state.succeeded_by, list(state.members)) == (waits.id, [1])
        async with database.read() as session:
            assert await list_operations(session, own_id, 1) == []
            given_up = await load_fate(session, waits.id)
        assert given_up is not None
        assert parse_void(given_up.void or "")[0].rule is GroupRule.CLOSED
        with pytest.raises(MayNotWriteError) as refused:
            await brought(deps, late)
        assert refused.value.refused.rule is GroupRule.CLOSED
        # Who is a member leaves, and is weighed, as before.
        await brought(deps, open_record(operation(own_id, group.people[0], "event", {"name": "audit"})))
        await tended(deps, own_id)
        assert (await find_view(deps, own_id)).state.height == 2
    await database.close()


async def brought(deps: Deps, record: Record) -> None:
    async def action(session: AsyncSession) -> None:
        await append(session, deps, record, origin="", now=deps.clock())

    await deps.store.write(action)


async def tended(deps: Deps, group: RecordId) -> None:
    async def action(session: AsyncSession) -> None:
        assert await seal(session, deps, group, now=deps.clock())
        await confirm_head(session, deps, group, now=deps.clock())

    await deps.store.write(action)
