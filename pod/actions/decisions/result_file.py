"""A counted poll as one file that anybody can verify without this pod (`decisions.bundle`)."""

from __future__ import annotations

from itertools import chain
from typing import Final

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
from pod.deps import Deps
from pod.rules.decisions import DecisionRule

PAGE: Final = 1000
LOOKED_AT: Final = ("Poll", "Ballot", "Delegate", "Delegation")


async def make_file(session: AsyncSession, deps: Deps, readable: ReadableGroup, course: Course) -> bytes:
    """The file of a poll that is counted; raises NotFoundError if the floor withholds what a count looks at."""
    opening, closed, group = course.opening, course.closed, readable.id
    assert opening is not None
    assert closed is not None
    stored = await load_group(session, group)
    first = await first_item_from(session, group, opening.at - ACTIVE_FOR_MS)
    assert stored is not None
    assert first is not None
    start = await load_log_size(session, group, first.height - 1)
    frontier = await frontier_in(session, stored, start)
    roll = await load_roll(session, opening, group)
    counted = await count_poll(session, readable.state, course)
    entries = await _entries(session, course, start, closed.log_size)
    withheld = await list_withheld_words(session, deps, entries)
    if withheld.intersection(entry.id for entry in entries if entry.type in LOOKED_AT):
        raise DecisionRule.WITHHELD.error()
    unread = {entry.id for entry in entries if entry.erased or entry.id in withheld}
    items = [item for item in await all_items(session, group, 0) if item.on_chain]
    bundle = Bundle(
        format=FORMAT,
        group=group,
        poll=course.poll.id,
        items=tuple(msgspec.Raw(item.wire) for item in items),
        acks=tuple(msgspec.Raw(ack.wire) for ack in await all_acks(session, group, closed.height)),
        start=start,
        peaks=b"".join(frontier.peaks).hex(),
        leaves=tuple(entry.id for entry in entries),
        records=tuple(msgspec.Raw(entry.wire) for entry in entries if entry.id not in unread),
        unread=tuple(_unread(entry) for entry in entries if entry.id in unread),
        stated=stated_of(counted, roll),
    )
    return msgspec.json.encode(bundle)


async def _entries(session: AsyncSession, course: Course, start: int, end: int) -> list[StoredRecord]:
    pages = [await list_log(session, course.poll.group_id, at, min(PAGE, end - at)) for at in range(start, end, PAGE)]
    return list(chain.from_iterable(pages))


def _unread(entry: StoredRecord) -> Unread:
    return Unread(entry.id, entry.type, entry.author or 0)  # type: ignore[arg-type]
