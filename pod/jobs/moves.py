"""Jobs of moves to this pod: each goes one step further while one process holds its turn, and notes how far it came.

Work is found by `due_at` alone. A process that dies loses its turn within a minute, and at once when it starts again;
every step does again what isn't there yet. What another pod can't answer now is asked again later, ever more rarely;
what it refuses, or what a rule here refuses, stops the job with that reason, until its person asks to try again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from federation.errors import RemoteError
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
from pod.actions.moving.job_ends import stopped, waiting
from pod.actions.moving.move_mails import mail_news, with_news
from pod.actions.moving.standing_step import advance_standing
from pod.actions.moving.switch_step import advance_switch
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from protocol.errors import RefusedError

CLAIM_MS: Final = 60_000
RENEW_SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 2
LOOK_AGAIN_MS: Final = 1_000
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
    """The jobs that go on now: at most two at once, of two old pods, so that no slow pod holds up the others."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._busy = set[str]()

    async def start_due(self) -> int | None:
        """Begin what is due, as far as there is room; returns when to look again, None: when somebody asks."""
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            first = await first_move_at(session)
        if first is None or first > now:
            return first
        while len(self._busy) < MOST_AT_ONCE:
            busy = frozenset(self._busy)
            claimed = await self._deps.store.write(partial(claim_move, now=now, until=now + CLAIM_MS, busy=busy))
            if claimed is None:
                break
            self._busy.add(claimed.pod)
            self._tasks.create_task(self._work(claimed))
        return now + LOOK_AGAIN_MS

    async def _work(self, claimed: Move) -> None:
        try:
            await work(self._deps, claimed)
        except Exception:  # noqa: BLE001  (logged; the claim ends by itself, and the loops go on)
            _LOG.exception("a move's job failed")
        finally:
            self._busy.discard(claimed.pod)


async def work(deps: Deps, claimed: Move) -> bool:
    """Take a claimed job one step further; False if another process had its turn meanwhile, or it was cancelled."""
    is_standing = claimed.standing and VERIFIED in (claimed.stage, claimed.stage == STOPPED and claimed.stopped_in)
    step = advance_standing if is_standing else STEPS.get(claimed.stage)
    if step is None:
        return await _note(deps, claimed, msgspec.structs.replace(claimed, due_at=None))
    going = asyncio.ensure_future(_done(deps, claimed, step))
    try:
        while not (await asyncio.wait({going}, timeout=RENEW_SECONDS))[0]:
            until = deps.clock() + CLAIM_MS
            if not await deps.store.write(partial(note_move, move=claimed, changes={"due_at": until})):
                return False
        after = with_news(claimed, going.result(), now=deps.clock())
        if not await _note(deps, claimed, after):
            return False
        await mail_news(deps, claimed, after)
        return True
    finally:
        going.cancel()


async def _done(deps: Deps, claimed: Move, step: Step) -> Move:
    """The job after the step, or as the step's failure leaves it."""
    try:
        with for_a_move():
            after = await step(deps, msgspec.structs.replace(claimed, why="", said=None))
    except RemoteError as error:
        return waiting(deps, claimed, error) if error.retry else stopped(deps, claimed, error)
    except RefusedError as error:
        return stopped(deps, claimed, error)
    except Exception:  # noqa: BLE001  (logged; the job is tried again later, and its page says so)
        _LOG.exception("a step of a move failed")
        return waiting(deps, claimed, None)
    stage_at = deps.clock() if after.stage != claimed.stage else after.stage_at
    return msgspec.structs.replace(after, stage_at=stage_at, tries=after.tries if after.why else 0)


async def _note(deps: Deps, claimed: Move, after: Move) -> bool:
    """Store what the step changed, unless it is another's turn."""
    before = msgspec.structs.asdict(claimed)
    changes = {
        name: value
        for name, value in msgspec.structs.asdict(after).items()
        if name not in _KEYS and (name == "due_at" or before[name] != value)
    }
    return await deps.store.write(partial(note_move, move=claimed, changes=changes))
