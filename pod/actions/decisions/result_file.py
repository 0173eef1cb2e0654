"""A counted poll as one file that anybody can verify without this pod (`decisions.bundle`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import BinaryIO, Final

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from decisions.bundle.recount import stated_of
from decisions.bundle.shape import FORMAT, Bundle, Stated, Unread
from decisions.course import ChainPlace
from decisions.rolls import ACTIVE_FOR_MS
from models.decisions.activity import first_item_from, load_log_size
from models.groups.groups_and_items import load_group
from models.groups.records import StoredRecord, list_log
from pod.actions.access import ReadableGroup
from pod.actions.chain.log_places import frontier_in
from pod.actions.chain.stored_chain import all_acks, all_items
from pod.actions.decisions.poll_course import PollSoFar, follow_poll, load_basis, load_count
from pod.actions.reading.post.withheld import list_withheld_words
from pod.budgets.steps import let_others
from pod.deps import Deps
from pod.rules.decisions import DecisionRule
from protocol.records.content import KINDS, OfPolls

PAGE: Final = 1000
LOOKED_AT: Final = ("Delegate", "Delegation", *(name for name, kind in KINDS if issubclass(kind.content, OfPolls)))


class ToldPoll(msgspec.Struct, frozen=True):
    """A poll, and the item up to which its file tells it."""

    so_far: PollSoFar
    through: ChainPlace


async def write_file(
    session: AsyncSession, deps: Deps, readable: ReadableGroup, told: ToldPoll, file: BinaryIO
) -> None:
    """Write the file of a poll of which a voting's end is settled, page by page.

    Raises NotFoundError if the floor withholds what a count looks at.
    """
    start = await log_start(session, told)
    leaves, unread = [], []
    file.write(b'{"records":[')
    between = b""
    async for page in _log(session, told, start):
        withheld = await list_withheld_words(session, deps, page)
        if withheld.intersection(entry.id for entry in page if entry.type in LOOKED_AT):
            raise DecisionRule.WITHHELD.error()
        wires = [entry.wire for entry in page if not entry.erased and entry.id not in withheld]
        file.writelines((between if wires else b"", b",".join(wires)))
        between = b"," if wires else between
        leaves += [entry.id for entry in page]
        unread += [_unread(entry) for entry in page if entry.erased or entry.id in withheld]
        await let_others()
    frame = await _frame(session, readable, told, start)
    said = {name: getattr(frame, name) for name in Bundle.__struct_fields__ if name != "records"}
    file.write(b"]," + msgspec.json.encode({**said, "leaves": leaves, "unread": unread})[1:])


async def log_start(session: AsyncSession, told: ToldPoll) -> int:
    """From which entry on the file of a poll holds the log."""
    opening = told.so_far.opening
    assert opening is not None
    first = await first_item_from(session, told.so_far.poll.group_id, opening.at - ACTIVE_FOR_MS)
    assert first is not None
    return await load_log_size(session, told.so_far.poll.group_id, first.height - 1)


async def _log(session: AsyncSession, told: ToldPoll, start: int) -> AsyncIterator[list[StoredRecord]]:
    for at in range(start, told.through.size, PAGE):
        yield await list_log(session, told.so_far.poll.group_id, at, min(PAGE, told.through.size - at))


async def _frame(session: AsyncSession, readable: ReadableGroup, told: ToldPoll, start: int) -> Bundle:
    """The file without its log."""
    group, through = readable.id, told.through
    stored = await load_group(session, group)
    assert stored is not None
    frontier = await frontier_in(session, stored, start)
    items = [item for item in await all_items(session, group, 0) if item.on_chain]
    return Bundle(
        format=FORMAT,
        group=group,
        poll=told.so_far.poll.id,
        through=through.height,
        items=tuple(msgspec.Raw(item.wire) for item in items),
        acks=tuple(msgspec.Raw(ack.wire) for ack in await all_acks(session, group, through.height)),
        start=start,
        peaks=b"".join(frontier.peaks).hex(),
        leaves=(),
        records=(),
        unread=(),
        stated=await _stated(session, readable, told),
    )


async def _stated(session: AsyncSession, readable: ReadableGroup, told: ToldPoll) -> Stated:
    """What the poll came to, as far as the items up to the last one tell it."""
    through, poll = told.through, told.so_far.poll
    known = await follow_poll(session, readable.state, poll, held=through.size, highest=through.height)
    assert known.opening is not None
    assert known.facts is not None
    assert known.course is not None
    basis = await load_basis(session, readable.state, known.opening, known.facts, poll)
    counted = [one for one in known.course.rounds if one.winners is not None]
    counts = {one.number: await load_count(session, basis, one) for one in counted}
    return stated_of(known.course, counts, basis.roll)


def _unread(entry: StoredRecord) -> Unread:
    return Unread(entry.id, entry.type, entry.author or 0)  # type: ignore[arg-type]
