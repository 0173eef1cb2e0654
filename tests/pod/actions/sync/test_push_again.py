"""What waits for the steward is sent once more, all of it in turn, however much others have waiting here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import json
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine.databases import open_database
from models.fediverse.deliveries import Closing, claim_lanes, close_lanes
from pod.actions.chain.door import Arrival, append_all
from pod.actions.chain.views import take_root
from pod.actions.sync.push_again import AFTER_MS, AT_ONCE, push_again
from pod.deps import Deps
from protocol.ids import RecordId
from protocol.proofs import sign
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Community, a_community
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables

STRANGERS, OWN = AT_ONCE + 6, AT_ONCE + 3


def vote(group: Community, number: int) -> Record:
    header = {"type": "Vote", "rules": 1, "group": group.now.group, "author": 2, "key": 0, "counter": 1000 + number}
    said = {"target": {"subject": f"well {number}"}, "value": 500, "at": START}
    return open_record(sign({**header, **said}, group.people[1].signing()))


@pytest.fixture
async def deps(tmp_path: Path) -> AsyncIterator[Deps]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    async with some_parts(database, tmp_path, SetClock(START)) as parts:
        yield parts
    await database.close()


async def sent(deps: Deps) -> list[RecordId]:
    """The records of one round, taken by the steward."""
    now = deps.clock()

    async def action(session: AsyncSession) -> list[bytes]:
        hosts = [f"again-pod-{number}.example" for number in range(1, 4)]
        lanes = await claim_lanes(session, "courier", hosts, now=now)
        await close_lanes(
            session, "courier", [Closing(replace(one.host, next_at=now), one.deliveries) for one in lanes]
        )
        return [delivery.activity.body for lane in lanes for delivery in lane.deliveries]

    found: list[bytes] = []
    while bodies := await deps.store.write(action):
        found += bodies
    return [open_record(json.decode(body)["record"]).id for body in found]


async def test_k2_all_that_was_written_here_is_sent_once_more_in_turn(deps: Deps) -> None:
    group = a_community("again", 3)
    records = [vote(group, number) for number in range(STRANGERS + OWN)]

    async def arrive(session: AsyncSession) -> None:
        await take_root(session, deps, group.records[0], local=False, now=START)
        await append_all(session, deps, [Arrival(one, "", START) for one in group.records[1:]])
        origins = ["https://elsewhere.example"] * STRANGERS + [""] * OWN
        arrivals = [Arrival(one, origin, START) for one, origin in zip(records, origins, strict=True)]
        await append_all(session, deps, arrivals)

    await deps.store.write(arrive)
    await sent(deps)
    deps.clock.ms += AFTER_MS  # type: ignore[attr-defined]
    own = [one.id for one in records[STRANGERS:]]
    rounds = []
    for _ in range(3):
        await push_again(deps, group.now.group)
        rounds.append([one for one in await sent(deps) if one in own])
    assert rounds == [own[:AT_ONCE], own[AT_ONCE:], own[:AT_ONCE]]
