"""Inboxes on loopback that answer as told, any number of hosts on one socket; and a pod's parts without its server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from federation.safe_http import SafeHttp
from models.engine.databases import Database
from models.engine.writer import running_writer
from pod.clock import Clock
from pod.config import Config, Server, Storage
from pod.deps import Deps, Outside, Signals
from pod.identity import Identity
from pod.keyring import create_key_file, open_keyring
from pod.mail import Mailer
from pod.store import Store, note_woken
from tests.support.rig import worker_number

NOON = 1_800_000_000_000
ACTOR = "http://127.77.1.1:8080/groups/g"
Answer = Callable[[web.Request, bytes], web.Response | None]


class SetClock(Clock):
    """A clock that stands at `ms` until it is set."""

    def __init__(self, ms: int) -> None:
        super().__init__()
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


class Sink:
    """Servers for all hosts 127.77.<worker>.<n> on one port; `got` are the bodies that were taken, by host."""

    def __init__(self) -> None:
        self.got: dict[str, list[bytes]] = {}
        self.asked: list[tuple[str, web.Request]] = []
        self.answers: dict[str, Answer] = {}
        self.socket = socket.socket()
        self.socket.bind(("0.0.0.0", 0))
        self.port = int(self.socket.getsockname()[1])

    def host(self, number: int) -> str:
        return f"127.77.{worker_number()}.{number}:{self.port}"

    def inbox(self, number: int) -> str:
        return f"http://{self.host(number)}/inbox"

    def taken(self, number: int) -> list[bytes]:
        return self.got.get(self.host(number), [])

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.append((request.host, request))
        answer = self.answers.get(request.host)
        answered = answer(request, body) if answer else None
        if answered is not None:
            return answered
        self.got.setdefault(request.host, []).append(body)
        return web.Response(status=202)


@asynccontextmanager
async def a_sink() -> AsyncIterator[Sink]:
    sink = Sink()
    app = web.Application()
    app.router.add_post("/inbox", sink.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, sink.socket).start()
    try:
        yield sink
    finally:
        await runner.cleanup()


@asynccontextmanager
async def a_black_hole() -> AsyncIterator[int]:
    """A port of all loopback addresses that takes every connection and never says a word."""
    silent: set[asyncio.StreamWriter] = set()

    def swallow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.add(writer)

    server = await asyncio.start_server(swallow, "0.0.0.0", 0, backlog=1024)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in silent:
            writer.transport.abort()


@asynccontextmanager
async def some_parts(database: Database, folder: Path, clock: Clock, *, host: int = 1) -> AsyncIterator[Deps]:
    """A pod's parts on a database, with nothing running but the writer."""
    key_file = folder / "keys" / "pod.key"
    if not key_file.exists():
        create_key_file(key_file)
    server = Server(base_url=f"http://127.77.{worker_number()}.{host}:8080")
    config = Config(server=server, storage=Storage(data=str(folder)))
    async with running_writer(database) as writer, SafeHttp("tests", allow_networks=["127.77.0.0/16"]) as http:
        yield Deps(
            config,
            clock,
            Store(clock, database, writer),
            Identity(config.base_url, open_keyring(key_file)),
            Outside(http, Mailer(config, clock, writer)),
            Signals(wake=note_woken, deliver=lambda: None, behind=lambda *_: None, lacks=lambda _: None),
        )


async def until(holds: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until `holds()` is true, looking often."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  (what it looks at sets no event)
            await asyncio.sleep(0.01)
