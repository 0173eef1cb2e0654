"""What is settled: an item of it that comes once more is known, a rival refused, unless a lone keeper recovers."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.groups.records import load_known
from pod.actions.chain.door import Arrival, Outcome, Taken, append_all
from pod.actions.chain.lone_recovery import take_recovery
from pod.actions.chain.views import take_root
from pod.clock import Clock
from protocol.chain import follow, found
from protocol.errors import BelowAnchorError
from protocol.ids import RecordId
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support.community import START, a_community, ack, recovered, seal
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables


async def test_a_record_that_waits_for_a_key_is_taken_when_a_recovery_brings_it(tmp_path: Path) -> None:
    group = a_community("recovered", 1)
    me, fork = group.people[0], group.now
    group.add(seal(fork, me.pod, at=fork.at + 1))
    group.confirmed(me)
    root, *items = group.records
    move = recovered(fork, me, "refuge")
    moved = follow(fork, move).state
    written = {"type": "Vote", "rules": 1, "group": fork.group, "author": 1, "key": 1, "counter": 1, "at": START}
    vote = open_record(sign({**written, "target": {"subject": "The well"}, "value": 500}, me.signing()))
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    async with some_parts(database, tmp_path, Clock()) as deps:

        async def take(session: AsyncSession) -> tuple[Outcome, bool, set[RecordId]]:
            await take_root(session, deps, root, local=False, now=START)
            arrivals = [Arrival(one, "https://a.example", START) for one in [*items, vote]]
            *_, waits = await append_all(session, deps, arrivals)
            followed = await take_recovery(session, deps, fork.group, [move, ack(1, "refuge", moved)])
            return waits, followed, await load_known(session, [vote.id])

        taken = await deps.store.write(take)
    await database.close()
    assert taken == (Taken(vote.id, new=False, waits=True), True, {vote.id})


async def test_k1_a_settled_item_that_comes_once_more_is_known(tmp_path: Path) -> None:
    group = a_community("settled", 3)
    group.add(seal(group.now, group.people[0].pod))
    group.confirmed(group.people[0])
    root, *items = group.records
    rival = seal(found(root).state, group.people[0].pod, at=START + 1)
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    async with some_parts(database, tmp_path, Clock()) as deps:

        async def take(session: AsyncSession, records: list[Record]) -> list[Outcome]:
            await take_root(session, deps, root, local=False, now=START)
            return await append_all(session, deps, [Arrival(one, "https://a.example", START) for one in records])

        await deps.store.write(lambda session: take(session, items))
        again, beside = await deps.store.write(lambda session: take(session, [items[0], rival]))
    await database.close()
    assert again == Taken(items[0].id, new=False)
    assert isinstance(beside, BelowAnchorError)
