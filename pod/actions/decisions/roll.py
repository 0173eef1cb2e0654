"""A poll's roll from the store: who had the weight when it opened, and did something in the year before."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from decisions.rolls import ACTIVE_FOR_MS, Roll, roll_of
from models.decisions.activity import first_item_from, has_logged, list_logged_authors, load_log_size
from models.decisions.openings import PollOpening
from models.groups.groups_and_items import StoredItem, list_chain
from pod.actions.chain.void_operations import parse_void
from protocol.ids import RecordId
from protocol.records.chain import BadOperation, Handover, Seal
from protocol.records.envelope import reopen_record

PAGE = 500
_NO_OPERATIONS = b'"operations":[]'


async def load_roll(session: AsyncSession, opening: PollOpening, group: RecordId) -> Roll:
    """The roll of a poll that this item opened; its log must be here up to the item's size."""
    first = await first_item_from(session, group, opening.at - ACTIVE_FOR_MS)
    assert first is not None
    start = await load_log_size(session, group, first.height - 1)
    active = await list_logged_authors(session, group, start, opening.log_size)
    active |= await _list_operators(session, group, first.height, opening.height)
    return roll_of(opening.voters, active, since=first.height)


async def is_on_roll(session: AsyncSession, opening: PollOpening, group: RecordId, number: int) -> bool:
    """Whether one member is on the roll, without reading a year of the log."""
    place = opening.electors.place_of(number)
    if place is None or not opening.electors.may(number, opening.terms.least["vote"]):
        return False
    first = await first_item_from(session, group, opening.at - ACTIVE_FOR_MS)
    assert first is not None
    if int(opening.electors.joined[place]) >= first.height:
        return True
    start = await load_log_size(session, group, first.height - 1)
    if await has_logged(session, group, number, start, opening.log_size):
        return True
    return number in await _list_operators(session, group, first.height, opening.height)


async def _list_operators(session: AsyncSession, group: RecordId, first: int, last: int) -> set[int]:
    """The authors of operations that items of these heights applied."""
    found: set[int] = set()
    while first <= last and (page := await list_chain(session, group, first, PAGE)):
        for item in page:
            if item.height <= last and _NO_OPERATIONS not in item.wire:
                found |= _operators(item)
        first = page[-1].height + 1
    return found


def _operators(item: StoredItem) -> set[int]:
    content = reopen_record(item.wire).content
    if not isinstance(content, Seal | Handover):
        return set()
    void = parse_void(item.void)
    return {
        operation.author
        for position, operation in enumerate(content.operations)
        if position not in void and not isinstance(operation, BadOperation)
    }
