"""Pods as processes on loopback addresses of their own, and clients that speak to them over real HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import msgspec

from models.people.accounts import load_account_named
from pod.actions.accounts.sign_in import make_sign_in_link
from pod.actions.groups.founding import sign_up
from pod.config import load_config
from pod.deps import Deps
from pod.parts import open_parts
from tests.support import nursery
from tests.support.tables import copy_tables

T = TypeVar("T")

PORT = 8080
MOST_ROOM = 30
SOONEST_LOOK, LATEST_LOOK = 0.02, 0.5  # seconds between two looks
LOOKS_AGAIN_AFTER = 0.1  # of the time that was waited
PATIENCE_SECONDS = 75.0  # what a push lost is pulled after a minute


def worker_number() -> int:
    """W of 127.77.W.P: one for each worker of each checkout that tests beside others (POD_TEST_ROOM)."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    room = int(os.environ.get("POD_TEST_ROOM", "0"))
    assert 0 <= room <= MOST_ROOM, f"POD_TEST_ROOM is a number from 0 to {MOST_ROOM}, not {room}."
    return 8 * room + worker + 1


class RefusedByHttpError(AssertionError):
    """An answer other than 2xx, with its problem document."""

    def __init__(self, status: int, document: str) -> None:
        super().__init__(f"{status}: {document}")
        self.status = status
        self.document = document

    @property
    def problem(self) -> dict[str, Any]:
        """What was refused: code, rule, facts."""
        return dict(json.loads(self.document))


class ServedPod:
    """One pod: its folder, its process, its URL http://127.77.<worker>.<number>:8080.

    A `relayed` pod listens at 127.78.<worker>.<number>, which no pod may contact, and its URL names the relay before
    it: 127.77.<worker>.<100 + number>. `door` is where the pod itself is reached.
    """

    def __init__(self, folder: Path, worker: int, number: int, *, relayed: bool = False) -> None:
        self.folder = folder
        self.host = f"127.78.{worker}.{number}" if relayed else f"127.77.{worker}.{number}"
        self.named = f"127.77.{worker}.{100 + number}" if relayed else self.host
        self.url = f"http://{self.named}:{PORT}"
        self.door = f"http://{self.host}:{PORT}"
        self.clock_file = folder.with_suffix(".clock")
        self.process: subprocess.Popen[bytes] | nursery.Forked | None = None
        self.processes = 1
        self.code: Path | None = None  # where the code lies that serves; None: this checkout

    def create(self, *, clock: bool = True, database: str = "") -> None:
        """Make folder, configuration, keys and database (a URL, by default SQLite); `clock`: read the clock file."""
        self.run("init", "--port", str(PORT), "--base-url", self.url, "--listen", self.host)
        with (self.folder / "pod.toml").open("a") as config:
            config.write(f'database = "{database}"\n')  # the section of storage comes last
            config.write('\n[federation]\nallow_networks = ["127.77.0.0/16"]\n')
            if clock:
                config.write(f'\n[testing]\nclock_file = "{self.clock_file}"\n')
        if database:
            self.run("migrate")
        else:
            copy_tables(self.folder / "pod.sqlite")

    def run(self, *command: str) -> str:
        """Run a `pod` command on this pod's folder; its output."""
        with TemporaryFile("w+") as out, TemporaryFile("w+") as errors:
            code = self._begin([*command, "--data", str(self.folder)], out, errors).wait(60)
            for file in (out, errors):
                file.seek(0)
            said, complaints = out.read(), errors.read()
        assert code == 0, complaints + said
        return said

    def sign_up(self, name: str) -> Person:
        """An account with a token, made within this process: quicker than by command line."""
        opened = self.act(lambda deps: sign_up(deps, name, decides=True))
        return Person(self, {key: str(value) for key, value in msgspec.to_builtins(opened).items()})

    def act(self, action: Callable[[Deps], Awaitable[T]]) -> T:
        """Run an action on the pod's folder, as somebody with a shell there does, also beside the pod that serves."""

        async def run() -> T:
            async with open_parts(load_config(self.folder / "pod.toml")) as deps:
                return await action(deps)

        # In a thread of its own: a browser that tests steer has an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(run())).result()

    def start(self) -> None:
        """Serve, by as many `processes` as it is told, and return once the pod answers."""
        command = ["serve", "--data", str(self.folder)]
        command += ["--processes", str(self.processes)] if self.processes > 1 else []
        with self.folder.with_suffix(".log").open("a") as log:
            self.process = self._begin(command, log, log)
        eventually(self._answers)

    def _begin(self, command: Sequence[str], out: IO[str], errors: IO[str]) -> subprocess.Popen[bytes] | nursery.Forked:
        if self.code is None and nursery.used:
            return nursery.begin(command, out.fileno(), errors.fileno())
        return subprocess.Popen([sys.executable, "-m", "pod", *command], stdout=out, stderr=errors, cwd=self.code)

    def set_clock(self, offset_ms: int) -> None:
        """Shift the pod's clock; its loops see it at their next look."""
        self.clock_file.write_text(str(offset_ms))

    def kill(self) -> None:
        """End the process, and those that it started, as a power cut would."""
        if self.process is not None:
            started = self.children()
            os.kill(self.process.pid, signal.SIGKILL)
            for child in started:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.wait()
            eventually(lambda: not any(is_running(child) for child in started))
            self.process = None

    def stop(self) -> None:
        """End the process, and those that it started, as an operator does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def children(self) -> set[int]:
        """The processes that serve for the one that was started, if it was to start several."""
        own = self.process_id()
        with suppress(FileNotFoundError):  # it ended by itself
            return set(map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split()))
        return set()

    def process_ids(self) -> set[int]:
        """The ids of all processes that serve."""
        return self.children() | ({self.process.pid} if self.process else set())

    def process_id(self) -> int | None:
        """The id of the process that serves, None while none does."""
        return self.process.pid if self.process else None

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.folder.with_suffix(".log").read_text()
        try:
            call("GET", f"{self.door}/healthz")
        except (OSError, RefusedByHttpError):
            return False
        return True


def is_running(process: int) -> bool:
    """Whether a process is there, and isn't one that only waits to be buried."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


class Person:
    """Somebody with an account and a token."""

    def __init__(self, pod: ServedPod, account: dict[str, str]) -> None:
        self.pod = pod
        self.account = account

    def get(self, path: str) -> Any:
        return call("GET", self.pod.door + path, token=self.account["token"])

    def post(self, path: str, body: object) -> Any:
        """The answer; who decides and is asked for a proof gives it, and sends it once more."""
        return self._proven("POST", path, body)

    def put(self, path: str, body: object) -> Any:
        """As `post`."""
        return self._proven("PUT", path, body)

    def send(self, path: str, body: object, method: str = "POST") -> Any:
        return call(method, self.pod.door + path, body, token=self.account["token"])

    def _proven(self, method: str, path: str, body: object) -> Any:
        try:
            return self.send(path, body, method)
        except RefusedByHttpError as refusal:
            if refusal.status != 403 or refusal.problem["code"] != "proof_needed":
                raise
        self.send("/api/v1/me/proof", {"link": self.pod.act(partial(_link_of, self.account["name"]))})
        return self.send(path, body, method)


async def _link_of(name: str, deps: Deps) -> str:
    """What an operator gives to somebody who can't prove otherwise who they are."""
    async with deps.store.database.read() as session:
        account = await load_account_named(session, name)
    assert account is not None
    return await make_sign_in_link(deps, account)


def call(method: str, url: str, body: object = None, *, token: str = "", seconds: float = 10) -> Any:
    """One request; the JSON answer, or RefusedByHttpError."""
    payload = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, payload, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise RefusedByHttpError(error.code, error.read().decode()) from error


def eventually(
    holds: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, seen: Callable[[], object] = lambda: ""
) -> Any:
    """Wait until `holds()` gives something true; its value. `seen` says what is there instead.

    The longer it waits, the more seldom it looks: each look is work for pods that are to do something else.
    """
    began = time.monotonic()
    while True:
        if value := holds():
            return value
        waited = time.monotonic() - began
        assert waited < seconds, f"It never came to hold. {seen()}"
        time.sleep(min(max(waited * LOOKS_AGAIN_AFTER, SOONEST_LOOK), LATEST_LOOK))
