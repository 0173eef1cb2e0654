"""The order of what a group holds, equal on every pod: its log's, and then what the log lacks, by its authors' clocks.

A record's place is its index in the log. What waits for the log has places above all indices: FIRST_WAITING and the
milliseconds of its `at`, which its author signed. Lists are ordered by the place and, where two who wait are of one
millisecond, by the post. Arrival (`seq`) differs between pods; it orders only what many groups bring to one pod.
"""

import re
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.groups.records import RECORDS
from protocol.ids import RecordId, parse_id

FIRST_WAITING: Final = 2**52
_FORM: Final = re.compile(r"([0-9]{1,16})(?:-(\S{1,100}))?", re.ASCII)


class LogPlace(msgspec.Struct, frozen=True):
    """A post's place in a list of its group; as text it is the cursor of a page.

    Without a post it stands before all posts with that number.
    """

    number: int
    post: RecordId | None = None

    def __str__(self) -> str:
        return f"{self.number}-{self.post}" if self.post else str(self.number)


def parse_place(text: str) -> LogPlace | None:
    """The place that a cursor names, None if it names none; raises MalformedError for a malformed id."""
    form = _FORM.fullmatch(text)
    return LogPlace(int(form[1]), parse_id(form[2]) if form[2] else None) if form else None


def waiting_place(at: int) -> int:
    """The place of a record that the log lacks."""
    return FIRST_WAITING + at


def stored_place(log_index: int | None, at: int | None) -> int:
    """The place of a stored record."""
    return waiting_place(at or 0) if log_index is None else log_index


def select_place(record: ColumnElement[Any]) -> Select[Any]:
    """`stored_place` of the record with this id, as SQL."""
    place = func.coalesce(RECORDS.c.log_index, FIRST_WAITING + func.coalesce(RECORDS.c.at, 0))
    return select(place).where(RECORDS.c.id == record)


async def where_now(session: AsyncSession, group: RecordId, place: LogPlace | None) -> LogPlace | None:
    """The present place of a cursor's post; a post that waited then may have its log index now."""
    if place is None or place.post is None or place.number < FIRST_WAITING:
        return place
    number = await session.scalar(
        select_place(literal(place.post, RECORDS.c.id.type)).where(RECORDS.c.group_id == group)
    )
    return place if number is None else LogPlace(number, place.post)
