"""Work runs in steps: each step is counted for its payer, and waits if the payer takes much and others are served.

A step ends where a task waits for something. Steps of a write action are counted, but never wait: others wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any, Final, Generic, TypeVar

from models.engine.inline_sqlite import METER
from pod.budgets.processor import Processor, Turn
from pod.clock import processor_ns, steady_ns

TURN: Final[ContextVar[Turn | None]] = ContextVar("turn", default=None)
T = TypeVar("T")


class Steps(Generic[T]):
    """Awaits a coroutine and counts the processor time of each of its steps, without what runs in between.

    With a processor, a step waits for its place in the processor's order.
    """

    def __init__(self, work: Awaitable[T], turn: Turn, processor: Processor | None = None) -> None:
        self._work = work
        self._turn = turn
        self._processor = processor

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        value: Any = None
        go: Callable[[Any], Any] = steps.send
        while True:
            place = self._processor.enter_step(self._turn) if self._processor else None
            if place is not None:
                try:
                    yield from place.__await__()
                except BaseException as error:  # noqa: BLE001  (a cancellation, which the work handles)
                    value, go = error, steps.throw
            began, held_from = processor_ns(), steady_ns()
            self._turn.step_from_ns = held_from
            try:
                waited = go(value)
            except StopIteration as end:
                done: T = end.value
                return done
            finally:
                value, held_ns = None, steady_ns() - held_from
                self._turn.charge(processor_ns() - began)
                self._turn.held_ns += held_ns
                if place is not None and self._processor and not place.cancelled():
                    self._processor.order.leave(held_ns / 1e9)
            try:
                value, go = (yield waited), steps.send
            except BaseException as error:  # noqa: BLE001  (a cancellation or an awaited error, which the work handles)
                value, go = error, steps.throw


class paying:  # noqa: N801  (it is read like a function)
    """Inside the block, the turn also pays for what threads do for the task."""

    __slots__ = ("_tokens", "_turn")

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __enter__(self) -> None:
        self._tokens = TURN.set(self._turn), METER.set(self._turn)

    def __exit__(self, *_: object) -> None:
        TURN.reset(self._tokens[0])
        METER.reset(self._tokens[1])


async def beside(processor: Processor, who: str, work: Coroutine[Any, Any, T]) -> T:
    """Do work that no request waits for; `who` caused it and pays for it."""
    turn = processor.beside(who)
    try:
        with paying(turn):
            return await Steps(work, turn, processor)
    finally:
        processor.end(turn)


def gives_way() -> bool:
    """Whether the present task's work has to wait for others."""
    turn = TURN.get()
    return turn is not None and turn.open and turn.waits


async def let_others() -> None:
    """End a step that has held the loop for long. Call it between two pieces of long work."""
    turn = TURN.get()
    if turn is not None and turn.is_long():
        await asyncio.sleep(0)


def charged(work: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
    """The same work; the present turn pays for its steps, in whichever task they run. They don't wait."""
    turn = TURN.get()
    if turn is None:
        return work

    async def paid(*args: Any) -> T:
        token = METER.set(turn)
        try:
            return await Steps(work(*args), turn)
        finally:
            METER.reset(token)

    return paid
