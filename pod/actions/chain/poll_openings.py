"""What opens polls: an applied `open-poll` of an item is kept with the members who might vote after that item.

An opening stays when its item leaves the head's chain; only those on the chain are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lists import area_parents
from decisions.rolls import candidates
from models.decisions.polls import NewOpening, insert_openings
from protocol.errors import MalformedError
from protocol.ids import RecordId, parse_id
from protocol.records.operation import Event, Operation
from protocol.state import GroupState

OPEN_POLL: Final = "open-poll"


async def keep_openings(
    session: AsyncSession, state: GroupState, item: RecordId, operations: Sequence[Operation]
) -> None:
    """Store the polls that an item's applied operations opened; `state`: the group's after the item."""
    opened = [
        (position, poll, operation.author)
        for position, operation in enumerate(operations)
        if (poll := opened_poll(operation)) is not None
    ]
    if opened:
        members, parents = candidates(state).pack(), msgspec.json.encode(area_parents(state.policy))
        await insert_openings(
            session,
            [NewOpening(poll, item, place, state.group, author, members, parents) for place, poll, author in opened],
        )


def opened_poll(operation: Operation) -> RecordId | None:
    """The poll that an operation opens; None if it opens none."""
    wish = operation.wish
    if not isinstance(wish, Event) or wish.name != OPEN_POLL:
        return None
    try:
        return parse_id(wish.document.get("poll"))
    except MalformedError:
        return None
