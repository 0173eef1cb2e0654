"""A payer that takes more than its share of the processor waits in its own line while others use the pod.

The cost of a request is measured in processor time, step by step (`pod.budgets.steps`). Its payer is the client's
address, and the account as soon as that is known; for work without a request, the pod that caused it. What a payer took
counts less and less with time. A payer that took `MUCH` lately has few requests in progress, and pauses between them,
which grow with the cost and with the number of such payers; if its line is too long, a request is refused at once. That
ends only when almost nothing of it counts any more, because a payer that has to wait takes little anyway. If nobody
else uses the pod, nobody waits: a pod that brings thousands of records a second has the whole processor until a reader
comes.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from models.engine.databases import is_reading
from pod.budgets.step_order import PAUSE, StepOrder, Timer
from pod.clock import processor_ns, steady_ns
from pod.rules.requests import RequestRule

FORGETS_SECONDS: Final = 10.0  # after this time, what was taken counts a third
# Seconds: a tenth of a processor all the time, or 200 pages at once. Twenty votes a second take less.
MUCH: Final = 1.0
# The same while the processor is busy, because many payers that take a little each could use all of it.
MUCH_OF_LITTLE: Final = 0.25
FORGIVEN: Final = 0.05  # a payer that took much counts as such until it is below this
BUSY: Final = 5.0  # seconds that requests held the loop: half of its time for long
LOOK_AGAIN_NS: Final = 5_000_000  # that a running request takes between two looks
LONG_STEP_NS: Final = 4_000_000  # the longest time for a step, if it can be interrupted at all
CALM_SECONDS: Final = 5.0  # how long payers that take much wait after one that takes little came
CROWD: Final = 4  # of one payer in progress; a browser's six connections need only milliseconds
FEW: Final = 1  # the same for a payer that takes much
# Seconds; so that one expensive request, e.g. a pull of a large group, doesn't shut its payer out for minutes.
MOST_PAUSE: Final = 5.0
MOST_WAITING: Final = 32
MOST_REMEMBERED: Final = 4_000
P = ParamSpec("P")
T = TypeVar("T")


class Payer:
    """A cause of requests: how much it took lately, its requests in progress, and those that wait in its line."""

    __slots__ = ("_at", "_taken", "active", "alone", "line", "much", "next_at", "running_ns")

    def __init__(self, now: float) -> None:
        self._taken = 0.0
        self._at = now
        self.much = False
        self.running_ns = 0  # by the requests in progress
        self.active = 0
        self.line: deque[asyncio.Future[None]] = deque()
        self.next_at = now
        self.alone = asyncio.Lock()

    def taken(self, now: float) -> float:
        """Processor seconds that were taken; those of long ago hardly count."""
        return self._taken * math.exp((self._at - now) / FORGETS_SECONDS) + self.running_ns / 1e9

    def settle(self, spent_ns: int, now: float) -> None:
        """Count a request that is over."""
        self.running_ns -= spent_ns
        self.add(spent_ns, now)

    def add(self, spent_ns: int, now: float) -> None:
        """Count processor time."""
        self._taken = self._taken * math.exp((self._at - now) / FORGETS_SECONDS) + spent_ns / 1e9
        self._at = now


class Turn:
    """A request: its payer, and what it took since that one pays. `open`: in progress, not waiting and not over."""

    def __init__(self, payer: Payer, *, may_move: bool = False) -> None:
        self.payer = payer
        self.may_move = may_move  # another payer may take it over
        self.spent_ns = 0
        self.held_ns = 0  # how long it held the loop; longer if the machine has other work
        self.waits = False  # whether its steps give way now
        self.looked_ns = 0  # what was spent at the last look at its payer
        self.step_from_ns = steady_ns()  # when its present step began
        self.open = True
        self._elsewhere: deque[int] = deque()

    def charge(self, spent_ns: int) -> None:
        """Count processor time; work that runs on after the answer isn't counted."""
        while self._elsewhere:
            spent_ns += self._elsewhere.popleft()
        if self.open:
            self.spent_ns += spent_ns
            self.payer.running_ns += spent_ns

    def is_long(self) -> bool:
        """Whether the present step has held the loop so long that others should run first."""
        return steady_ns() - self.step_from_ns > LONG_STEP_NS

    def timed(self, function: Callable[P, T]) -> Callable[P, T]:
        """The same function, for a thread, with its processor time counted."""

        def run(*args: P.args, **options: P.kwargs) -> T:
            began = processor_ns()
            try:
                return function(*args, **options)
            finally:
                self._elsewhere.append(processor_ns() - began)

        return run


class Processor:
    """The processor of one process, and how much each payer takes of it."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self.order = StepOrder(timer)
        self._payers: dict[str, Payer] = {}
        self._whole, self._held = Payer(timer.time()), Payer(timer.time())
        self._lines = 0
        self._latest: Payer | None = None  # the last payer that came and takes little
        self._latest_at = self._other_at = -CALM_SECONDS

    async def begin(self, who: str, *, may_move: bool = False) -> Turn:
        """Give `who` a turn as soon as it may begin; raises SHARE_SPENT if too many of its requests wait already.

        `may_move`: the request names an account. Its address then counts as active only if no account takes over the
        turn. Otherwise a single signed-in person would be slowed down because of their own address.
        """
        payer = self._payer(who)
        if not self._enters(payer, self._timer.time(), comes=not may_move):
            await self._wait(payer)
        return Turn(payer, may_move=may_move)

    def pays_at_once(self, who: str, spent_ns: int) -> bool:
        """Count work that is too small to be measured; False if `who` has to wait for its turn."""
        payer, now = self._payer(who), self._timer.time()
        if not self._enters(payer, now):
            return False
        payer.running_ns += spent_ns
        self._settle(payer, spent_ns, now)
        return True

    async def hand_over(self, turn: Turn, who: str) -> None:
        """Let another payer pay for the rest of a turn, and wait in that one's line; raises SHARE_SPENT."""
        payer = self._payer(who)
        if payer is turn.payer:
            return
        turn.may_move = False
        self.end(turn)
        if not self._enters(payer, self._timer.time()):
            await self._wait(payer)
        turn.payer, turn.open = payer, True

    def end(self, turn: Turn) -> None:
        """Count what a turn took and let the next one begin; further calls do nothing."""
        if not turn.open:
            return
        turn.charge(0)
        payer, spent_ns, now = turn.payer, turn.spent_ns, self._timer.time()
        self._held.add(turn.held_ns, now)
        turn.open, turn.spent_ns, turn.held_ns, turn.looked_ns = False, 0, 0, 0
        if turn.may_move and not self._takes_much(payer, now):
            self._came(payer, now)
        self._settle(payer, spent_ns, now)

    def _settle(self, payer: Payer, spent_ns: int, now: float) -> None:
        payer.active -= 1
        payer.settle(spent_ns, now)
        self._whole.add(spent_ns, now)
        if self._takes_much(payer, now) and self._others_came(payer, now):
            payer.next_at = max(payer.next_at, now) + min(MOST_PAUSE, PAUSE * spent_ns / 1e9) * max(1, self._lines)
        if payer.line:
            self._admit(payer)

    def beside(self, who: str) -> Turn:
        """A turn for work that no request waits for; it begins at once, and its steps give way to others."""
        payer = self._payer(who)
        payer.active += 1
        return Turn(payer)

    def enter_step(self, turn: Turn) -> asyncio.Future[None] | None:
        """What a step must wait for, because others take less; None if it may run.

        A step that reads doesn't wait, because it holds one of the few connections.
        """
        now = self._timer.time()
        if turn.spent_ns - turn.looked_ns >= LOOK_AGAIN_NS:
            turn.looked_ns = turn.spent_ns
            self._takes_much(turn.payer, now)
        payer, taken = turn.payer, turn.payer.taken(now)
        turn.waits = (
            self._others_came(payer, now) if payer.much else taken >= FORGIVEN and self.order.is_behind(now, taken)
        )
        if not turn.waits or not turn.open:
            self.order.serve(now, taken)
            return None
        return None if is_reading() else self.order.place()

    def _payer(self, who: str) -> Payer:
        now = self._timer.time()
        if who not in self._payers:
            if len(self._payers) >= MOST_REMEMBERED:
                self._forget(now)
            self._payers[who] = Payer(now)
        return self._payers[who]

    def _forget(self, now: float) -> None:
        """Drop the half of the idle payers that took least."""
        gone = [(one.taken(now), name) for name, one in self._payers.items() if not one.active and not one.line]
        for _, name in sorted(gone)[: (len(gone) + 1) // 2]:
            del self._payers[name]

    async def _wait(self, payer: Payer) -> None:
        now = self._timer.time()
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
        """Begin a request, unless it has to wait; `comes`: its payer counts as active from now on."""
        if comes and not self._takes_much(payer, now):
            self._came(payer, now)
        enters = not payer.line and self._may_enter(payer, now)
        payer.active += enters
        return enters

    def _leave(self, payer: Payer, turn: asyncio.Future[None]) -> None:
        """Remove a request whose client disconnected; if it had got its place already, the next one gets it."""
        if turn in payer.line:
            payer.line.remove(turn)
            self._lines -= not payer.line
        elif not turn.cancelled():
            payer.active -= 1
            self._admit(payer)

    def _takes_much(self, payer: Payer, now: float) -> bool:
        taken, held = payer.taken(now), self._held.taken(now)
        # If the machine has other work, the pod has less than a processor to share.
        part = min(1.0, self._whole.taken(now) / held) if held >= BUSY else 1.0
        limit = MUCH_OF_LITTLE * part if held >= BUSY else MUCH
        payer.much = taken >= (FORGIVEN * part if payer.much else limit)
        return payer.much

    def _came(self, payer: Payer, now: float) -> None:
        if payer is not self._latest:
            self._latest, self._other_at = payer, self._latest_at
        self._latest_at = now

    def _others_came(self, payer: Payer, now: float) -> bool:
        """Whether another payer, which takes little, came lately."""
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
        """Look again at the line after the pause; otherwise the end of a request lets the next one begin."""
        if payer.line and (payer.active == 0 or now < payer.next_at):
            self._timer.call_at(max(payer.next_at, now), self._admit, payer)
