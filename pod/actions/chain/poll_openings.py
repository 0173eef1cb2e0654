"""What items say of polls: an applied `open-poll` is kept with who was a member after that item, like other events.

What an item said stays when it leaves the head's chain; only what is on the chain is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.poll_events import OPEN_POLL, poll_event
from decisions.rolls import electors, terms
from models.decisions.events import insert_events
from models.decisions.polls import NewOpening, insert_openings
from protocol.ids import RecordId
from protocol.records.operation import Operation
from protocol.state import GroupState


async def keep_poll_events(
    session: AsyncSession, state: GroupState, item: RecordId, operations: Sequence[Operation]
) -> None:
    """Store what an item's applied operations say of polls; `state`: the group's after the item."""
    found = [(place, event) for place, one in enumerate(operations) if (event := poll_event(one)) is not None]
    opened = [(place, event) for place, event in found if event.name == OPEN_POLL]
    if opened:
        members, said = electors(state).pack(), msgspec.json.encode(terms(state))
        await insert_openings(
            session,
            [NewOpening(event.poll, item, place, state.group, event.author, members, said) for place, event in opened],
        )
    others = [(place, event) for place, event in found if event.name != OPEN_POLL]
    if others:
        await insert_events(session, state.group, item, others)
