"""Answers that are the same for everybody, held until anything is written, here or by another process.

What is asked for again and again (an actor by all who verify its signatures, a post that spreads) is computed once
between two commits. Nothing that depends on who asks may pass through here.

Addresses are anybody's to make up: those with a query are held from the second time on, long ones never, and their
bytes count like those of the answers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

MOST_BYTES: Final = 32 * 1024 * 1024  # for all answers together
MOST_OF_ONE: Final = MOST_BYTES // 32
LONGEST_KEY: Final = 512
MOST_ASKED: Final = 4096
OWN: Final = re.compile(r"\b(private|no-store)\b")  # the answer says that it isn't for everybody
OVERHEAD_BYTES: Final = 1024  # for headers and keys

Key = tuple[str, str]


class HeldAnswer(msgspec.Struct, frozen=True):
    """A whole answer in memory."""

    status: int
    headers: dict[str, str]
    body: bytes

    def response(self) -> web.Response:
        """A new response with this answer."""
        return web.Response(status=self.status, headers=self.headers, body=self.body)


class Answers:
    """Keeps answers that belong to one `version` of the database."""

    def __init__(self, version: Callable[[], Awaitable[int]]) -> None:
        self._version = version
        self._seen: int | None = None
        self._held: dict[Key, HeldAnswer] = {}
        self._asked: set[int] = set()
        self._bytes = 0

    async def get(self, key: Key, make: Callable[[], Awaitable[web.Response]]) -> web.Response:
        """The kept answer, or the one that `make` gives; refusals aren't kept."""
        # Read before the answer is made, so that an answer isn't kept if anything was written meanwhile.
        version = await self._look()
        if (held := self._held.get(key)) is not None:
            return held.response()
        response = await make()
        if version == self._seen and self._is_asked(key) and (answer := _whole(response)):
            self._held[key] = answer
            self._bytes += len(answer.body) + sum(map(len, key)) + OVERHEAD_BYTES
        return response

    async def find(self, key: Key) -> web.Response | None:
        """The kept answer, if there is one."""
        if key not in self._held:
            return None
        await self._look()
        held = self._held.get(key)
        return held.response() if held else None

    async def _look(self) -> int:
        """The database's present version; answers of another version are dropped."""
        version = await self._version()
        if version != self._seen or self._bytes > MOST_BYTES:
            self._seen, self._bytes = version, 0
            self._held.clear()
            self._asked.clear()
        return version

    def _is_asked(self, key: Key) -> bool:
        """Whether the answer is worth keeping: it has no query, or this query was asked before."""
        if sum(map(len, key)) > LONGEST_KEY:
            return False
        if "?" not in key[0] or hash(key) in self._asked:
            return True
        if len(self._asked) < MOST_ASKED:
            self._asked.add(hash(key))
        return False


def _whole(response: web.Response) -> HeldAnswer | None:
    body = response.body
    if response.status not in {HTTPStatus.OK, HTTPStatus.GONE} or not isinstance(body, bytes):
        return None
    if len(body) > MOST_OF_ONE or OWN.search(response.headers.get("Cache-Control", "")):
        return None
    return HeldAnswer(response.status, dict(response.headers), body)
