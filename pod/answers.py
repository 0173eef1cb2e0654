"""Answers that are the same for everybody, held until anything is written, here or by another process.

What is asked for again and again (an actor by all who verify its signatures, a post that spreads) is computed once
between two commits. Nothing that depends on who asks may pass through here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

MOST_ANSWERS: Final = 1000
MOST_BYTES: Final = 64 * 1024  # of one answer, so that all of them fit in 64 MiB

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

    async def get(self, key: Key, make: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """The held answer, or the one that `make` gives; a refusal isn't held."""
        # Asked for before the answer is made: what is written meanwhile makes it old at once.
        version = self._version()
        if version != self._seen or len(self._held) >= MOST_ANSWERS:
            self._seen = version
            self._held.clear()
        held = self._held.get(key)
        if held is not None:
            return held.response()
        response = await make()
        if version is not None and version == self._seen and (answer := _whole(response)):
            self._held[key] = answer
        return response


def _whole(response: web.Response) -> Answer | None:
    body = response.body
    if response.status not in {HTTPStatus.OK, HTTPStatus.GONE} or not isinstance(body, bytes) or len(body) > MOST_BYTES:
        return None
    return Answer(response.status, dict(response.headers), body)
