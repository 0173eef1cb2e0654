"""A real pod under attack, and somebody honest who uses it meanwhile: what they wait, and what the pod spends."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from tests.support.rig import PORT, Person, ServedPod, worker_number

Attack = Callable[["Ground"], None]
POD, VICTIM, ENEMY = 31, 32, 33
MIB = 1024 * 1024
MOST_RSS = 50 * MIB
MOST_DISK = 10 * MIB
MOST_AT_VICTIM = 20
FLOOR_SECONDS = 0.1  # what a machine that others use, too, may add; twice a quiet millisecond says nothing
QUIET_SECONDS = 2.0
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Spent:
    """What a time cost: 95 of 100 honest requests took at most `p95` seconds."""

    p95: float
    requests: int
    rss: int
    disk: int


@dataclass
class Ground:
    """ada's open group on a pod. `stop` ends attacks; `tried` are their requests, `at_victim` what the victim got."""

    pod: ServedPod
    ada: Person
    group: str
    post: str
    stop: threading.Event = field(default_factory=threading.Event)
    tried: int = 0
    at_victim: int = 0

    def path(self, below: str = "") -> str:
        return f"/groups/{self.group}{below}"

    def repeat(self, once: Callable[[], object], *, pause: float = 0.0) -> None:
        """Do the same until the attack is over; what the pod answers, or doesn't, is the attacker's trouble."""
        while not self.stop.wait(pause):
            with suppress(OSError, http.client.HTTPException):
                once()
            self.tried += 1

    def spend(self, seconds: float) -> Spent:
        """Use the pod honestly for a while: read a page and the group, and vote."""
        waited, end, turn = [], time.monotonic() + seconds, 0
        while time.monotonic() < end:
            began = time.monotonic()
            self._use(turn)
            waited.append(time.monotonic() - began)
            turn += 1
            time.sleep(PAUSE_SECONDS)
        return Spent(quantiles(waited, n=20)[-1], len(waited), self._rss(), self._disk())

    def _use(self, turn: int) -> None:
        match turn % 4:
            case 0:
                vote = {"target": {"post": self.post}, "value": turn % 1000}
                self._ask("POST", f"/api/v1/groups/{self.group}/votes", json.dumps(vote).encode())
            case 1:
                self._ask("GET", f"/api/v1/groups/{self.group}")
            case 2:
                self._ask("GET", f"/api/v1/groups/{self.group}/posts/{self.post}")
            case _:
                self._ask("GET", "/healthz")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> None:
        """A request from another address than the attackers'."""
        headers = {"Authorization": f"Bearer {self.ada.account['token']}", "X-Forwarded-For": "198.51.100.7"}
        wire = http.client.HTTPConnection(self.pod.host, PORT, timeout=20)
        wire.request(method, path, body, {**headers, "Content-Type": "application/json"})
        answer = wire.getresponse()
        said = answer.read()
        wire.close()
        assert answer.status < 300, said

    def _rss(self) -> int:
        status = Path(f"/proc/{self.pod.process_id()}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def _disk(self) -> int:
        return sum(path.stat().st_size for path in self.pod.folder.rglob("*") if path.is_file())


@contextmanager
def a_ground(folder: Path) -> Iterator[Ground]:
    """A pod with a group; its victim counts whatever connects to it and answers nothing that means anything."""
    pod = ServedPod(folder / "pod", worker_number(), POD)
    pod.create(clock=False)
    ada = pod.sign_up("ada")
    pod.start()
    try:
        wish = {"name": "Square", "visibility": "public", "others_weight": 100}
        group = str(ada.post("/api/v1/groups", wish)["group"])
        paragraphs = [{"style": "text", "text": "Come in."}]
        post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
        ground = Ground(pod, ada, group, str(post))
        with listening(VICTIM, lambda wire: _victim(ground, wire)):
            yield ground
    finally:
        pod.kill()


def host_of(number: int) -> str:
    """An address of this worker that pods may contact."""
    return f"127.77.{worker_number()}.{number}"


@contextmanager
def listening(number: int, talk: Callable[[socket.socket], None], *, port: int = 8080) -> Iterator[None]:
    """Have each connection to a host talked to by a thread of its own."""
    door = socket.create_server((host_of(number), port), backlog=512)
    door.settimeout(0.2)
    over = threading.Event()

    def accept() -> None:
        while not over.is_set():
            try:
                wire, _ = door.accept()
            except TimeoutError:
                continue
            threading.Thread(target=_talked, args=(talk, wire), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        door.close()


def _talked(talk: Callable[[socket.socket], None], wire: socket.socket) -> None:
    with wire:
        try:
            talk(wire)
        except OSError:
            return


def _victim(ground: Ground, wire: socket.socket) -> None:
    while wire.recv(65536):
        ground.at_victim += 1
        wire.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def attacked(ground: Ground, attacks: list[Attack], seconds: float) -> tuple[Spent, Spent]:
    """What a quiet time costs, and one under these attacks, all at once."""
    quiet = ground.spend(QUIET_SECONDS)
    ground.stop.clear()
    threads = [threading.Thread(target=attack, args=(ground,), daemon=True) for attack in attacks]
    for thread in threads:
        thread.start()
    try:
        under = ground.spend(seconds)
    finally:
        ground.stop.set()
        for thread in threads:
            thread.join(30)
    return quiet, under


def check(ground: Ground, quiet: Spent, under: Spent) -> None:
    """Others notice next to nothing."""
    rss, disk = (under.rss - quiet.rss) / MIB, (under.disk - quiet.disk) / MIB
    print(
        f"p95 {1000 * quiet.p95:.0f} -> {1000 * under.p95:.0f} ms, {under.requests} honest requests beside"
        f" {ground.tried}, RSS +{rss:.1f} MiB, disk +{disk:.1f} MiB,"
        f" {ground.at_victim} at the victim"
    )
    assert ground.tried > 0
    assert under.p95 <= max(2 * quiet.p95, quiet.p95 + FLOOR_SECONDS)
    assert under.rss - quiet.rss < MOST_RSS
    assert under.disk - quiet.disk < MOST_DISK
    assert ground.at_victim < MOST_AT_VICTIM
