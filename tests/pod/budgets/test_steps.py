"""Long work lets others in: a step that has held the loop for long ends where the next piece of it begins."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from models.engine.inline_sqlite import connect
from pod.budgets.heavy import computed
from pod.budgets.processor import LONG_STEP_NS, Processor
from pod.budgets.steps import Steps, let_others, paying
from pod.clock import steady_ns

PIECES = 12
Piece = Callable[[], Awaitable[object]]


async def turns_of_others(piece: Piece) -> int:
    """How often somebody else is let in while one request does so many pieces of work, each of half a long step."""
    turns, ends = 0, False

    async def others() -> None:
        nonlocal turns
        while not ends:
            await asyncio.sleep(0)
            turns += 1

    async def work() -> None:
        for _ in range(PIECES):
            until = steady_ns() + LONG_STEP_NS // 2 + 1
            while steady_ns() < until:
                pass
            await piece()

    processor = Processor(asyncio.get_running_loop())
    turn = await processor.begin("203.0.113.7")
    beside = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    with paying(turn):
        await Steps(work(), turn, processor)
    counted, ends = turns - before, True
    await beside
    return counted


async def test_w8_a_request_that_reads_much_lets_others_in_between_its_statements(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "pod.db"), read_only=True)
    try:
        cursor = connection.cursor()
        assert await turns_of_others(lambda: cursor.execute("SELECT 1")) >= PIECES // 3
    finally:
        await connection.close()


@pytest.mark.parametrize("piece", [let_others, lambda: computed(1, int)], ids=["records", "texts"])
async def test_w1_a_page_of_records_and_the_parts_of_a_text_let_others_in(piece: Piece) -> None:
    assert await turns_of_others(piece) >= PIECES // 3


async def test_short_work_is_not_cut() -> None:
    processor = Processor(asyncio.get_running_loop())
    turn = await processor.begin("203.0.113.7")

    async def work() -> None:
        for _ in range(PIECES):
            await let_others()

    with paying(turn):
        steps = Steps(work(), turn, processor).__await__()
        with pytest.raises(StopIteration):
            next(steps)
