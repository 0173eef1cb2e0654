"""People who move back here are carried on, a minute apart, in a task beside the tending."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from federation.errors import RemoteError
from models.moving.newcomers import Newcomer, NewcomerGroup, end_return, list_open_groups, list_returning, note_standing
from pod.actions.moving.cool_down import UNDO_MS
from pod.actions.moving.newcomers import advance_group, advance_personal, fetch_unsettled, load_coming
from pod.actions.moving.old_pod import refusal_in
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from protocol.ids import RecordId

AT_ONCE: Final = 20
EVERY_MS: Final = 60_000
ASKED_MS: Final = 30 * 86_400_000  # how long a pod is asked that may have signed the way back, and is silent
MOST_LISTED: Final = 1_000
GROUPS_AT_ONCE: Final = 50
MOST_WHY: Final = 500
_LOG = logging.getLogger(__name__)


class Returns:
    """The moves back in progress, each in a task of its own: an old pod that is slow holds up only its own."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running: set[RecordId] = set()
        self._due_at = 0
        self._last = ""

    async def start_due(self) -> int | None:
        """Begin what is due; returns when to look again, None: when something is written."""
        now = self._deps.clock()
        if now < self._due_at:
            return self._due_at
        async with self._deps.store.database.read() as session:
            returning = await list_returning(session, since=now - ASKED_MS, limit=MOST_LISTED)
        if not returning:
            return None
        self._due_at = now + EVERY_MS
        waiting = [one for one in returning if one.personal_group not in self._running]
        waiting.sort(key=lambda one: (one.personal_group <= self._last, one.personal_group))
        for newcomer in waiting[: AT_ONCE - len(self._running)]:
            self._last = newcomer.personal_group
            self._running.add(newcomer.personal_group)
            self._tasks.create_task(self._carry_on(newcomer))
        return self._due_at

    async def _carry_on(self, newcomer: Newcomer) -> None:
        try:
            await carry_on_return(self._deps, newcomer)
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loops go on)
            _LOG.exception("moving somebody back failed")
        finally:
            self._running.discard(newcomer.personal_group)


async def carry_on_return(deps: Deps, newcomer: Newcomer) -> None:
    """Take one move back a turn further; what another pod refuses or doesn't answer is asked again later."""
    try:
        with for_a_move():
            await _take_turn(deps, newcomer.personal_group)
    except (RemoteError, RefusedError) as error:
        _LOG.info("a move back waits: %s", error)
        if _is_in_vain(newcomer, error, deps.clock()):
            await deps.store.write(lambda session: end_return(session, newcomer.personal_group))


def _is_in_vain(newcomer: Newcomer, error: RemoteError | RefusedError, now: int) -> bool:
    """Whether nothing was signed there within the day in which one goes back, so that nothing can come any more."""
    if newcomer.account_id is not None or now < newcomer.begun_at + UNDO_MS or not isinstance(error, RemoteError):
        return False
    refused = refusal_in(error.body)
    return refused is not None and refused.rule is SwitchRule.NOT_AGREED


async def _take_turn(deps: Deps, person: RecordId) -> None:
    """Advance those groups that weren't looked at for the longest time; the move ends with the last one."""
    if await advance_personal(deps, person):
        return
    newcomer = await load_coming(deps, person)
    async with deps.store.database.read() as session:
        groups = await list_open_groups(session, person, GROUPS_AT_ONCE)
    for told in groups:
        await _take_group(deps, newcomer, told)
    sealed = await fetch_unsettled(deps, newcomer)
    lacks = sealed and deps.clock() < (newcomer.arrived_at or deps.clock()) + UNDO_MS
    async with deps.store.database.read() as session:
        left = await list_open_groups(session, person, 1)
    if not left and not lacks:
        await deps.store.write(lambda session: end_return(session, person))


async def _take_group(deps: Deps, newcomer: Newcomer, told: NewcomerGroup) -> None:
    move = await advance_group(deps, newcomer, told)
    seen: dict[str, object] = {"standing": move.standing, "why": move.why[:MOST_WHY], "asked_at": deps.clock()}
    await deps.store.write(lambda session: note_standing(session, newcomer.personal_group, told.group_id, **seen))
