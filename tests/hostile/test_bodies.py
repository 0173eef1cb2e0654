"""What is sent to a pod is bounded before it is understood: its encoding, length, pace, share, and who may ask."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from federation.shares import Shares
from pod.budgets import bodies
from pod.budgets.bodies import BODIES, HANDLER, LONGEST_BYTES, read_bodies
from pod.middleware import answer_refusals


class Reader:
    """Takes bodies at /; `read` are those that came to the handler, and `gate` is what it waits for."""

    def __init__(self, *, each: int, whole: int) -> None:
        self.read: list[bytes] = []
        self.busy = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.app = web.Application(middlewares=(answer_refusals, read_bodies), handler_args=HANDLER)
        self.app[BODIES] = Shares(each=each, whole=whole)
        self.app.router.add_post("/", self.take)

    async def take(self, request: web.Request) -> web.Response:
        self.read.append(await request.read())
        self.busy.set()
        await self.gate.wait()
        return web.Response()


@asynccontextmanager
async def a_reader(*, each: int = LONGEST_BYTES, whole: int = 2 * LONGEST_BYTES) -> AsyncIterator[tuple[Reader, str]]:
    reader = Reader(each=each, whole=whole)
    async with TestServer(reader.app, **HANDLER) as server:
        yield reader, str(server.make_url("/"))


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "gzip, identity"])
async def test_w2_w11_nothing_is_inflated(coding: str) -> None:
    async with a_reader() as (reader, url), aiohttp.ClientSession() as client:
        body, headers = gzip.compress(bytes(LONGEST_BYTES)), {"Content-Encoding": coding}
        async with client.post(url, data=body, headers=headers) as answer:
            assert (answer.status, answer.headers["Accept-Encoding"]) == (415, "identity")
            assert (await answer.json(content_type=None))["code"] == "encoded_body"
    assert reader.read == []


async def test_a_body_as_it_is_may_say_so() -> None:
    async with a_reader() as (reader, url), aiohttp.ClientSession() as client:
        answer = await client.post(url, data=b"as it is", headers={"Content-Encoding": "identity"})
        assert answer.status == 200
    assert reader.read == [b"as it is"]


async def test_w11_a_length_that_is_too_much_is_refused_unread() -> None:
    async with a_reader() as (reader, url):
        lines = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LONGEST_BYTES + 1}\r\n\r\n"
        assert (await said_to(url, lines)).startswith(b"HTTP/1.1 413")
    assert reader.read == []


async def test_w11_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.05)
    async with a_reader() as (reader, url):
        assert (await said_to(url, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")).startswith(
            b"HTTP/1.1 408"
        )
    assert reader.read == []


async def test_w11_who_holds_its_share_takes_no_more_and_others_do() -> None:
    async with a_reader(each=2000, whole=5000) as (reader, url), aiohttp.ClientSession() as client:
        reader.gate.clear()
        held = asyncio.create_task(status_of(client, url, "198.51.100.1"))
        await reader.busy.wait()
        assert await status_of(client, url, "198.51.100.1") == 503
        reader.gate.set()
        assert await status_of(client, url, "198.51.100.2") == 200
        assert await held == 200
        assert await status_of(client, url, "198.51.100.1") == 200


async def status_of(client: aiohttp.ClientSession, url: str, address: str) -> int:
    async with client.post(url, data=b"x" * 1500, headers={"X-Forwarded-For": address}) as answer:
        return answer.status


async def said_to(url: str, lines: str) -> bytes:
    """What a server says to lines that are all that comes."""
    host, port = url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(lines.encode())
    try:
        return await reader.read()
    finally:
        writer.close()
