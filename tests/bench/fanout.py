"""Fan-out: one activity to 1,000 inbox addresses, from the commit that queues it to the last answer's.

The courier runs on one core with a real database, the inboxes are one process on the other. Cold: no connection, no
lane, no key loaded. Warm: the same hosts again.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from timeit import repeat
from typing import Final

import uvloop
from sqlalchemy import func, select

from federation.signatures.keys import rsa_signing_key
from migrations import upgrade
from models.engine.databases import open_database
from models.fediverse.deliveries import DELIVERIES, enqueue
from pod.clock import Clock
from pod.deps import Deps
from pod.jobs.delivery import Courier
from pod.jobs.introductions import Introductions
from tests.support.sinks import ACTOR, some_parts
from tests.support.wire import rsa_pem

HOSTS: Final = 1000
ROUNDS: Final = 3
PORT: Final = 8089
BODY: Final = b'{"content":"' + b"x" * 1500 + b'"}'
# As small as an HTTP server can be: what is measured is the sender.
SINK: Final = """
import asyncio, os, re, sys
import uvloop
LENGTH = re.compile(rb"(?i)content-length: *([0-9]+)")
class Inbox(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""
    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\\r\\n\\r\\n")) >= 0:
            whole = end + 4 + int(LENGTH.search(self.buffer, 0, end).group(1))
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            self.transport.write(b"HTTP/1.1 202 Accepted\\r\\nContent-Length: 0\\r\\n\\r\\n")
async def main():
    server = await asyncio.get_running_loop().create_server(Inbox, "0.0.0.0", int(sys.argv[1]), backlog=4096)
    print("ready", flush=True)
    await server.serve_forever()
uvloop.run(main())
"""


def measure() -> list[tuple[str, float, str]]:
    """Deliveries a second, cold and warm, beside how often this core makes an RSA signature."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    sink = subprocess.Popen([sys.executable, "-c", SINK, str(PORT)], stdout=subprocess.PIPE)
    try:
        os.sched_setaffinity(sink.pid, {cores[-1]})
        assert sink.stdout is not None
        assert sink.stdout.readline() == b"ready\n"
        signing = _signatures_per_second()
        rates = uvloop.run(_rates())
    finally:
        sink.send_signal(signal.SIGKILL)
        sink.wait()
        os.sched_setaffinity(0, set(cores))
    named = zip(("cold", "cold, by CPU time", "warm", "warm, by CPU time"), rates, strict=True)
    return [*((f"fan-out, {name}", rate, "deliveries/s") for name, rate in named), ("RSA-2048 signing", signing, "/s")]


def _signatures_per_second() -> float:
    """By CPU time, so that neighbours don't count."""
    key = rsa_signing_key("", rsa_pem())
    return 300 / min(repeat(lambda: key.sign(b"x" * 300), number=300, repeat=3, timer=time.process_time))


async def _rates() -> list[float]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = await open_database(f"sqlite+aiosqlite:///{folder / 'pod.sqlite'}")
        stack.push_async_callback(database.close)
        await upgrade(database)
        deps = await stack.enter_async_context(some_parts(database, folder, Clock()))
        began = (time.perf_counter(), time.process_time())
        deps.identity.signing_keys[ACTOR] = rsa_signing_key(f"{ACTOR}#main-key", rsa_pem())
        courier = Courier(deps, Introductions(deps))
        await _queue(deps)
        running = asyncio.create_task(courier.run())
        cold = await _rate_since(began, deps)
        warm = []
        for _ in range(ROUNDS):
            began = (time.perf_counter(), time.process_time())
            await _queue(deps)
            courier.look()
            warm.append(await _rate_since(began, deps))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return [*cold, *map(max, zip(*warm, strict=True))]


async def _queue(deps: Deps) -> None:
    inboxes = [f"http://127.77.{100 + number // 200}.{1 + number % 200}:{PORT}/inbox" for number in range(HOSTS)]
    await deps.store.write(lambda session: enqueue(session, ACTOR, None, BODY, inboxes, now=deps.clock()))


async def _rate_since(began: tuple[float, float], deps: Deps) -> tuple[float, float]:
    """Deliveries a second of the clock and of the processor, once the last is written down as taken."""
    while True:
        async with deps.store.database.read() as session:
            left = await session.scalar(select(func.count()).select_from(DELIVERIES))
        if not left:
            return HOSTS / (time.perf_counter() - began[0]), HOSTS / (time.process_time() - began[1])
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    for name, value, unit in measure():
        print(f"{name:28} {value:8,.0f} {unit}")
