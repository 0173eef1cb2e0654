"""People who move back here are carried on, a minute apart, in a task beside the tending."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from federation.errors import RemoteError
from models.moving.newcomers import Newcomer, end_return, list_returning
from pod.actions.moving.cool_down import UNDO_MS
from pod.actions.moving.newcomers import advance
from pod.actions.moving.old_pod import refusal_in
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError

AT_ONCE: Final = 20
EVERY_MS: Final = 60_000
ASKED_MS: Final = 30 * 86_400_000  # how long a pod is asked that may have signed the way back, and is silent
DONE: Final = ("settled", "let go")
_LOG = logging.getLogger(__name__)


class Returns:
    """The moves back in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = False
        self._due_at = 0

    async def start_due(self) -> int | None:
        """Begin what is due; returns when to look again, None: when something is written."""
        now = self._deps.clock()
        if self._running or now < self._due_at:
            return self._due_at
        async with self._deps.store.database.read() as session:
            returning = await list_returning(session, since=now - ASKED_MS, limit=AT_ONCE)
        if not returning:
            return None
        self._running, self._due_at = True, now + EVERY_MS
        self._tasks.create_task(self._carry_on(returning))
        return self._due_at

    async def _carry_on(self, returning: list[Newcomer]) -> None:
        try:
            for newcomer in returning:
                await carry_on_return(self._deps, newcomer)
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loops go on)
            _LOG.exception("moving somebody back failed")
        finally:
            self._running = False


async def carry_on_return(deps: Deps, newcomer: Newcomer) -> None:
    """Take one move back as far as it goes now; what another pod refuses or doesn't answer is asked again later."""
    try:
        with for_a_move():
            progress = await advance(deps, newcomer.personal_group)
    except (RemoteError, RefusedError) as error:
        _LOG.info("a move back waits: %s", error)
        if _is_in_vain(newcomer, error, deps.clock()):
            await deps.store.write(lambda session: end_return(session, newcomer.personal_group))
        return
    lacks = progress.sealed and deps.clock() < (newcomer.arrived_at or deps.clock()) + UNDO_MS
    if progress.arrived and not lacks and all(move.standing in DONE for move in progress.groups):
        await deps.store.write(lambda session: end_return(session, newcomer.personal_group))


def _is_in_vain(newcomer: Newcomer, error: RemoteError | RefusedError, now: int) -> bool:
    """Whether nothing was signed there within the day in which one goes back, so that nothing can come any more."""
    if newcomer.account_id is not None or now < newcomer.begun_at + UNDO_MS or not isinstance(error, RemoteError):
        return False
    refused = refusal_in(error.body)
    return refused is not None and refused.rule is SwitchRule.NOT_AGREED
