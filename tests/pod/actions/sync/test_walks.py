"""Lists of other pods: endless ones and slow ones cost what is bounded, long ones what their length says."""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import json
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.errors import RemoteError
from federation.safe_http.answers import Download
from models.engine.databases import open_database
from models.groups.groups_and_items import load_group
from models.groups.records import load_records
from pod.actions.chain.branch_logs import entries_added
from pod.actions.chain.door import Arrival, Outcome, append_all
from pod.actions.chain.views import find_view, take_root
from pod.actions.sync import remote_lists, served_lists
from pod.actions.sync.pull import fetch_group, pull
from pod.actions.sync.pull_branch import pull_branch
from pod.actions.sync.remote_lists import MOST_FRUITLESS, PAGES_A_WALK, Source, WalkStep, source_of, walk
from pod.deps import Deps, Outside
from protocol.ids import RecordId
from protocol.log import Frontier, leaf_hash
from protocol.proofs import sign
from protocol.records.chain import TreeHead
from protocol.records.envelope import Record, open_record
from tests.support.community import START, Person, a_community, join, seal
from tests.support.long_group import LongGroup
from tests.support.sinks import SetClock, some_parts
from tests.support.tables import copy_tables

pytestmark = pytest.mark.slow

ELSEWHERE = "https://elsewhere.example"
PAGE_BYTES = 256 * 1024
Answer = Callable[[str, int], Awaitable[object]]
PAGES = {
    "chain": served_lists.chain_page,
    "log": served_lists.log_page,
    "pending": served_lists.pending_page,
    "operations": served_lists.operations_page,
}


class OtherPod:
    """In the place of the door out: `answer` gives the page of a list from a position on."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, int]] = []

    async def get_bytes(self, url: str, **_: Any) -> Download:
        name, start = URL(url).name, int(URL(url).query["from"])
        self.asked.append((name, start))
        return Download(url, "application/json", json.encode(await self._answer(name, start)))


def reaching(deps: Deps, other: OtherPod) -> Deps:
    return replace(deps, outside=Outside(other, deps.outside.mailer))  # type: ignore[arg-type]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[list[Deps]]:
    """The parts of two pods."""
    async with AsyncExitStack() as stack:
        both = []
        for name in ("old", "late"):
            (folder := tmp_path / name).mkdir()
            database = await open_database(copy_tables(folder / "pod.sqlite"), durable=False)
            stack.push_async_callback(database.close)
            both.append(await stack.enter_async_context(some_parts(database, folder, SetClock(START + 1))))
        yield both


async def endless(_: str, start: int) -> object:
    return {"records": ["x" * PAGE_BYTES], "next": start + 1}


async def some_source(deps: Deps) -> Source:
    return await source_of(deps, ELSEWHERE, RecordId(a_community("walks", 1).now.group))


async def test_an_endless_list_that_brings_nothing_is_left_after_a_few_pages(two: list[Deps]) -> None:
    other = OtherPod(endless)
    deps = reaching(two[1], other)

    async def take(page: dict[str, Any], _: int) -> WalkStep:
        return WalkStep(page["next"], useful=False)

    assert await walk(deps, await some_source(deps), "pending", 0, take)
    assert len(other.asked) == MOST_FRUITLESS


async def test_an_endless_list_that_brings_something_costs_the_memory_of_a_page(two: list[Deps]) -> None:
    other = OtherPod(endless)
    deps = reaching(two[1], other)

    async def take(page: dict[str, Any], _: int) -> WalkStep:
        return WalkStep(page["next"], useful=True)

    source = await some_source(deps)
    tracemalloc.start()
    try:
        assert not await walk(deps, source, "pending", 0, take)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [start for _, start in other.asked] == list(range(PAGES_A_WALK))
    assert most < 8 * PAGE_BYTES < PAGES_A_WALK * PAGE_BYTES


async def test_a_pod_that_keeps_us_waiting_is_left(two: list[Deps], monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_: str, __: int) -> object:
        return await asyncio.Event().wait()

    monkeypatch.setattr(remote_lists, "PATIENCE_SECONDS", 0.05)
    deps = reaching(two[1], OtherPod(never))
    with pytest.raises(RemoteError, match="took too long"):
        await walk(deps, await some_source(deps), "log", 0, lambda *_: never("", 0))  # type: ignore[arg-type]


async def joined(two: list[Deps], items: int) -> int:
    """Have the late pod join a group of so many items and as many records; how many calls that took."""
    old, late = two
    long = LongGroup(None, f"long {items}", items, items)
    group = RecordId(await long.grow(old))

    async def served(name: str, start: int) -> object:
        return await PAGES[name](old, None, group, start)

    other = OtherPod(served)
    late = reaching(late, other)
    calls = 0

    def count(_frame: object, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        await fetch_group(late, ELSEWHERE, group)
        assert len(other.asked) == len(set(other.asked)), "A page was asked for twice."
        while not await pull(late, ELSEWHERE, group):
            pass
    finally:
        sys.setprofile(None)
    state = (await find_view(late, group)).settled
    assert (state.height, state.log.size) == (items, items)
    return calls


async def test_k5_who_joins_what_is_here_already_fetches_only_what_is_new(two: list[Deps]) -> None:
    old, late = two
    group = RecordId(await LongGroup(None, "joined twice", 30, 30).grow(old))

    async def served(name: str, start: int) -> object:
        return await PAGES[name](old, None, group, start)

    other = OtherPod(served)
    late = reaching(late, other)
    await fetch_group(late, ELSEWHERE, group)
    assert ("chain", 0) in other.asked
    other.asked.clear()

    await fetch_group(late, ELSEWHERE, group)

    assert [start for name, start in other.asked if name == "chain"] == [30]


async def test_who_pulls_what_is_pulled_already_goes_on_where_that_ends(two: list[Deps]) -> None:
    old, late = two
    group = RecordId(await LongGroup(None, "pulled twice", 30, 30).grow(old))

    async def served(name: str, start: int) -> object:
        await asyncio.sleep(0)
        return await PAGES[name](old, None, group, start)

    other = OtherPod(served)
    late = reaching(late, other)
    page = await served_lists.chain_page(old, None, group, 0)
    root = open_record(json.decode(page["items"][0]))
    await late.store.write(lambda session: take_root(session, late, root, local=False, now=START))
    await asyncio.gather(*(pull(late, ELSEWHERE, group) for _ in range(3)))
    walked = [asked for asked in other.asked if asked[0] in ("chain", "log")]
    assert sorted(set(walked)) == [("chain", 1), ("chain", 30), ("log", 0)]
    assert walked.count(("chain", 1)) == walked.count(("log", 0)) == 1


async def test_k1_a_list_of_twice_the_length_costs_little_more_than_twice_the_work(two: list[Deps]) -> None:
    once = await joined(two, 510)
    twice = await joined(two, 1020)
    print(f"{once} calls for 510 items and as many records, {twice / once:.2f} times as many for twice as many")
    assert twice <= 2.6 * once


async def appended(deps: Deps, *records: Record) -> list[Outcome]:
    async def action(session: AsyncSession) -> list[Outcome]:
        return await append_all(session, deps, [Arrival(record, ELSEWHERE, START) for record in records])

    return await deps.store.write(action)


async def test_who_joined_on_a_rival_branch_stands_in_its_log_and_counts_once_it_is_chosen(two: list[Deps]) -> None:
    late = two[1]
    ours, theirs = (a_community("rivals", 1, others_weight=1000) for _ in range(2))
    group, steward, bo = RecordId(ours.now.group), ours.people[0].pod, Person("bo", "elsewhere", 2)
    joined = seal(theirs.now, steward, [join(group, bo)])
    # Of two rivals that nobody confirmed the lower id is chosen.
    rivals = (seal(ours.now, steward, at=START + ms) for ms in range(1000))
    ours.add(next(rival for rival in rivals if rival.id < joined.id))
    theirs.add(joined)
    vote = {"type": "Vote", "rules": 1, "group": group, "author": 2, "key": 0, "counter": 9, "at": START}
    entry = open_record(sign({**vote, "target": {"subject": "well"}, "value": 500}, bo.signing()))
    frontier = Frontier().append(leaf_hash(entry.id))
    tip = seal(theirs.now, steward, log=TreeHead(1, frontier.root().hex()))
    theirs.add(tip)
    await late.store.write(lambda session: take_root(session, late, ours.records[0], local=False, now=START))
    await appended(late, *ours.records[1:], *theirs.records[1:])
    view = await find_view(late, group)
    assert (view.head, view.holds(tip.id)) == (ours.now.head, False)

    async def served(_: str, start: int) -> object:
        return {"entries": [entry.body][start:]}

    late = reaching(late, OtherPod(served))
    assert await pull_branch(late, ELSEWHERE, group, tip.id)

    async with late.store.database.read() as session:
        stored = await load_group(session, group)
        assert stored is not None
        beside = await entries_added(session, await find_view(late, group), stored, tip.id)
        states = [(await load_records(session, [entry.id]))[entry.id].state]
        theirs.confirmed(theirs.people[0])
    assert (beside, states) == ((entry.id,), ["refused"])
    await appended(late, theirs.records[-1])
    async with late.store.database.read() as session:
        stored, kept = await load_group(session, group), await load_records(session, [entry.id])
    assert (await find_view(late, group)).head == tip.id
    assert (stored and stored.log_size, kept[entry.id].state) == (1, "logged")
