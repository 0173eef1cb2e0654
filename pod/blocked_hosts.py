"""Whether this pod has to do with a server: asked before a signature of it is verified, and before each request to it.

A host is blocked with all hosts below it. What belongs to a move of an account (`for_a_move`) passes where those
who run the pod said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from yarl import URL

from federation.addresses import normal_authority
from federation.rules.addresses import AddressRule
from models.pod.blocked_hosts import BlockedHost, list_blocked_hosts
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
    """The blocks of this pod, as every process sees them after any commit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, url: str) -> None:
        """Raise HostBlockedError for the URL of a server that is blocked."""
        blocked = await self._all()
        if not blocked:
            return
        found = next((blocked[name] for name in _names(url) if name in blocked), None)
        if found is not None and not (found.allows_moves and _FOR_A_MOVE.get()):
            raise AddressRule.HOST_BLOCKED.error(host=found.host)

    async def _all(self) -> Mapping[str, BlockedHost]:
        version = await self._store.database.version()
        return await self._store.remembered.get(version, "blocked hosts", self._read)

    async def _read(self) -> Mapping[str, BlockedHost]:
        async with self._store.database.read() as session:
            return {one.host: one for one in await list_blocked_hosts(session)}


def _names(url: str) -> list[str]:
    """The names under which a URL's server may be blocked: with its port, without, and each domain above it."""
    at = URL(url)
    host = normal_authority(at.host_subcomponent or "", at.scheme)
    labels = host.split(".")
    above = [".".join(labels[place:]) for place in range(1, len(labels))]
    return [normal_authority(at.host_port_subcomponent or "", at.scheme), host, *above]
