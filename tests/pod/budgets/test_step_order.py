"""Steps of those who take much go one at a time, and seldom while others are served; whoever reads never waits."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from models.engine.databases import open_database
from pod.budgets.processor import MUCH, Processor, Turn
from pod.budgets.step_order import MUCH_BESIDE_WRITES, PAUSE, QUIET_SECONDS, StepOrder
from pod.budgets.steps import Steps, beside
from tests.pod.budgets.test_processor import GREEDY, MODEST, SetTimer, settled, spend


@pytest.fixture
def timer() -> SetTimer:
    return SetTimer()


@pytest.fixture
async def processor(timer: SetTimer) -> Processor:
    return Processor(timer)


async def test_one_goes_at_a_time_and_whoever_hung_up_is_passed_over(timer: SetTimer) -> None:
    order = StepOrder(timer)
    first, cancelled, last = order.place(), order.place(), order.place()
    assert [place.done() for place in (first, cancelled, last)] == [True, False, False]
    cancelled.cancel()
    order.leave(0.001)
    await timer.go_on(0)
    assert last.done()
    order.leave(0.001)
    await timer.go_on(0)
    assert order.place().done()


async def test_while_others_are_served_they_have_a_quarter_of_the_time(timer: SetTimer) -> None:
    order = StepOrder(timer)
    order.serve(timer.time(), 0.1)
    first, second = order.place(), order.place()
    assert first.done()
    order.leave(0.1)
    for _ in range(int(0.1 * PAUSE / QUIET_SECONDS * 2) - 1):
        order.serve(timer.time(), 0.1)
        await timer.go_on(QUIET_SECONDS / 2)
        assert not second.done()
    order.serve(timer.time(), 0.1)
    await timer.go_on(QUIET_SECONDS)
    assert second.done()


async def test_where_nobody_is_served_any_more_the_next_goes_soon(timer: SetTimer) -> None:
    order = StepOrder(timer)
    order.serve(timer.time(), 0.1)
    first, second = order.place(), order.place()
    order.leave(10.0)
    await timer.go_on(QUIET_SECONDS)
    assert first.done()
    assert second.done()


async def test_who_took_more_than_twice_as_much_gives_way(timer: SetTimer) -> None:
    order = StepOrder(timer)
    order.serve(timer.time(), 0.1)
    assert [order.is_behind(timer.time(), taken) for taken in (0.1, 0.2, 0.21)] == [False, False, True]
    assert not order.is_behind(timer.time() + QUIET_SECONDS, 9.0)


async def test_while_somebody_waits_for_a_commit_who_took_much_gives_way(timer: SetTimer) -> None:
    order = StepOrder(timer)
    order.write(True)
    assert [order.is_behind(timer.time(), taken) for taken in (0.2, MUCH_BESIDE_WRITES)] == [False, True]
    first, second = order.place(), order.place()
    order.leave(0.1)
    await timer.go_on(0.1 * PAUSE * 0.9)
    assert (first.done(), second.done()) == (True, False)
    await timer.go_on(0.1 * PAUSE * 0.2)
    assert second.done()
    order.write(False)
    assert not order.is_behind(timer.time(), 9.0)


async def greedy_turn(processor: Processor) -> Turn:
    """Of somebody who takes much while another is there; a step of theirs goes, and doesn't end."""
    await spend(processor, GREEDY, MUCH + 1)
    await spend(processor, MODEST, 0.0)
    turn = await processor.begin(GREEDY)
    assert processor.order.place().done()
    return turn


async def test_a_step_of_who_takes_much_waits_and_its_cancellation_reaches_the_work(processor: Processor) -> None:
    said: list[str] = []

    async def work() -> None:
        said.append("begun")
        try:
            await asyncio.sleep(0)
        finally:
            said.append("ended")

    turn = await greedy_turn(processor)
    task = asyncio.ensure_future(awaited(Steps(work(), turn, processor)))
    await settled()
    assert said == []
    processor.order.leave(0.0)
    processor.order._let_go()
    await settled()
    assert said == ["begun"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said == ["begun", "ended"]


async def test_who_holds_a_connection_that_reads_does_not_wait(processor: Processor, tmp_path: Path) -> None:
    database = await open_database(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite")
    turn, said = await greedy_turn(processor), []

    async def work() -> None:
        async with database.read():
            await asyncio.sleep(0)
            said.append("read")
        await asyncio.sleep(0)
        said.append("after")

    task = asyncio.ensure_future(awaited(Steps(work(), turn, processor)))
    await settled()
    processor.order.leave(0.0)
    processor.order._let_go()
    await settled()
    assert said == ["read"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()


async def test_what_no_request_waits_for_is_paid_by_its_cause(processor: Processor) -> None:
    async def pull() -> int:
        turn = processor._payers["pod http://a.example"]
        turn.running_ns += int((MUCH + 1) * 1e9)
        return 7

    assert await beside(processor, "pod http://a.example", pull()) == 7
    assert processor._payers["pod http://a.example"].active == 0


async def test_what_a_thread_does_for_a_turn_is_counted(processor: Processor) -> None:
    turn = await processor.begin(MODEST)
    assert await asyncio.to_thread(turn.timed(sum), range(300_000)) == sum(range(300_000))
    turn.charge(0)
    assert turn.spent_ns > 0


async def awaited(steps: Steps[None]) -> None:
    await steps
