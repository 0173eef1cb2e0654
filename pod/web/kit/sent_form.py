"""A form as a browser sent it: read once and bounded, so that whoever refuses it can still show what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from pod.bodies import BODY, FORM_TYPE
from pod.rules.requests import RequestRule

MOST_FIELDS: Final = 5000


class PostedForm(msgspec.Struct, frozen=True):
    """Names and values in their order, and how many bytes they took."""

    fields: tuple[tuple[str, str], ...] = ()
    bytes: int = 0

    def all(self, name: str) -> Iterator[str]:
        """The values of a field."""
        return (value for known, value in self.fields if known == name)

    def last(self, name: str) -> str:
        """The last value of a field; empty if it wasn't sent."""
        return next((value for known, value in reversed(self.fields) if known == name), "")


SENT: Final = web.RequestKey("sent_form", PostedForm)


def sent_form(request: web.Request) -> PostedForm:
    """The form of a request whose body is here; raises MalformedError, and is empty when asked for after that."""
    if SENT not in request:
        request[SENT] = PostedForm()
        request[SENT] = _parsed(request, request.get(BODY, b""))
    return request[SENT]


def _parsed(request: web.Request, body: bytes) -> PostedForm:
    if request.content_type != FORM_TYPE:
        if body:
            raise RequestRule.FORM_TYPE.error(type=FORM_TYPE)
        return PostedForm()
    try:
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestRule.TOO_MANY_FIELDS.error() from error
    return PostedForm(tuple(fields), len(body))
