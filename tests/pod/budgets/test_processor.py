"""Who takes much of the processor waits while others use the pod, and only then; who takes little never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from pod.budgets.heavy import SMALL, computed
from pod.budgets.processor import (
    BUSY,
    CALM_SECONDS,
    CROWD,
    FEW,
    FORGETS_SECONDS,
    MOST_PAUSE,
    MOST_WAITING,
    MUCH,
    MUCH_OF_LITTLE,
    Processor,
)
from pod.budgets.step_order import PAUSE
from pod.budgets.steps import TURN, Steps
from pod.clock import processor_ns
from pod.errors import ShareSpentError, headers_of

GREEDY, MODEST = "203.0.113.7", "198.51.100.7"


class SetTimer:
    """A clock that stands until it is set; what is due by then is called."""

    def __init__(self) -> None:
        self.now = 100.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._number = count()

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> object:
        heappush(self._due, (when, next(self._number), lambda: callback(*args)))
        return None

    async def go_on(self, seconds: float) -> None:
        self.now += seconds
        while self._due and self._due[0][0] <= self.now:
            heappop(self._due)[2]()
        await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def timer() -> SetTimer:
    return SetTimer()


@pytest.fixture
async def processor(timer: SetTimer) -> Processor:
    return Processor(timer)


async def spend(processor: Processor, who: str, seconds: float) -> None:
    turn = await processor.begin(who)
    turn.charge(int(seconds * 1e9))
    turn.held_ns += turn.spent_ns
    processor.end(turn)


async def begun(processor: Processor, who: str) -> bool:
    """Whether a turn begins at once; it is over then."""
    task = asyncio.ensure_future(processor.begin(who))
    await settled()
    if not task.done():
        task.cancel()
        return False
    processor.end(task.result())
    return True


async def test_who_takes_much_waits_while_others_are_there_and_as_long_as_it_cost(
    processor: Processor, timer: SetTimer
) -> None:
    await spend(processor, GREEDY, MUCH + 1)
    assert await begun(processor, GREEDY)  # nobody else is there
    assert await begun(processor, MODEST)
    await spend(processor, GREEDY, 0.2)
    waiting = asyncio.ensure_future(spend(processor, GREEDY, 0.2))
    await timer.go_on(0.2 * PAUSE * 0.9)
    assert not waiting.done()
    assert await begun(processor, MODEST)
    await timer.go_on(0.2 * PAUSE * 0.2)
    assert waiting.done()


async def test_one_dear_request_shuts_nobody_out_for_as_long_as_it_cost(processor: Processor, timer: SetTimer) -> None:
    pulls = await processor.begin(GREEDY)
    pulls.charge(int(40 * 1e9))
    assert await begun(processor, MODEST)
    processor.end(pulls)
    waiting = asyncio.ensure_future(spend(processor, GREEDY, 0.01))
    await timer.go_on(MOST_PAUSE * 0.9)
    assert await begun(processor, MODEST)
    assert not waiting.done()
    await timer.go_on(MOST_PAUSE * 0.2)
    assert waiting.done()


async def test_what_was_taken_is_forgotten_and_so_are_others(processor: Processor, timer: SetTimer) -> None:
    await spend(processor, MODEST, 0.0)
    await spend(processor, GREEDY, 2 * MUCH)
    assert not await begun(processor, GREEDY)
    await timer.go_on(max(CALM_SECONDS, PAUSE * 2 * MUCH) + 1)
    assert await begun(processor, GREEDY)
    await timer.go_on(FORGETS_SECONDS)
    await spend(processor, MODEST, 0.0)
    assert await begun(processor, GREEDY)


async def test_where_all_together_take_most_a_little_is_much(processor: Processor) -> None:
    await spend(processor, GREEDY, 2 * MUCH_OF_LITTLE)
    await spend(processor, MODEST, 0.0)
    await spend(processor, GREEDY, 0.0)
    assert await begun(processor, GREEDY)
    for number in range(int(BUSY / MUCH_OF_LITTLE)):
        await spend(processor, f"192.0.2.{number}", MUCH_OF_LITTLE)
    await spend(processor, GREEDY, 0.2)
    assert not await begun(processor, GREEDY)
    assert await begun(processor, MODEST)


async def test_few_of_who_takes_much_are_under_way_and_a_crowd_of_anybody_has_an_end(processor: Processor) -> None:
    await spend(processor, GREEDY, MUCH + 1)
    await spend(processor, MODEST, 0.0)
    held = [await processor.begin(GREEDY) for _ in range(FEW)]
    assert not await begun(processor, GREEDY)
    await spend(processor, "192.0.2.1", 0.0)
    crowd = [await processor.begin(MODEST) for _ in range(CROWD)]
    assert not await begun(processor, MODEST)
    for turn in [*held, *crowd]:
        processor.end(turn)
    await settled()
    assert await begun(processor, MODEST)


async def test_a_line_that_is_too_long_is_told_when_to_come_again(processor: Processor) -> None:
    await spend(processor, GREEDY, MUCH + 1)
    await spend(processor, MODEST, 0.0)
    await spend(processor, GREEDY, 2.0)
    line = [asyncio.ensure_future(processor.begin(GREEDY)) for _ in range(MOST_WAITING)]
    await settled()
    with pytest.raises(ShareSpentError) as refused:
        await processor.begin(GREEDY)
    assert headers_of(refused.value) == {"Retry-After": str(int(min(MOST_PAUSE, 2 * PAUSE)))}
    assert refused.value.status == 429
    for place in line:
        place.cancel()
    await settled()
    late = asyncio.ensure_future(processor.begin(GREEDY))
    await settled()
    assert not late.done()  # it waits, for those who hung up left the line
    late.cancel()


async def test_an_account_pays_for_itself(processor: Processor) -> None:
    await spend(processor, MODEST, 0.0)
    turn = await processor.begin(GREEDY)
    await processor.hand_over(turn, "account 1")
    turn.charge(int((MUCH + 1) * 1e9))
    processor.end(turn)
    processor.end(turn)  # once is enough
    assert await begun(processor, GREEDY)
    assert not await begun(processor, "account 1")


async def test_w8_an_account_that_is_alone_isnt_slowed_down_for_its_own_address(processor: Processor) -> None:
    async def a_page() -> bool:
        began = asyncio.ensure_future(processor.begin(MODEST, may_move=True))
        await settled()
        moved = asyncio.ensure_future(processor.hand_over(began.result(), "account 1"))
        await settled()
        if moved.done():
            began.result().charge(int(MUCH * 1e9))
            processor.end(began.result())
        moved.cancel()
        return moved.done()

    assert [await a_page() for _ in range(5)] == [True] * 5
    nobodys = await processor.begin(MODEST, may_move=True)
    processor.end(nobodys)  # what it named is no account: somebody else was there
    assert [await a_page() for _ in range(2)] == [True, False]


async def test_what_costs_little_is_counted_at_once_and_waits_like_all_else(processor: Processor) -> None:
    little = int(MUCH * 1e9 / 4)
    assert [processor.pays_at_once(GREEDY, little) for _ in range(5)] == [True] * 5  # nobody else is there
    await spend(processor, MODEST, 0.0)
    assert processor.pays_at_once(GREEDY, little)
    assert not processor.pays_at_once(GREEDY, little)
    assert processor.pays_at_once(MODEST, little)
    assert not await begun(processor, GREEDY)


async def test_only_own_steps_are_counted_and_a_cancellation_reaches_the_work(processor: Processor) -> None:
    ended: list[str] = []

    async def work() -> None:
        burn(0.02)
        try:
            await asyncio.sleep(3600)
        finally:
            burn(0.02)
            ended.append("ended")

    turn = await processor.begin(MODEST)
    task = asyncio.ensure_future(_awaited(Steps(work(), turn)))
    await asyncio.sleep(0)
    burn(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["ended"]
    assert 0.04 <= turn.spent_ns / 1e9 < 0.15


async def test_what_is_computed_beside_the_loop_is_counted_and_one_at_a_time_is_in_the_line(
    processor: Processor,
) -> None:
    turn = await processor.begin(GREEDY)
    token = TURN.set(turn)
    try:
        pieces = [asyncio.ensure_future(computed(SMALL + 1, burn, 0.02)) for _ in range(3)]
        await asyncio.sleep(0)
        assert turn.payer.alone.locked()
        await asyncio.gather(*pieces)
    finally:
        TURN.reset(token)
    assert turn.spent_ns / 1e9 >= 0.06


async def _awaited(steps: Steps[None]) -> None:
    await steps


def burn(seconds: float) -> None:
    """Use the processor."""
    until = processor_ns() + int(seconds * 1e9)
    while processor_ns() < until:
        pass
