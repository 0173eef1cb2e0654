"""Whoever takes more of the processor than their share waits in a line of their own while others use the pod.

What a request costs is measured in processor time, step by step (`Steps`), and counted by who causes it: the address,
and from where it is known the account. What was taken counts less and less with time. Who took `MUCH` of late has few
requests under way at once, and pauses between them that grow with what they cost and with how many such payers there
are; where the line is too long, a request is refused at once. Where nobody else is there, nobody waits: a pod that
brings thousands of records a second has the whole processor until a reader comes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any, Final, Generic, Protocol, TypeVar

from pod.clock import processor_ns
from pod.rules.requests import RequestRule

FORGETS_SECONDS: Final = 10.0  # in which what was taken comes to count a third
# Seconds: a tenth of a processor for long, or two hundred pages at once; who votes twenty times a second takes less.
MUCH: Final = 1.0
# The same where the processor is mostly taken: many who take a little each would leave nothing to others.
MUCH_OF_LITTLE: Final = 0.25
BUSY: Final = 7.0  # taken by all together: seven tenths of a processor for long
CALM_SECONDS: Final = 5.0  # after somebody modest came, in which those who take much wait
CROWD: Final = 4  # requests of one payer under way; a browser's six connections are answered in some milliseconds
FEW: Final = 1  # the same, of one who takes much
PAUSE: Final = 3.0  # times what a request took: a quarter of a processor is left to all who take much
# Seconds: one dear request, as a pull of a large group that somebody asked for, mustn't shut them out for minutes.
MOST_PAUSE: Final = 5.0
MOST_WAITING: Final = 32
MOST_REMEMBERED: Final = 10_000
T = TypeVar("T")


class Timer(Protocol):
    """What of an event loop is needed."""

    def time(self) -> float:
        """Seconds, steadily."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> object:
        """Call it then."""
        ...


class Payer:
    """Somebody who has requests made: what they took of late, what is under way, and who waits in their line."""

    def __init__(self, now: float) -> None:
        self._taken = 0.0
        self._at = now
        self.running_ns = 0  # what the requests took that are under way
        self.active = 0
        self.line: deque[asyncio.Future[None]] = deque()
        self.next_at = now
        self.alone = asyncio.Lock()

    def taken(self, now: float) -> float:
        """Seconds of the processor, those of long ago hardly counted."""
        return self._past(now) + self.running_ns / 1e9

    def settle(self, spent_ns: int, now: float) -> None:
        """A request that took so much is over."""
        self.running_ns -= spent_ns
        self._taken, self._at = self._past(now) + spent_ns / 1e9, now

    def _past(self, now: float) -> float:
        return self._taken * math.exp((self._at - now) / FORGETS_SECONDS)


class Turn:
    """A request: who pays for it, and what it took since they do. `open`: it is under way, not in a line or over."""

    def __init__(self, payer: Payer, *, may_move: bool = False) -> None:
        self.payer = payer
        self.may_move = may_move  # it may turn out to be another's
        self.spent_ns = 0
        self.open = True

    def charge(self, spent_ns: int) -> None:
        """Count processor time; what is left running after the answer is nobody's."""
        if self.open:
            self.spent_ns += spent_ns
            self.payer.running_ns += spent_ns


TURN: Final[ContextVar[Turn | None]] = ContextVar("turn", default=None)


class Processor:
    """The processor of one process, and who takes how much of it."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._payers: dict[str, Payer] = {}
        self._whole = Payer(timer.time())
        self._lines = 0
        self._latest: Payer | None = None  # who came last of those who take little
        self._latest_at = self._other_at = -CALM_SECONDS

    async def begin(self, who: str, *, may_move: bool = False) -> Turn:
        """A turn for `who`, as soon as it may begin; raises SHARE_SPENT where too many wait already.

        `may_move`: the request names an account. Only where that pays nothing was its address there: else whoever is
        signed in and alone would be slowed down for the sake of their own address.
        """
        payer = self._payer(who)
        await self._enter(payer, comes=not may_move)
        return Turn(payer, may_move=may_move)

    def pays_at_once(self, who: str, spent_ns: int) -> bool:
        """Count for `who` what so little work takes that it isn't measured; False where they have to wait for it."""
        payer, now = self._payer(who), self._timer.time()
        if not self._enters(payer, now):
            return False
        payer.running_ns += spent_ns
        self._settle(payer, spent_ns, now)
        return True

    async def hand_over(self, turn: Turn, who: str) -> None:
        """Let another pay for the rest of a turn, in their line; raises SHARE_SPENT."""
        payer = self._payer(who)
        if payer is turn.payer:
            return
        turn.may_move = False
        self.end(turn)
        await self._enter(payer)
        turn.payer, turn.open = payer, True

    def end(self, turn: Turn) -> None:
        """Count what a turn took, and let the next in; once."""
        if not turn.open:
            return
        payer, spent_ns, now = turn.payer, turn.spent_ns, self._timer.time()
        turn.open, turn.spent_ns = False, 0
        if turn.may_move and not self._takes_much(payer, now):
            self._came(payer, now)
        self._settle(payer, spent_ns, now)

    def _settle(self, payer: Payer, spent_ns: int, now: float) -> None:
        payer.active -= 1
        payer.settle(spent_ns, now)
        self._whole.running_ns += spent_ns
        self._whole.settle(spent_ns, now)
        if self._takes_much(payer, now) and self._others_came(payer, now):
            payer.next_at = max(payer.next_at, now) + min(MOST_PAUSE, PAUSE * spent_ns / 1e9) * max(1, self._lines)
        self._admit(payer)

    def _payer(self, who: str) -> Payer:
        now = self._timer.time()
        if who not in self._payers and len(self._payers) >= MOST_REMEMBERED:
            self._payers = {name: one for name, one in self._payers.items() if one.active or one.line}
        return self._payers.setdefault(who, Payer(now))

    async def _enter(self, payer: Payer, *, comes: bool = True) -> None:
        now = self._timer.time()
        if self._enters(payer, now, comes=comes):
            return
        if len(payer.line) >= MOST_WAITING:
            raise RequestRule.SHARE_SPENT.error(seconds=max(1, math.ceil(payer.next_at - now)))
        turn = asyncio.get_running_loop().create_future()
        payer.line.append(turn)
        self._lines += len(payer.line) == 1
        self._look_later(payer, now)
        try:
            await turn
        except BaseException:
            self._leave(payer, turn)
            raise

    def _enters(self, payer: Payer, now: float, *, comes: bool = True) -> bool:
        """Have a request begin, unless it has to wait; `comes`: its payer is there, whatever it costs."""
        if comes and not self._takes_much(payer, now):
            self._came(payer, now)
        enters = not payer.line and self._may_enter(payer, now)
        payer.active += enters
        return enters

    def _leave(self, payer: Payer, turn: asyncio.Future[None]) -> None:
        """Somebody who waited hung up; a place that was given meanwhile is given on."""
        if turn in payer.line:
            payer.line.remove(turn)
            self._lines -= not payer.line
        elif not turn.cancelled():
            payer.active -= 1
            self._admit(payer)

    def _takes_much(self, payer: Payer, now: float) -> bool:
        return payer.taken(now) >= (MUCH if self._whole.taken(now) < BUSY else MUCH_OF_LITTLE)

    def _came(self, payer: Payer, now: float) -> None:
        if payer is not self._latest:
            self._latest, self._other_at = payer, self._latest_at
        self._latest_at = now

    def _others_came(self, payer: Payer, now: float) -> bool:
        """Whether another who takes little came of late."""
        at = self._other_at if payer is self._latest else self._latest_at
        return now - at < CALM_SECONDS

    def _may_enter(self, payer: Payer, now: float) -> bool:
        if not self._others_came(payer, now):
            return True
        much = self._takes_much(payer, now)
        return payer.active < (FEW if much else CROWD) and (now >= payer.next_at or not much)

    def _admit(self, payer: Payer) -> None:
        now = self._timer.time()
        while payer.line and self._may_enter(payer, now):
            turn = payer.line.popleft()
            self._lines -= not payer.line
            if not turn.done():
                payer.active += 1
                turn.set_result(None)
        if payer.line:
            self._look_later(payer, now)

    def _look_later(self, payer: Payer, now: float) -> None:
        """What ends lets the next in; a pause, and the calm when others are gone, end by themselves."""
        if payer.line and (payer.active == 0 or now < payer.next_at):
            self._timer.call_at(max(payer.next_at, now), self._admit, payer)


class Steps(Generic[T]):
    """Awaits something, and counts the processor time of each of its steps; what others do meanwhile isn't counted."""

    def __init__(self, work: Coroutine[Any, Any, T], turn: Turn) -> None:
        self._work = work
        self._turn = turn

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._work.__await__()
        value: Any = None
        go: Callable[[Any], Any] = steps.send
        while True:
            began = processor_ns()
            try:
                waited = go(value)
            except StopIteration as end:
                done: T = end.value
                return done
            finally:
                value = None
                self._turn.charge(processor_ns() - began)
            try:
                value, go = (yield waited), steps.send
            except BaseException as error:  # noqa: BLE001  (a cancellation, or what was awaited: the work's to handle)
                value, go = error, steps.throw


def charged(work: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
    """The same work, whose steps the present turn pays for, whichever task does them."""
    turn = TURN.get()
    if turn is None:
        return work

    async def paid(*args: Any) -> T:
        return await Steps(work(*args), turn)

    return paid
