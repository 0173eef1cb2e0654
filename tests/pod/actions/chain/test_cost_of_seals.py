"""What a seal asks of the store: as much for many records as for one, and the text of each record once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from pod.actions.chain.door import append
from pod.actions.chain.views import find_view
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId
from protocol.proofs import sign
from protocol.records.envelope import open_record
from tests.bench.unsettled import LoneSteward
from tests.support.community import Community, a_community, pod_key
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables

MANY = 60


async def test_a_seal_asks_no_more_for_many_votes_and_reads_each_once(tmp_path: Path) -> None:
    database = await open_database(copy_tables(tmp_path / "pod.db"))
    group = a_community("seals", 1, others_weight=1000)
    own_id, asked = RecordId(group.now.group), list[str]()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    async with some_parts(database, tmp_path, SetClock(group.now.at + 60_000)) as deps:
        deps.identity.keyring.pod_key = pod_key(group.people[0].pod)
        await LoneSteward(deps, group).take(group.records)
        costs = []
        event.listen(database.writing.sync_engine, "before_cursor_execute", note)
        for first, count in ((1, 1), (2, 1), (3, MANY)):
            await _voted(deps, group, range(first, first + count))
            asked.clear()
            await tend(deps, own_id)
            costs.append(len(asked))
            reads = [text for text in asked if text.startswith("SELECT") and "records.wire" in text]
            assert len(reads) == 1, reads
        view = await find_view(deps, own_id)
        assert (view.state.log.size, view.head) == (MANY + 2, view.anchor)
    await database.close()
    assert costs[1] == costs[2], costs


async def _voted(deps: Deps, group: Community, numbers: range) -> None:
    """Votes of the only member, each on another subject."""
    header = {"type": "Vote", "rules": 1, "group": group.now.group, "author": 1, "key": 0, "at": deps.clock()}
    votes = [{**header, "counter": 100 + one, "target": {"subject": f"well {one}"}, "value": 7} for one in numbers]
    records = [open_record(sign(vote, group.people[0].signing())) for vote in votes]

    async def action(session: AsyncSession) -> None:
        for record in records:
            await append(session, deps, record, origin="", now=deps.clock())

    await deps.store.write(action)
