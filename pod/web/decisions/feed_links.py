"""Where the phases of a group's polls are told outside: in calendars (iCal) and feed readers (Atom)."""

from __future__ import annotations

import msgspec

from protocol.ids import RecordId


class FeedLinks(msgspec.Struct, frozen=True):
    """Addresses of the group's calendar and feed, empty where it is private; `own`: the reader can have their own."""

    calendar: str
    atom: str
    own: bool


def feed_links(group: RecordId, visibility: str, *, signed_in: bool) -> FeedLinks:
    """The links below a board, a calendar or a poll."""
    if visibility == "private":
        return FeedLinks("", "", signed_in)
    return FeedLinks(f"/g/{group}/polls.ics", f"/g/{group}/polls.atom", signed_in)
