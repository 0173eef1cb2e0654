"""A form as a browser sent it: read once and bounded, so that whoever refuses it can still show what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from pod.rules.requests import RequestRule
from pod.web.kit.visitors import reader_of

FORM_TYPE: Final = "application/x-www-form-urlencoded"
LONGEST_BYTES: Final = 1024 * 1024
# What is longer than a form may be is still read of people at home here, so that their text isn't lost.
LONGEST_KEPT_BYTES: Final = 2 * LONGEST_BYTES
MOST_FIELDS: Final = 5000


class SentForm(msgspec.Struct, frozen=True):
    """Names and values in their order, and how many bytes they took."""

    fields: tuple[tuple[str, str], ...] = ()
    bytes: int = 0

    def all(self, name: str) -> Iterator[str]:
        """The values of a field."""
        return (value for known, value in self.fields if known == name)

    def last(self, name: str) -> str:
        """The last value of a field; empty if it wasn't sent."""
        return next((value for known, value in reversed(self.fields) if known == name), "")


SENT: Final = web.RequestKey("sent_form", SentForm)


async def sent_form(request: web.Request) -> SentForm:
    """The form of a request; raises TooLargeError or MalformedError, and is empty when asked for after that."""
    if SENT not in request:
        request[SENT] = SentForm()
        request[SENT] = await _read(request)
    return request[SENT]


async def _read(request: web.Request) -> SentForm:
    if request.content_type != FORM_TYPE:
        if request.can_read_body:
            raise RequestRule.FORM_TYPE.error(type=FORM_TYPE)
        return SentForm()
    most, body = LONGEST_KEPT_BYTES if reader_of(request) else LONGEST_BYTES, bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise RequestRule.FORM_TOO_LONG.error()
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestRule.TOO_MANY_FIELDS.error() from error
    return SentForm(tuple(fields), len(body))
