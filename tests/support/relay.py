"""A TCP relay in front of a pod: it stands on the address that the pod's URL names and can fail as networks do.

Everything that anybody sends to the pod passes it. It opens, cuts (connections are reset, new ones refused), becomes a
black hole (connections are taken, nothing passes, not even the end), delays each piece, or flips single bits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final, Literal

MOST_CONNECTIONS: Final = 256
PIECE_BYTES: Final = 64 * 1024

Mode = Literal["open", "cut", "black_hole"]


class Relay:
    """Relays `host`:`port` to `target`, by a thread of its own; the setters may be called from any other."""

    def __init__(self, host: str, port: int, target: str) -> None:
        self.host, self.port, self.target = host, port, target
        self.flipped = 0
        self._mode: Mode = "open"
        self._delay_seconds = 0.0
        self._flip_share = 0.0
        self._random = Random(0)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._call(self._listen())

    def stop(self) -> None:
        self._call(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Let everything pass again; who waited in a black hole is hung up on, as after a time-out."""
        self._call(self._become("open"))

    def cut(self) -> None:
        """Reset what is connected, refuse what comes."""
        self._call(self._become("cut"))

    def black_hole(self) -> None:
        """Take what comes and let nothing pass, in either direction; who is connected hears no more."""
        self._call(self._become("black_hole"))

    def delay(self, seconds: float) -> None:
        """Hold each piece for so long."""
        self._delay_seconds = seconds

    def flip(self, share: float, *, seed: int = 0) -> None:
        """Flip one bit in this share of the pieces on their way to the pod; 0: none."""
        self._random = Random(seed)
        self._flip_share = share

    def _call(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._relay, self.host, self.port)

    async def _become(self, mode: Mode) -> None:
        if mode == "black_hole":
            self._mode = mode
            return
        await self._cut()
        self._mode = mode
        if mode == "open":
            await self._listen()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= 2 * MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._writers.add(writer)
        if self._mode == "black_hole":
            return
        try:
            onwards = await asyncio.open_connection(self.target, self.port)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(onwards[1])
        await asyncio.gather(self._pass(reader, onwards[1], flips=True), self._pass(onwards[0], writer, flips=False))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, flips: bool) -> None:
        try:
            while piece := await reader.read(PIECE_BYTES):
                await asyncio.sleep(self._delay_seconds)
                if self._mode == "black_hole":
                    return
                writer.write(self._spoilt(piece) if flips else piece)
                await writer.drain()
        except OSError:
            pass
        if self._mode == "open":
            writer.close()
            self._writers.discard(writer)

    def _spoilt(self, piece: bytes) -> bytes:
        if self._random.random() >= self._flip_share:
            return piece
        self.flipped += 1
        place, bit = self._random.randrange(len(piece)), self._random.randrange(8)
        return piece[:place] + bytes([piece[place] ^ 1 << bit]) + piece[place + 1 :]


@contextmanager
def relaying(host: str, port: int, target: str) -> Iterator[Relay]:
    """A relay that runs inside this block."""
    relay = Relay(host, port, target)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
