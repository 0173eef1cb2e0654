"""A copy equals its account after any mix of writing, erasing, reading and breaking off; lines survive a journey."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.engine.databases import open_database
from models.moving.kept_copies import insert_copy
from pod.actions.moving.copy_classes import CopyPage
from pod.actions.moving.taken_copies import LeafPage, bring_up, leaves_of
from pod.clock import Clock
from pod.deps import Deps
from protocol.copies import CLASSES, CopyLine, CopyManifest, CopyTally, entry_key, line, parse_line
from protocol.errors import RefusedError
from tests.support.sinks import some_parts
from tests.support.tables import copy_tables
from tests.support.travellers import kept_lines
from tests.support.writing import an_id

OWN = an_id("own")
GROUPS = sorted([an_id("well"), an_id("mill")])
KEYS = {
    "personal": [entry_key(place) for place in range(9)],
    "records": [entry_key(place, group) for group in GROUPS for place in range(4)],
    "choices": [f"mute/{letter}" for letter in "abcdefg"],
}
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs", "Cn", "Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=6,
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(sorted(KEYS)), st.integers(0, 8), st.integers(0, 2)),
        st.tuples(st.just("erase"), st.sampled_from(sorted(KEYS)), st.integers(0, 8), st.just(0)),
        st.tuples(st.just("read"), st.just(""), st.integers(0, 5), st.just(0)),
    ),
    max_size=14,
)


class BrokenOffError(Exception):
    """The other pod was killed."""


class Account:
    """Classes of lines that anybody changes as they like, read in pages of two; `left`: how many pages it lives."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, CopyLine]] = {name: {} for name in CLASSES}
        self.left = -1

    def does(self, act: str, name: str, place: int, value: int) -> None:
        key = KEYS[name][place % len(KEYS[name])]
        if act == "write":
            self.lines[name][key] = line(key, "x", value=value)
        else:
            self.lines[name].pop(key, None)

    def sorted(self, name: str) -> list[CopyLine]:
        return [self.lines[name][key] for key in sorted(self.lines[name])]

    async def marks(self) -> dict[str, str]:
        marks: dict[str, str] = {}
        for name in CLASSES:
            for group in GROUPS if name == "records" else [""]:
                own = [one.text for one in self.sorted(name) if one.key.startswith(group)]
                marks[f"{name}/{group}" if group else name] = sha256(b"\n".join(own)).hexdigest()
        return marks

    async def manifest(self) -> tuple[CopyManifest, bytes]:
        totals = {name: CopyTally().add(self.sorted(name)).total() for name in CLASSES}
        return CopyManifest(OWN, "https://old.example", 1, totals), b"{}"

    async def page(self, name: str, after: str, until: str = "") -> CopyPage:
        if self.left == 0:
            raise BrokenOffError
        self.left -= 1
        found = [one for one in self.sorted(name) if one.key > after and (not until or one.key < until)]
        return CopyPage(tuple(found[:2]), found[1].key if len(found) > 2 else None)

    async def leaves(self, name: str, after: str) -> LeafPage:
        return leaves_of(await self.page(name, after))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[asyncio.Runner, Deps]]:
    """A pod's parts, and what runs them."""
    folder = tmp_path_factory.mktemp("home")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        yield runner, runner.run(_opened(stack, folder))
        runner.run(stack.aclose())


async def _opened(stack: AsyncExitStack, folder: Path) -> Deps:
    database = await open_database(copy_tables(folder / "pod.sqlite"), durable=False)
    stack.push_async_callback(database.close)
    return await stack.enter_async_context(some_parts(database, folder, Clock()))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_mg_05_copy_and_account_are_equal_after_any_mix_of_acts(home: tuple[asyncio.Runner, Deps], acts: Any) -> None:
    runner, deps = home
    runner.run(_mixed(deps, acts))


async def _mixed(deps: Deps, acts: list[tuple[str, str, int, int]]) -> None:
    account = Account()
    copy = await deps.store.write(partial(insert_copy, group=OWN, pod="https://old.example", quota=10**9, now=1))
    for act in acts:
        if act[0] != "read":
            account.does(*act)
            continue
        account.left = act[2]
        try:
            assert await bring_up(deps, copy, account) == []
        except BrokenOffError:
            continue
    account.left = -1
    assert await bring_up(deps, copy, account) == []
    for name in CLASSES:
        assert await kept_lines(deps, copy, name) == account.sorted(name)


@given(st.lists(VALUES, max_size=8), st.data())
def test_a_line_is_read_as_it_was_written_and_no_cut_of_a_class_changes_its_root(
    values: Any, data: st.DataObject
) -> None:
    lines = [line(f"{place:03d}", "x", value=value) for place, value in enumerate(values)]
    assert [parse_line(one.text) for one in lines] == lines
    cut = data.draw(st.integers(0, len(lines)))
    assert CopyTally().add(lines[:cut]).add(lines[cut:]).total() == CopyTally().add(lines).total()


@given(VALUES, st.data())
def test_a_flipped_bit_of_a_line_is_refused_or_changes_the_root(value: Any, data: st.DataObject) -> None:
    sound = line("key", "x", value=value)
    flipped = bytearray(sound.text)
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = parse_line(bytes(flipped))
    except RefusedError:
        return
    assert CopyTally().add([other]).total() != CopyTally().add([sound]).total()
