"""What several ask for at once is computed once, and by another of them if the first goes away."""

from __future__ import annotations

import asyncio

import pytest

from pod.memory import Computed


class Slow:
    """Something that takes until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = 0, asyncio.Event()

    async def make(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        return self.begun


async def test_w8_who_asks_while_it_is_computed_waits_for_it() -> None:
    held, slow = Computed(1), Slow()
    asked = [asyncio.create_task(held.once("past", slow.make)) for _ in range(20)]
    await asyncio.sleep(0)
    slow.may_end.set()

    assert await asyncio.gather(*asked) == [1] * 20
    assert await held.once("past", slow.make) == 1


async def test_w8_who_goes_away_leaves_it_to_the_next() -> None:
    held, slow = Computed(1), Slow()
    first, second = (asyncio.create_task(held.once("past", slow.make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    slow.may_end.set()

    assert await second == 2


async def test_w8_one_thing_does_not_wait_for_another() -> None:
    held, slow = Computed(2), Slow()
    waits = asyncio.create_task(held.once("past", slow.make))
    await asyncio.sleep(0)

    async def quick() -> str:
        return "at once"

    assert await held.once("other", quick) == "at once"
    waits.cancel()
