"""A vote costs a steward the same however many of its items nobody settled, and a restart finds them all."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType
from typing import Any, Final, Self

import pytest

from pod.actions.chain import stored_chain
from protocol.ids import RecordId
from tests.bench.unsettled import LoneSteward, a_lone_steward

pytestmark = pytest.mark.slow

HERE: Final = Path(__file__).parents[4]
OURS: Final = tuple(str(HERE / room) for room in ("protocol", "models", "pod"))
FEW: Final = 40
MANY: Final = 240


class Lines:
    """How many lines of ours run while it is entered: what is done, however busy the machine is."""

    def __init__(self) -> None:
        self.run = 0

    def __enter__(self) -> Self:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, _event: str, _arg: object) -> Any:
        return self._stepped if frame.f_code.co_filename.startswith(OURS) else None

    def _stepped(self, _frame: FrameType, event: str, _arg: object) -> Any:
        self.run += event == "line"
        return self._stepped


@pytest.fixture
async def steward(tmp_path: Path) -> AsyncIterator[LoneSteward]:
    async with a_lone_steward(tmp_path) as made:
        yield made


async def lines_of_a_vote(steward: LoneSteward) -> int:
    await steward.vote()  # what the first of a kind alone costs is not meant
    with Lines() as lines:
        await steward.vote()
    return lines.run


@pytest.mark.parametrize("forked", [False, True], ids=["one branch", "a rival item below"])
async def test_k3_a_vote_costs_the_same_above_few_and_many_unsettled_items(steward: LoneSteward, forked: bool) -> None:
    if forked:
        await steward.add_a_rival()
    await steward.grow(FEW)
    few = await lines_of_a_vote(steward)
    await steward.grow(MANY)
    many = await lines_of_a_vote(steward)

    assert (await steward.view()).forks == forked
    # One line more for each item below would be 200 more.
    assert many < few + (MANY - FEW) / 2, (few, many)


async def test_k3_a_restart_finds_every_unsettled_item_however_many_there_are(
    steward: LoneSteward, monkeypatch: pytest.MonkeyPatch
) -> None:
    await steward.grow(FEW)
    before = await steward.view()
    for name, all_of in (("all_items", stored_chain.all_items), ("all_acks", stored_chain.all_acks)):
        monkeypatch.setattr(f"pod.actions.chain.views.{name}", paged(all_of))

    steward.deps.store.views._held.clear()
    after = await steward.view()

    assert (after.head, after.anchor, after.state) == (before.head, before.anchor, before.state)
    assert after.tally == before.tally
    await steward.vote()
    assert (await steward.view()).state.height == before.state.height + 1


def paged(all_of: Any) -> Any:
    """The same, from pages much shorter than the chain."""

    async def read(session: Any, group: RecordId, from_height: int) -> Any:
        return await all_of(session, group, from_height, page=7)

    return read
