"""Jobs of moves to this pod: each goes one step further while one process holds its turn, and notes how far it came.

Work is found by `due_at` alone. A process that dies loses its turn within a minute, and at once when it starts again;
every step does again what isn't there yet. What another pod can't answer now is asked again later, ever more rarely;
what it refuses, or what a rule here refuses, stops the job with that reason, until its person asks to try again.

A step that takes too long yields its place, goes on later from what it stored, and has more time then. An old pod whose
job waited so long for others' answers counts as slow for an hour: its jobs come after all others, and one place is
never a slow pod's. What this pod itself takes for its work counts against nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from federation.errors import RemoteError
from federation.rules.answers import RemoteFault
from federation.safe_http.waits import Waits
from models.moving.moves import (
    BEGUN,
    COPYING,
    SETTLED,
    STOPPED,
    SWITCHING,
    VERIFIED,
    Move,
    claim_move,
    first_move_at,
    note_move,
)
from pod.actions.moving.copy_step import advance_copy
from pod.actions.moving.job_ends import cut, passes, stopped, waiting
from pod.actions.moving.move_mails import mail_news, with_news
from pod.actions.moving.standing_step import advance_standing
from pod.actions.moving.switch_step import advance_switch
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from protocol.errors import RefusedError

CLAIM_MS: Final = 60_000
RENEW_SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 2
MOST_SLOW: Final = MOST_AT_ONCE - 1
LOOK_AGAIN_MS: Final = 1_000
STEP_MS: Final = 60_000
LONGEST_STEP_MS: Final = 600_000
SLOW_MS: Final = 3_600_000
Step = Callable[[Deps, Move], Awaitable[Move]]
STEPS: Final[Mapping[str, Step]] = {
    BEGUN: advance_copy,
    COPYING: advance_copy,
    VERIFIED: advance_switch,
    SWITCHING: advance_switch,
    SETTLED: advance_switch,
}
_KEYS: Final = frozenset({"sha256", "turn"})
_LOG = logging.getLogger(__name__)


class Moves:
    """The jobs that go on now: at most two at once, of two old pods of which one isn't slow."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._busy = set[str]()
        self._slow = dict[str, int]()  # until when old pods count as slow

    async def start_due(self) -> int | None:
        """Begin what is due, as far as there is room; returns when to look again, None: when somebody asks."""
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            first = await first_move_at(session)
        if first is None or first > now:
            return first
        while len(self._busy) < MOST_AT_ONCE:
            claimed = await self._claim(now)
            if claimed is None:
                break
            self._busy.add(claimed.pod)
            self._tasks.create_task(self._work(claimed))
        return now + LOOK_AGAIN_MS

    async def _claim(self, now: int) -> Move | None:
        self._slow = {pod: until for pod, until in self._slow.items() if until > now}
        claim = partial(claim_move, now=now, until=now + CLAIM_MS)
        busy = frozenset(self._busy)
        claimed = await self._deps.store.write(partial(claim, busy=busy | self._slow.keys()))
        if claimed is None and self._slow and len(busy & self._slow.keys()) < MOST_SLOW:
            claimed = await self._deps.store.write(partial(claim, busy=busy))
        return claimed

    async def _work(self, claimed: Move) -> None:
        waits = Waits(self._deps.clock)
        try:
            await work(self._deps, claimed, waits=waits)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("a move's job failed")
        finally:
            self._busy.discard(claimed.pod)
            if waits.ms >= STEP_MS:
                self._slow[claimed.pod] = self._deps.clock() + SLOW_MS


async def work(deps: Deps, claimed: Move, *, step_ms: int = STEP_MS, waits: Waits | None = None) -> bool:
    """Take a claimed job one step further; False if another process had its turn meanwhile, or it was cancelled.

    `step_ms`: how long the step may take; twice as long each time in a row that it took too long, ten minutes at most.
    `waits` counts how long it waited for other pods.
    """
    is_standing = claimed.standing and VERIFIED in (claimed.stage, claimed.stage == STOPPED and claimed.stopped_in)
    step = advance_standing if is_standing else STEPS.get(claimed.stage)
    if step is None:
        return await _note(deps, claimed, msgspec.structs.replace(claimed, due_at=None))
    waits = waits or Waits(deps.clock)
    longest = min(step_ms << min(claimed.cuts, 20), LONGEST_STEP_MS)
    ends = deps.clock() + longest
    going = asyncio.ensure_future(_done(deps, claimed, step, waits))
    try:
        while not (await asyncio.wait({going}, timeout=RENEW_SECONDS))[0] and deps.clock() < ends:
            until = deps.clock() + CLAIM_MS
            if not await deps.store.write(partial(note_move, move=claimed, changes={"due_at": until})):
                return False
        if not going.done():
            going.cancel()
            await asyncio.wait({going})
        late = RemoteError(RemoteFault.TOO_SLOW, retry=True) if waits.ms * 2 >= longest else None
        done = cut(deps, claimed, late) if going.cancelled() else going.result()
        after = with_news(claimed, done, now=deps.clock())
        if not await _note(deps, claimed, after):
            return False
        await mail_news(deps, claimed, after)
        return True
    finally:
        going.cancel()


async def _done(deps: Deps, claimed: Move, step: Step, waits: Waits) -> Move:
    """The job after the step, or as the step's failure leaves it."""
    try:
        with for_a_move(), waits.counted():
            after = await step(deps, msgspec.structs.replace(claimed, why="", said=None))
    except RemoteError as error:
        return waiting(deps, claimed, error) if passes(claimed, error) else stopped(deps, claimed, error)
    except RefusedError as error:
        return stopped(deps, claimed, error)
    except Exception:  # noqa: BLE001  (logged; the job is tried again later, and its page says so)
        _LOG.exception("a step of a move failed")
        return waiting(deps, claimed, None)
    stage_at = deps.clock() if after.stage != claimed.stage else after.stage_at
    return msgspec.structs.replace(after, stage_at=stage_at, tries=after.tries if after.why else 0, cuts=0)


async def _note(deps: Deps, claimed: Move, after: Move) -> bool:
    """Store what the step changed, unless it is another's turn."""
    before = msgspec.structs.asdict(claimed)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(after).items()
        if name not in _KEYS and (name == "due_at" or before[name] != value)
    }
    return await deps.store.write(partial(note_move, move=claimed, changes=changes))
