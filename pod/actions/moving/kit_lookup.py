"""What a recovery kit names is looked up: which of its pods answer, and which groups are here already.

Only pods are asked, a few of them, and whether they answer at all: a private group tells strangers nothing.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from federation.errors import RemoteError
from models.groups.groups_and_items import load_visibility
from pod.actions.accounts.recovery_kit import RecoveryKit
from pod.blocked_hosts import for_a_move
from pod.deps import Deps
from protocol.errors import RefusedError
from protocol.ids import parse_id

MOST_ASKED: Final = 6  # anybody can write a kit that names strangers' hosts
PATIENCE_SECONDS: Final = 8.0


class KitSight(msgspec.Struct, frozen=True):
    """A kit as it looks from here. `answering`: its pods that answered, of those `asked`.

    `here`: its groups that this pod holds and anybody may read.
    """

    kit: RecoveryKit
    asked: frozenset[str]
    answering: frozenset[str]
    here: frozenset[str]


async def look_up_kit(deps: Deps, kit: RecoveryKit) -> KitSight:
    """Ask the pods of a kit whether they are there; never call it inside a write action."""
    others = [pod for line in kit.groups for pod in line.pods[:1]]
    asked = [pod for pod in dict.fromkeys((kit.pod, *kit.second_homes, *others)) if pod != deps.identity.base_url]
    asked = asked[:MOST_ASKED]
    answers = await asyncio.gather(*(_answers(deps, pod) for pod in asked))
    async with deps.store.database.read() as session:
        seen = {line.group: await load_visibility(session, parse_id(line.group)) for line in kit.groups}
    here = frozenset(group for group, visibility in seen.items() if visibility not in (None, "private"))
    answering = {pod for pod, there in zip(asked, answers, strict=True) if there}
    return KitSight(kit, frozenset(asked), frozenset(answering), here)


async def _answers(deps: Deps, pod: str) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with for_a_move():
                await deps.outside.http.get_date(f"{pod}/healthz")
    except (RemoteError, RefusedError, TimeoutError):
        return False
    return True
