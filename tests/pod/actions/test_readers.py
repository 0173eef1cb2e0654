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
from models.fediverse.readers import list_readers, prune_readers, put_reader
from pod.actions.chain.views import find_view, take_root
from pod.actions.fediverse import readers
from pod.actions.fediverse.actors import POD, group_path
from pod.actions.fediverse.readers import COPIED_MS, take_copied_readers, take_reader, tell_of_term
from pod.clock import Clock
from pod.deps import Deps
from protocol.ids import RecordId
from tests.support.community import START, a_community
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables

READER = "https://reads.example"
COPIED = "https://copied.example"


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


async def delivered(deps: Deps) -> list[tuple[str, str | None]]:
    """What waits for the two readers: to whom, and the type of what is told."""
    hosts = [pod.removeprefix("https://") for pod in (READER, COPIED)]
    lanes = await deps.store.write(partial(claim_lanes, worker="w", hosts=hosts, now=deps.clock()))
    return sorted((one.inbox, one.activity.group) for lane in lanes for one in lane.deliveries)


async def kept(deps: Deps, group: RecordId) -> list[str]:
    async with deps.store.database.read() as session:
        return await list_readers(session, group, 9)


async def test_a_reader_is_sent_what_began_the_term_once_though_the_pod_began_anew_meanwhile(
    place: tuple[Deps, RecordId],
) -> None:
    deps, group = place
    state = (await find_view(deps, group)).state
    assert state.steward.pod != deps.identity.base_url
    for pod, term in ((READER, state.term - 1), (COPIED, state.term)):
        await deps.store.write(partial(put_reader, group=group, pod=pod, term=term, most=9, now=START))

    for _ in range(2):
        await tell_of_term(deps, group, now=START)
    assert await delivered(deps) == [(f"{READER}/inbox", group)]


async def test_mg_13_readers_that_a_copy_names_are_told_of_a_recovery_and_kept_only_if_they_ask(
    place: tuple[Deps, RecordId],
) -> None:
    deps, group = place
    named = [READER, COPIED, f"{COPIED}/path", deps.identity.base_url]
    for _ in range(2):  # a job that was killed takes them again
        await deps.store.write(partial(take_copied_readers, deps=deps, group=group, pods=named, now=START))
        await tell_of_term(deps, group, now=START)
    assert await delivered(deps) == [(f"{COPIED}/inbox", group), (f"{READER}/inbox", group)]

    actor, followed = f"{READER}/{POD}", f"{deps.identity.base_url}/{group_path(group)}"
    assert await take_reader(deps, Follow(f"{actor}#1", actor, followed, reads=True), now=START)
    assert await kept(deps, group) == [COPIED, READER]
    await deps.store.write(lambda session: prune_readers(session, START + COPIED_MS))
    assert await kept(deps, group) == [READER]


async def test_a_copy_names_only_so_many_readers_and_keeps_nobody_out(
    place: tuple[Deps, RecordId], monkeypatch: pytest.MonkeyPatch
) -> None:
    deps, group = place
    monkeypatch.setattr(readers, "MOST_COPIED", 2)
    monkeypatch.setattr(readers, "MOST_READERS", 1)
    named = [f"https://reads{number}.example" for number in range(5)]
    await deps.store.write(partial(take_copied_readers, deps=deps, group=group, pods=named, now=START))
    assert await kept(deps, group) == named[:2]

    told = await answered(deps, group)
    assert (msgspec.json.decode(told.body)["type"], told.group) == ("Accept", group)
