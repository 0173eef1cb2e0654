"""Long computations run beside the event loop, in a thread, one at a time, so that others are served meanwhile.

Short ones run at once, because handing them over would cost more. Requests for long ones wait for each other, and no
others wait for them. Each payer (`pod.budgets.processor`) has at most one computation in the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from pod.budgets.steps import TURN, let_others

SMALL: Final = 300  # paragraphs, records or similar: some milliseconds

P = ParamSpec("P")
R = TypeVar("R")

_WORKER: Final = ThreadPoolExecutor(1, thread_name_prefix="heavy")


async def computed(size: int, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """The value of the function, which must be pure. If `size` is above `SMALL`, it runs in a thread."""
    await let_others()
    if size <= SMALL:
        return function(*args, **options)
    work, turn = partial(function, *args, **options), TURN.get()
    if turn is None:
        return await _in_worker(work)
    async with turn.payer.alone:
        value = await _in_worker(turn.timed(work))
    turn.charge(0)  # count what the thread took
    return value


async def _in_worker(work: Callable[[], R]) -> R:
    return await asyncio.get_running_loop().run_in_executor(_WORKER, work)
