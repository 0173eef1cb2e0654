"""Nobody takes all connections: each address has a limit, and when all are in use, the address with most loses one.

The oldest connection is closed: if its headers never end, nothing is lost; if it makes requests, it is one of many.
A proxy on this machine must limit its own connections; bodies and tries count by the address that it names
(`pod.requests`).
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Any, Final, cast

import uvloop

from pod.requests import counted_address, is_proxy

EACH: Final = 128
MOST: Final = 4096
SPARE_FILES: Final = 256  # for the database, logs, and the pod's own requests


class Connections:
    """The open connections by the client's address, the oldest first."""

    def __init__(self, *, each: int, most: int) -> None:
        self._each = each
        self._most = most
        self._open: dict[str, dict[Door, None]] = {}
        self._count = 0

    def add(self, door: Door, address: str) -> None:
        """Count a connection; if there are too many now, another one is closed."""
        theirs = self._open.get(counted_address(address), {})
        if len(theirs) >= self._each and not is_proxy(address):
            next(iter(theirs)).abort()
        elif self._count >= self._most:
            theirs = max(self._open.values(), key=_size)
            next(iter(theirs)).abort()
        self._open.setdefault(counted_address(address), {})[door] = None
        self._count += 1

    def drop(self, door: Door, address: str) -> None:
        """Stop counting a connection that ended or was closed."""
        theirs = self._open.get(counted_address(address), {})
        if door in theirs:
            del theirs[door]
            self._count -= 1
        if not theirs:
            self._open.pop(counted_address(address), None)


def _size(doors: dict[Door, None]) -> int:
    return len(doors)


class Door(asyncio.Protocol):
    """Counts one connection in front of its protocol; passes everything else through."""

    def __init__(self, inner: asyncio.Protocol, connections: Connections) -> None:
        self._connections = connections
        self._inner = inner
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._address = str((transport.get_extra_info("peername") or ("",))[0])
        self._connections.add(self, self._address)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.drop(self, self._address)
        self._inner.connection_lost(exc)

    def abort(self) -> None:
        """End the connection at once."""
        self._connections.drop(self, self._address)
        if self._transport is not None:
            self._transport.abort()


class CountingLoop(uvloop.Loop):
    """An event loop that counts the connections of all its servers together."""

    def __init__(self) -> None:
        super().__init__()
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = MOST if files == resource.RLIM_INFINITY else min(MOST, files - SPARE_FILES)
        self._connections = Connections(each=EACH, most=max(EACH, most))

    async def create_server(self, protocol_factory: Callable[[], Any], *args: Any, **options: Any) -> Any:
        """As in every loop, with a `Door` in front of each connection."""
        return await super().create_server(lambda: Door(protocol_factory(), self._connections), *args, **options)
