"""A form as a browser sent it: the pod reads it once and within bounds, so that a refusal can show what was typed.

Two megabytes of `%` cost the library's reader two thirds of a second, and anybody may send them. Here they cost some
milliseconds: what browsers write is decoded in one go; what they never write is left to the library if it is short.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
from aiohttp import web

from pod.budgets.bodies import BODY, FORM_TYPE
from pod.rules.requests import RequestRule

MOST_FIELDS: Final = 5000
MOST_BROKEN_BYTES: Final = 64 * 1024
_BROKEN: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


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
    if body.count(b"&") >= MOST_FIELDS:
        raise RequestRule.TOO_MANY_FIELDS.error()
    if len(body) > MOST_BROKEN_BYTES and _BROKEN.search(body):
        raise RequestRule.FORM_UNREADABLE.error()
    parts = [part.partition(b"=") for part in body.split(b"&") if part]
    return PostedForm(tuple((_text(name), _text(value)) for name, _, value in parts), len(body))


def _text(written: bytes) -> str:
    """A name or value as it was before the browser wrote it down (URL standard, application/x-www-form-urlencoded)."""
    plain = written.replace(b"+", b" ")
    if b"%" in plain:
        # Quoted-printable writes a byte as `=3D` where forms write `%3D`, and C reads it.
        whole = _BROKEN.search(plain) is None
        plain = a2b_qp(plain.replace(b"=", b"%3D").replace(b"%", b"=")) if whole else unquote_to_bytes(plain)
    return plain.decode("utf-8", "replace")
