"""How much of one author may wait here for a group's log, and how much may wait for its author to come.

Records in the log are stored without limit. So these bounds keep nothing out of a group; they only keep one author from
filling everybody's disks before a steward has looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from federation.activities.build import pod_of
from models.groups.records import NewRecord, load_pending_sizes
from models.groups.waiting_records import WaitingRecord, WaitingRoom, put_waiting
from pod.budgets.written_bytes import WrittenBytes
from pod.rules.posts import PostRule
from protocol.authorship import authored_of
from protocol.errors import RefusedError
from protocol.ids import RecordId
from protocol.limits import MAX_PENDING_BYTES, MAX_PENDING_RECORDS
from protocol.records.envelope import Record

MIB: Final = 1024 * 1024
WAITING_ROOM: Final = WaitingRoom(of_author=50, of_origin=200, bytes_of_origin=2 * MIB, bytes_of_all=32 * MIB)
Key = TypeVar("Key")


async def beyond_limits(
    session: AsyncSession, records: Mapping[Key, NewRecord], *, written: WrittenBytes
) -> dict[Key, RefusedError]:
    """The records, judged in order, for which their authors have no room left, with the refusal."""
    taken = await _taken(session, records)
    lately: dict[tuple[RecordId, int], int] = {}
    refused: dict[Key, RefusedError] = {}
    for key, record in records.items():
        writer = (record.group_id, record.author or 0)
        count, size = taken.get(writer, (0, 0))
        count, size = count + 1, size + len(record.wire)
        new = lately.get(writer, 0) + len(record.wire)
        if count > MAX_PENDING_RECORDS or size > MAX_PENDING_BYTES:
            refused[key] = PostRule.PENDING_FULL.error(author=record.author or 0)
        elif new > written.left(*writer, now=record.accepted_at):
            refused[key] = PostRule.WRITTEN_MUCH.error(author=record.author or 0)
        else:
            taken[writer], lately[writer] = (count, size), new
    return refused


async def _taken(
    session: AsyncSession, records: Mapping[Key, NewRecord]
) -> dict[tuple[RecordId, int], tuple[int, int]]:
    authors: dict[RecordId, set[int]] = {}
    for record in records.values():
        authors.setdefault(record.group_id, set()).add(record.author or 0)
    return {
        (group, author): taken
        for group, some in authors.items()
        for author, taken in (await load_pending_sizes(session, group, some)).items()
    }


async def make_wait(session: AsyncSession, record: Record, *, origin: str, now: int) -> bool:
    """Let a record wait for its author, in the room of the pod that brought it; False if that is full."""
    authored = authored_of(record)
    bringer = pod_of(origin) if origin else ""
    waiting = WaitingRecord(
        record.id, record.group, authored.author, authored.key, len(record.wire), record.wire, bringer, now
    )
    return await put_waiting(session, waiting, WAITING_ROOM)
