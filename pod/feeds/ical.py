"""Events as an iCalendar file (RFC 5545): times in UTC, so that no time zone stands in it; long lines are folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

PRODUCT: Final = "-//Althing//Decisions//EN"
LONGEST_LINE: Final = 75  # octets, without the line's end
_END: Final = "\r\n"
_LAST_MS: Final = 253_402_300_799_000  # the last second that has four digits for its year


class CalendarEvent(msgspec.Struct, frozen=True):
    """An event. `uid` stays the same when it moves, and `sequence` grows then; all times in ms.

    One with a `status` takes people's time; others only say what goes on.
    """

    uid: str
    sequence: int
    made: int
    start: int
    end: int
    summary: str
    text: str
    url: str
    category: str
    status: Literal["", "TENTATIVE", "CONFIRMED"] = ""


def calendar_of(name: str, events: Sequence[CalendarEvent]) -> bytes:
    """The file; the same events give the same bytes."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"),
        *(f"NAME:{_text(name)}", f"X-WR-CALNAME:{_text(name)}"),
        *("REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"),
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return "".join(folded + _END for line in lines for folded in _fold(line)).encode()


def _event(event: CalendarEvent) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"SEQUENCE:{min(event.sequence, 2**31 - 1)}"
    yield f"DTSTAMP:{_time(event.made)}"
    yield f"DTSTART:{_time(event.start)}"
    yield f"DTEND:{_time(event.end)}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.text)}"
    yield f"URL:{event.url}"
    yield f"CATEGORIES:{_text(event.category)}"
    if event.status:
        yield f"STATUS:{event.status}"
    yield f"TRANSP:{'OPAQUE' if event.status == 'CONFIRMED' else 'TRANSPARENT'}"
    yield "END:VEVENT"


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(min(max(at_ms, 0), _LAST_MS) // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """A TEXT value: no control characters but line ends, which are written as the standard demands."""
    plain = "".join(letter for letter in value.replace("\r\n", "\n") if letter == "\n" or letter.isprintable())
    for letter, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        plain = plain.replace(letter, written)
    return plain


def _fold(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets, each but the first after a blank; no letter is torn apart."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
