"""What can be measured against: an aiohttp handler that checks one RSA signature and commits, or says one text.

`python -m tests.bench.bare HOST PORT FOLDER` serves until it is killed; it prints `ready`. It knows one public key
(FOLDER/key.pem), takes any body whose `Signature` field is that key's over it, and stores it: all that wait go into one
SQLite commit at synchronous FULL. What FOLDER/answer.json says is answered at /answer.
"""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


class Store:
    """Rows, many in one commit, each answered after it."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.rows.execute("PRAGMA journal_mode=WAL")
        self.rows.execute("PRAGMA synchronous=FULL")
        self.rows.execute("CREATE TABLE bodies (id BLOB PRIMARY KEY, body BLOB)")
        self.waiting: asyncio.Queue[tuple[bytes, asyncio.Future[None]]] = asyncio.Queue()

    async def put(self, body: bytes) -> None:
        future = asyncio.get_running_loop().create_future()
        self.waiting.put_nowait((body, future))
        await future

    async def commit_on_and_on(self) -> None:
        while True:
            batch = [await self.waiting.get()]
            await asyncio.sleep(0)
            while not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            rows = [(sha256(body).digest(), body) for body, _ in batch]
            self.rows.execute("BEGIN")
            self.rows.executemany("INSERT INTO bodies VALUES (?, ?)", rows)
            await asyncio.to_thread(self.rows.execute, "COMMIT")
            for _, future in batch:
                future.set_result(None)


def serve(host: str, port: int, folder: Path) -> None:
    """Serve until killed."""
    key, answer = load_pem_public_key((folder / "key.pem").read_bytes()), (folder / "answer.json").read_bytes()
    assert isinstance(key, RSAPublicKey)
    store = Store(folder / "bare.sqlite")

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        key.verify(b64decode(request.headers["Signature"]), body, PKCS1v15(), SHA256())
        await store.put(body)
        return web.Response(status=202)

    async def say(_: web.Request) -> web.Response:
        return web.Response(body=answer, content_type="application/activity+json")

    async def start(_: web.Application) -> None:
        background.append(asyncio.create_task(store.commit_on_and_on()))

    background: list[asyncio.Task[None]] = []
    app = web.Application()
    app.router.add_post("/inbox", take)
    app.router.add_get("/answer", say)
    app.on_startup.append(start)
    web.run_app(
        app,
        host=host,
        port=port,
        access_log=None,
        print=lambda *_: print("ready", flush=True),
        loop=uvloop.new_event_loop(),
    )


@contextmanager
def serving(host: str, port: int, folder: Path) -> Iterator[int]:
    """A bare server inside this block, on the cores that are ours at the moment; its process id."""
    command = [sys.executable, "-m", "tests.bench.bare", host, str(port), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
