"""Servers on loopback that behave as a test wants, and a resolver that answers as it wants."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from federation.safe_http import SafeHttp

LOOPBACK: Final = "127.0.0.0/8"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answers(AbstractResolver):
    """Resolves names from a table: each look-up of a name takes its next list of addresses, the last one stays."""

    def __init__(self, table: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._table = {name: list(answers) for name, answers in table.items()}
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self._table:
            raise OSError(f"no such name: {host}")
        answers = self._table[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """The base URL (no slash at the end) of a server that answers every request by `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@asynccontextmanager
async def saying(*pieces: bytes, pause_seconds: float = 0) -> AsyncIterator[str]:
    """The base URL of a server that says exactly these bytes to whoever connects, then hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_seconds)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def a_client(*, resolver: AbstractResolver | None = None, total_seconds: float = 5.0) -> SafeHttp:
    """A client that may contact loopback."""
    return SafeHttp("althing-tests", allow_networks=[LOOPBACK], resolver=resolver, total_seconds=total_seconds)
