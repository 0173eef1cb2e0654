"""A step of a switch, and the tending that a serving pod's loop does right after it."""

from __future__ import annotations

from typing import Any

from pod.actions.moving.newcomers import SwitchProgress, advance
from pod.deps import Deps
from pod.jobs.loops import tend
from protocol.ids import RecordId


async def advanced(deps: Deps, person: RecordId, **said: Any) -> SwitchProgress:
    """Do what can be done now, and tend the groups that are here by now."""
    progress = await advance(deps, person, **said)
    for move in progress.groups:
        if move.standing == "sealed":
            await tend(deps, move.group)
    return progress
