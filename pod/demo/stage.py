"""Two pods as processes of this machine, and people who speak to them over HTTP."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from federation.errors import RemoteError
from federation.safe_http import SafeHttp
from pod.clock import Clock
from pod.config import Config, parse_config

HOST = "127.0.0.1"
# Both names mean this machine, but a browser keeps separate cookies for each.
NAMES = ("localhost", HOST)
LOOPBACK = ("127.0.0.0/8", "::1/128")
JSON = "application/json"
PATIENCE_SECONDS = 60.0
# A look costs the pods work that they need for what is waited for, so looks become rarer.
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.5
DAY_MS = 86_400_000
CONFIG = """\
# A pod of the demo. It is thrown away with its folder.
[server]
base_url = "{url}"
listen = "{host}"
port = {port}

[storage]
data = {data}

[federation]
allow_networks = {loopback}

[testing]
# The demo began days ago by this clock, so that its polls have a past; it goes right since.
clock_file = {clock}
"""


class NamedPort(msgspec.Struct, frozen=True):
    """The name of a pod's folder, and its port."""

    name: str
    port: int


class DemoClock:
    """The clock of all pods of the demo: so many days from now, in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.day = 0

    def set_to(self, day: int) -> None:
        """Have it that many days from now."""
        self.day = day
        # Written beside it and put in its place: a pod never reads half a number.
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(day * DAY_MS), encoding="ascii")
        fresh.replace(self.file)

    def __call__(self) -> int:
        """The time (ms) that the pods have now."""
        return Clock(self.file)()


class DemoPod:
    """One pod: its folder, its address, its process."""

    def __init__(self, folder: Path, name: str, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"http://{name}:{port}"
        self._process: asyncio.subprocess.Process | None = None

    def write_config(self, clock: DemoClock) -> Config:
        """Make the folder with a configuration."""
        self.folder.mkdir(parents=True)
        # Every JSON string is a basic string of TOML, too.
        named = {"data": str(self.folder), "loopback": LOOPBACK, "clock": str(clock.file)}
        told = {name: json.dumps(value) for name, value in named.items()}
        text = CONFIG.format(url=self.url, host=HOST, port=self.port, **told)
        (self.folder / "pod.toml").write_text(text, encoding="utf-8")
        return parse_config(text)

    async def start(self, http: SafeHttp) -> None:
        """Start the process; returns once the pod answers. Its log is in its folder."""
        command = [sys.executable, "-m", "pod", "serve", "--data", str(self.folder)]
        with (self.folder / "pod.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdout=log, stderr=log, start_new_session=True
            )
        await eventually(lambda: self._answers(http), f"the pod at {self.url} answers")

    async def _answers(self, http: SafeHttp) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise RuntimeError(f"The pod at {self.url} ended; its log is {self.folder / 'pod.log'}.")
        try:
            await http.get_json(f"{self.url}/healthz")
        except RemoteError:
            return False
        return True

    async def stop(self) -> None:
        """End the process and wait for it."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        await self._process.wait()


class Actor(msgspec.Struct, frozen=True):
    """A person with a token on a pod of the demo."""

    http: Any
    pod: str
    token: str

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """Call the API once; raises RemoteError with the pod's answer if it refuses."""
        return await self.send("POST", path, body)

    async def send(self, method: str, path: str, body: object) -> dict[str, Any]:
        """As `post`, by another method."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": JSON}
        answer = await self.http.post(
            self.pod + path,
            msgspec.json.encode(body),
            content_type=JSON,
            headers=headers,
            hear_refusal=True,
            method=method,
        )
        document: dict[str, Any] = msgspec.json.decode(answer.body)
        return document


def free_ports(first: int, count: int) -> list[int]:
    """The first free ports of this machine from `first` on."""
    found: list[int] = []
    for port in range(first, 65_536):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError(f"There are no {count} free ports from {first} on.")


async def eventually(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until `holds()` is true; raises TimeoutError that names `what` didn't happen."""
    pause = FIRST_PAUSE_SECONDS
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await holds():
                await asyncio.sleep(pause)  # the state that it waits for is in another process
                pause = min(1.3 * pause, LONGEST_PAUSE_SECONDS)
    except TimeoutError as error:
        raise TimeoutError(f"It took too long until {what}.") from error
