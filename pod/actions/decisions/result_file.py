"""A counted poll as one file that anybody can verify without this pod (`decisions.bundle`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import BinaryIO, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.bundle.shape import FORMAT, Bundle, Unread
from decisions.bundle.verify import stated_of
from decisions.rolls import ACTIVE_FOR_MS
from models.decisions.activity import first_item_from, load_log_size
from models.groups.groups_and_items import load_group
from models.groups.records import StoredRecord, list_log
from pod.actions.access import ReadableGroup
from pod.actions.chain.log_places import frontier_in
from pod.actions.chain.stored_chain import all_acks, all_items
from pod.actions.decisions.counted import Course, count_poll
from pod.actions.decisions.roll import load_roll
from pod.actions.reading.post.withheld import list_withheld_words
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.rules.decisions import DecisionRule

PAGE: Final = 1000
LOOKED_AT: Final = ("Poll", "Ballot", "Delegate", "Delegation")


async def write_file(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, course: Course, file: BinaryIO
) -> None:
    """Write the file of a poll whose end is settled, page by page.

    Raises NotFoundError if the floor withholds what a count looks at.
    """
    start, end = await log_stretch(session, course)
    leaves, unread = [], []
    file.write(b'{"records":[')
    between = b""
    async for page in _log(session, course, start, end):
        withheld = await list_withheld_words(session, deps, page)
        if withheld.intersection(entry.id for entry in page if entry.type in LOOKED_AT):
            raise DecisionRule.WITHHELD.error()
        wires = [entry.wire for entry in page if not entry.erased and entry.id not in withheld]
        file.writelines((between if wires else b"", b",".join(wires)))
        between = b"," if wires else between
        leaves += [entry.id for entry in page]
        unread += [_unread(entry) for entry in page if entry.erased or entry.id in withheld]
        await let_others()
    frame = await _frame(session, readable, course, start)
    told = {name: getattr(frame, name) for name in Bundle.__struct_fields__ if name != "records"}
    file.write(b"]," + msgspec.json.encode({**told, "leaves": leaves, "unread": unread})[1:])


async def log_stretch(session: AsyncSession, course: Course) -> tuple[int, int]:
    """From which entry of the log, and up to which, the file of an ended poll holds it."""
    opening, closed, group = course.opening, course.closed, course.poll.group_id
    assert opening is not None
    assert closed is not None
    first = await first_item_from(session, group, opening.at - ACTIVE_FOR_MS)
    assert first is not None
    return await load_log_size(session, group, first.height - 1), closed.log_size


async def _log(session: AsyncSession, course: Course, start: int, end: int) -> AsyncIterator[list[StoredRecord]]:
    for at in range(start, end, PAGE):
        yield await list_log(session, course.poll.group_id, at, min(PAGE, end - at))


async def _frame(session: AsyncSession, readable: ReadableGroup, course: Course, start: int) -> Bundle:
    """The file without its log."""
    opening, closed, group = course.opening, course.closed, readable.id
    assert opening is not None
    assert closed is not None
    stored = await load_group(session, group)
    assert stored is not None
    frontier = await frontier_in(session, stored, start)
    roll = await load_roll(session, opening, group)
    counted = await count_poll(session, readable.state, course)
    items = [item for item in await all_items(session, group, 0) if item.on_chain]
    return Bundle(
        format=FORMAT,
        group=group,
        poll=course.poll.id,
        items=tuple(msgspec.Raw(item.wire) for item in items),
        acks=tuple(msgspec.Raw(ack.wire) for ack in await all_acks(session, group, closed.height)),
        start=start,
        peaks=b"".join(frontier.peaks).hex(),
        leaves=(),
        records=(),
        unread=(),
        stated=stated_of(counted, roll),
    )


def _unread(entry: StoredRecord) -> Unread:
    return Unread(entry.id, entry.type, entry.author or 0)  # type: ignore[arg-type]
