"""What opens polls: an applied `open-poll` of an item is kept with the members who might vote after that item.

An opening stays when its item leaves the head's chain; only those on the chain are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.delegate_lists import area_parents
from decisions.rolls import candidates, opened_poll
from models.decisions.polls import NewOpening, insert_openings
from protocol.ids import RecordId
from protocol.records.operation import Operation
from protocol.state import GroupState


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
