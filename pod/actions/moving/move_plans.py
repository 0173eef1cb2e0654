"""What a move would bring, asked before anything is copied: what each class holds, and what stays behind and why."""

from __future__ import annotations

from typing import Literal

import msgspec

from pod.actions.moving.grant_messages import LeftBehind
from pod.actions.moving.granted_source import GrantedSource
from protocol.copies import CLASSES

Why = Literal["", "empty", "not granted", "no files yet", "no box yet"]
_LATER: dict[str, Why] = {"media": "no files yet", "box": "no box yet"}


class PlannedClass(msgspec.Struct, frozen=True):
    """A class: how many lines and bytes the old pod says that it has, and why nothing of it comes, if nothing does."""

    name: str
    count: int = 0
    bytes: int = 0
    why: Why = ""


class MovePlan(msgspec.Struct, frozen=True):
    """What a move would bring. `left`: None where the person didn't let their memberships be read."""

    classes: tuple[PlannedClass, ...]
    left: LeftBehind | None = None


async def make_plan(source: GrantedSource) -> MovePlan:
    """Ask the old pod what there is; raises RemoteError. Nothing is copied, and nothing of it is proven yet."""
    claimed = (await source.claimed()).classes
    planned = []
    for name in CLASSES:
        total = claimed.get(name)
        if name not in source.classes or total is None:
            planned.append(PlannedClass(name, why="not granted"))
        else:
            why: Why = "" if total.count else _LATER.get(name, "empty")
            planned.append(PlannedClass(name, total.count, total.bytes, why))
    left = await source.left_behind() if "memberships" in source.classes else None
    return MovePlan(tuple(planned), left)
