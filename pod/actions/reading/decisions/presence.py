"""Until when a member's latest deed keeps them on the rolls of polls that open."""

from __future__ import annotations

from typing import Final

import msgspec

from decisions.rolls import ACTIVE_FOR_MS
from models.decisions.activity import last_sealed_at
from pod.actions.access import Reader, open_group
from pod.deps import Deps
from protocol.ids import RecordId

SOON_MS: Final = 30 * 86_400_000


class Presence(msgspec.Struct, frozen=True):
    """Polls that open up to the time `until` (ms) have the member on their roll.

    `soon`: that is less than a month away; `over`: it has passed.
    """

    until: int
    soon: bool
    over: bool


async def read_presence(deps: Deps, reader: Reader, group: RecordId) -> Presence | None:
    """The reader's, from records and joining, not from operations; None for who has no vote in the group."""
    async with deps.store.database.read() as session:
        opened = await open_group(session, deps, reader, group)
        member, number = opened.member, opened.number
        if member is None or number is None or member.weight < opened.state.permission("vote") or member.weight <= 0:
            return None
        at = await last_sealed_at(session, group, number, joined=member.joined_height)
    if at is None:
        return None
    left = at + ACTIVE_FOR_MS - deps.clock()
    return Presence(at + ACTIVE_FOR_MS, left < SOON_MS, left <= 0)
