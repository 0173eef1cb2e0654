"""Answers that are the same for everybody, held until anything is written, here or by another process.

What is asked for again and again (an actor by all who verify its signatures, a post that spreads) is computed once
between two commits. Nothing that depends on who asks may pass through here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

MOST_BYTES: Final = 64 * 1024 * 1024  # of all answers together
MOST_OF_ONE: Final = MOST_BYTES // 64
OWN: Final = re.compile(r"\b(private|no-store)\b")  # what says of itself that it isn't for everybody
OVERHEAD_BYTES: Final = 1024  # of headers and keys

Key = tuple[str, str]


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def response(self) -> web.Response:
        """The answer to one more request."""
        return web.Response(status=self.status, headers=self.headers, body=self.body)


class Answers:
    """Holds answers of one `version` of the database; without a version (None) it holds nothing."""

    def __init__(self, version: Callable[[], int | None]) -> None:
        self._version = version
        self._seen: int | None = None
        self._held: dict[Key, Answer] = {}
        self._bytes = 0

    async def get(self, key: Key, make: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """The held answer, or the one that `make` gives; a refusal isn't held."""
        # Asked for before the answer is made: what is written meanwhile makes it old at once.
        version = self._version()
        if version != self._seen or self._bytes > MOST_BYTES:
            self._seen, self._bytes = version, 0
            self._held.clear()
        held = self._held.get(key)
        if held is not None:
            return held.response()
        response = await make()
        if version is not None and version == self._seen and (answer := _whole(response)):
            self._held[key] = answer
            self._bytes += len(answer.body) + OVERHEAD_BYTES
        return response


def _whole(response: web.Response) -> Answer | None:
    body = response.body
    if response.status not in {HTTPStatus.OK, HTTPStatus.GONE} or not isinstance(body, bytes):
        return None
    if len(body) > MOST_OF_ONE or OWN.search(response.headers.get("Cache-Control", "")):
        return None
    return Answer(response.status, dict(response.headers), body)
