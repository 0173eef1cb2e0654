"""A TCP relay in front of a pod: it stands on the address that the pod's URL names and can fail as networks do.

Everything that anybody sends to the pod passes it, and it knows which process each connection is from, so it can part
two pods and let others through. It opens, cuts (connections are reset, new ones refused), becomes a
black hole (connections are taken, nothing passes, not even the end), delays each piece, or flips single bits.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final, Literal

MOST_CONNECTIONS: Final = 256
PIECE_BYTES: Final = 64 * 1024

Mode = Literal["open", "cut", "black_hole"]
Processes = Callable[[], Collection[int]]  # the ids of those that serve a pod, which may be started anew


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
        self._callers: dict[asyncio.StreamWriter, int] = {}  # by the port that they call from
        self._parted: tuple[Processes, ...] = ()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._call(self._listen())

    def stop(self) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self) -> None:
        """Let everything pass again; who waited in a black hole is hung up on, as after a time-out."""
        self._call(self._become("open"))

    def cut(self) -> None:
        """Reset what is connected, refuse what comes."""
        self._call(self._become("cut"))

    def part(self, *processes: Processes) -> None:
        """Reset what these processes have connected, and whatever they connect from now on; all others pass."""
        self._call(self._part(processes))

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
        self._mode, self._parted = mode, ()
        if mode == "open":
            await self._listen()

    async def _part(self, processes: tuple[Processes, ...]) -> None:
        self._parted = processes
        barred = self._ports_of_parted()
        for writer, port in self._callers.items():
            if port in barred:
                writer.transport.abort()

    def _ports_of_parted(self) -> set[int]:
        return ports_of({process for processes in self._parted for process in processes()}) if self._parted else set()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()

    async def _end(self) -> None:
        """Cut, and wait for whoever was being taken just then, so that no socket is left behind."""
        await self._cut()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=2)
        await self._cut()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or len(self._writers) >= 2 * MOST_CONNECTIONS:
            writer.transport.abort()
            return
        port = writer.get_extra_info("peername")[1]
        if port in self._ports_of_parted():
            writer.transport.abort()
            return
        self._writers.add(writer)
        self._callers = {known: from_port for known, from_port in self._callers.items() if not known.is_closing()}
        self._callers[writer] = port
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


def ports_of(processes: Collection[int]) -> set[int]:
    """The ports that sockets of these processes are bound to."""
    held = set()
    for process in processes:
        for entry in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                held.add(str(entry.readlink()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if f"socket:[{row[9]}]" in held}


@contextmanager
def relaying(host: str, port: int, target: str) -> Iterator[Relay]:
    """A relay that runs inside this block."""
    relay = Relay(host, port, target)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
