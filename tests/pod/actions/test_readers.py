"""A pod that says that it reads a group is answered with how far the group is, and pulls what it missed meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from federation.activities import Follow
from models.engine.databases import open_database
from models.fediverse.deliveries import Outgoing, claim_lanes
from pod.actions.chain.views import take_root
from pod.actions.fediverse import readers
from pod.actions.fediverse.actors import POD, group_path
from pod.actions.fediverse.readers import take_reader
from pod.clock import Clock
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.community import START, a_community
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

READER = "https://reads.example"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[tuple[Deps, RecordId]]:
    database = await open_database(copy_tables(tmp_path / "pod.sqlite"), durable=False)
    root = a_community("read", 2).records[0]
    async with some_parts(database, tmp_path, Clock()) as deps:
        await deps.store.write(partial(take_root, deps=deps, root=root, local=False, now=START))
        yield deps, root.group
    await database.close()


async def answered(deps: Deps, group: RecordId) -> Outgoing:
    actor, followed = f"{READER}/{POD}", f"{deps.identity.base_url}/{group_path(group)}"
    assert await take_reader(deps, Follow(f"{actor}#1", actor, followed, reads=True), now=START)
    (lane,) = await deps.store.write(
        partial(claim_lanes, worker="w", hosts=[READER.removeprefix("https://")], now=deps.clock())
    )
    return lane.deliveries[0].activity


async def test_x2_a_pod_whose_reading_is_accepted_is_told_how_far_the_group_is(place: tuple[Deps, RecordId]) -> None:
    told = await answered(*place)
    assert (msgspec.json.decode(told.body)["type"], told.group) == ("Accept", place[1])


async def test_a_pod_whose_reading_is_refused_is_told_nothing_of_the_group(
    place: tuple[Deps, RecordId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MOST_READERS", 0)
    told = await answered(*place)
    assert (msgspec.json.decode(told.body)["type"], told.group) == ("Reject", None)
