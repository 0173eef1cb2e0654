"""People who moved away are announced to their followers elsewhere, and mailed, in a task beside the tending."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from models.moving.departures import first_mail_at, first_untold_at
from pod.actions.moving.left_mails import mail_who_left
from pod.actions.moving.told_moves import tell_of_moves
from pod.deps import Deps

LOOK_AGAIN_MS: Final = 1_000
_LOG = logging.getLogger(__name__)


class MovedActors:
    """The announcements and mails in progress."""

    def __init__(self, deps: Deps, tasks: asyncio.TaskGroup) -> None:
        self._deps = deps
        self._tasks = tasks
        self._running = False

    async def start_due(self) -> int | None:
        """Begin what is due; returns when to look again, None: when something is written."""
        now = self._deps.clock()
        async with self._deps.store.database.read() as session:
            dues = await first_untold_at(session), await first_mail_at(session)
        first = min((due for due in dues if due is not None), default=None)
        if first is None or first > now:
            return first
        if not self._running:
            self._running = True
            self._tasks.create_task(self._tell())
        return now + LOOK_AGAIN_MS

    async def _tell(self) -> None:
        try:
            await tell_of_moves(self._deps)
            await mail_who_left(self._deps)
        except Exception:  # noqa: BLE001  (logged; it is tried again, and the loops go on)
            _LOG.exception("telling of a move failed")
        finally:
            self._running = False
