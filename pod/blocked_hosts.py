"""Whether this pod has to do with a server: asked before a signature of it is verified, and before each request to it.

A host is blocked with all hosts below it. What belongs to a move of an account (`for_a_move`) passes where those
who run the pod said so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from yarl import URL

from federation.addresses import normal_authority
from federation.rules.addresses import AddressRule
from models.pod.blocked_hosts import BlockedHost, count_changed_blocks, list_blocked_hosts
from pod.store import Store

_FOR_A_MOVE: Final[ContextVar[bool]] = ContextVar("for a move", default=False)


@contextmanager
def for_a_move(*, really: bool = True) -> Iterator[None]:
    """What is asked and answered in this block belongs to a move of an account."""
    before = _FOR_A_MOVE.set(really)
    try:
        yield
    finally:
        _FOR_A_MOVE.reset(before)


class HostBlocks:
    """The blocks of this pod, as every process sees them after any commit.

    This is asked for each signature, so a commit costs one row for all that ask after it, and the list is read only
    when it was changed.
    """

    def __init__(self, store: Store) -> None:
        self._database = store.database
        self._gate = asyncio.Lock()
        self._version: int | None = None
        self._changes = -1
        self._blocked: Mapping[str, BlockedHost] = {}

    async def admit(self, url: str) -> None:
        """Raise HostBlockedError for the URL of a server that is blocked."""
        blocked = await self._all()
        if not blocked:
            return
        found = next((blocked[name] for name in _names(url) if name in blocked), None)
        if found is not None and not (found.allows_moves and _FOR_A_MOVE.get()):
            raise AddressRule.HOST_BLOCKED.error(host=found.host)

    async def _all(self) -> Mapping[str, BlockedHost]:
        if await self._database.version() != self._version:
            async with self._gate:
                # Those who waited for the gate look again: what was read meanwhile is mostly new enough.
                version = await self._database.version()
                if version != self._version:
                    await self._look()
                    self._version = version
        return self._blocked

    async def _look(self) -> None:
        changes = await count_changed_blocks(self._database)
        if changes != self._changes:
            async with self._database.read() as session:
                self._blocked = {one.host: one for one in await list_blocked_hosts(session)}
            self._changes = changes


def _names(url: str) -> list[str]:
    """The names under which a URL's server may be blocked: with its port, without, and each domain above it."""
    at = URL(url)
    host = normal_authority(at.host_subcomponent or "", at.scheme)
    labels = host.split(".")
    above = [".".join(labels[place:]) for place in range(1, len(labels))]
    return [normal_authority(at.host_port_subcomponent or "", at.scheme), host, *above]
