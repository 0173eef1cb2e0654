"""A real pod under attack, and somebody honest who uses it meanwhile: what they wait, and what the pod spends.

Beside it stands its twin, which nobody attacks, used in the same way in the same seconds: what a busy machine adds, it
adds to both.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import quantiles

from tests.support.people import joined
from tests.support.rig import PORT, Person, ServedPod, worker_number

Attack = Callable[["Ground"], None]
TWIN, POD, VICTIM, ENEMY = 30, 31, 32, 33
MIB = 1024 * 1024
MOST_RSS = 50 * MIB
MOST_DISK = 10 * MIB
MOST_AT_VICTIM = 20
# What can't be interrupted: a step of somebody else's, and a commit that carries two of their writes.
FLOOR_SECONDS = 0.05
SLACK_OF_ALL = 2 * FLOOR_SECONDS  # of thirteen at once: a step of theirs between some of one's own
EDITS = 40
CPU_OF_A_PROCESS = 2  # so Linux numbers the clocks of others
LOWEST = 19  # the priority of attackers, who would have machines of their own
FORKS = multiprocessing.get_context("fork")
PAUSE_SECONDS = 0.02
PEOPLE = 40  # a page each one and a half seconds each, at best
VOTERS = 5
VOTES_EACH = 8  # requests
LEAST_REQUESTS = 40  # of which one in twenty says something, also on a busy machine
LEAST_PART = 4  # of the requests that the twin answers


@dataclass(frozen=True)
class Spent:
    """What a time cost. 95 of 100 honest requests took at most `p95` seconds, and the pod worked `work` meanwhile.

    That work is what they would wait on a machine that is the pod's alone. The pod used `cpu` of a processor.
    """

    p95: float
    work: float
    requests: int
    rss: int
    disk: int
    cpu: float


@dataclass
class Ground:
    """The open group of the first of `voters` on a pod.

    `stop` ends attacks; `tried` are their requests, `at_victim` what the victim got. `post` is short, `long` has many
    edits; `twin` is another pod like it. Each attack comes from an `address`.
    """

    pod: ServedPod
    voters: list[Person]
    group: str
    post: str
    long: str = ""
    twin: Ground | None = None
    address: str = ""
    stop: Event = field(default_factory=FORKS.Event)
    tried: Synchronized[int] = field(default_factory=lambda: FORKS.Value("q", 0))
    at_victim: int = 0

    def path(self, below: str = "") -> str:
        return f"/groups/{self.group}{below}"

    def repeat(self, once: Callable[[], object], *, pause: float = 0.0) -> None:
        """Do the same until the attack is over; what the pod answers, or doesn't, is the attacker's trouble."""
        while not self.stop.wait(pause):
            with suppress(OSError, http.client.HTTPException):
                once()
            with self.tried.get_lock():
                self.tried.value += 1

    def spend(self, seconds: float) -> Spent:
        """Use the pod honestly for a while, as many people do: they read a post and the group, and some vote."""
        waited: list[float] = []
        worked: list[float] = []
        start, turn, used = time.monotonic(), 0, self._cpu()
        end = start + seconds
        while time.monotonic() < end or len(waited) < LEAST_REQUESTS:
            began, before = time.monotonic(), self._cpu()
            self._use(turn)
            waited.append(time.monotonic() - began)
            worked.append(self._cpu() - before)
            turn += 1
            time.sleep(PAUSE_SECONDS)
        cpu = (self._cpu() - used) / (time.monotonic() - start)
        p95, work = (quantiles(each, n=20)[-1] for each in (waited, worked))
        return Spent(p95, work, len(waited), self.rss(), self.disk(), cpu)

    def _use(self, turn: int) -> None:
        person, rounds = turn % PEOPLE, turn // VOTES_EACH
        if turn % VOTES_EACH == 0:
            vote = {"target": {"post": self.post}, "value": turn % 1000}
            self._ask(person, "POST", f"/api/v1/groups/{self.group}/votes", json.dumps(vote).encode(), rounds % VOTERS)
        elif person % 2:
            self._ask(person, "GET", f"/api/v1/groups/{self.group}")
        else:
            self._ask(person, "GET", f"/api/v1/groups/{self.group}/posts/{self.post}")

    def pages(self) -> list[str]:
        """Every page of the long post."""
        page = f"/g/{self.group}/posts/{self.long}"
        wider = ["", "?mode=wiki", "/history", "/blame", f"/compare?a={self.group}&b=off"]
        return [*(f"{page}{end}" for end in wider), f"/api/v1/groups/{self.group}/posts/{self.long}"]

    def look_around(self) -> None:
        """Open each kind of page: what a pod loads with the first is no growth."""
        for path in self.pages():
            self._ask(0, "GET", path)

    def _ask(self, person: int, method: str, path: str, body: bytes | None = None, voter: int = -1) -> None:
        """A request from another address than the attackers'."""
        headers = {"X-Forwarded-For": f"198.51.100.{person + 1}"}
        headers |= {"Authorization": f"Bearer {self.voters[voter].account['token']}"} if body else {}
        wire = http.client.HTTPConnection(self.pod.host, PORT, timeout=20)
        wire.request(method, path, body, {**headers, "Content-Type": "application/json"})
        answer = wire.getresponse()
        said = answer.read()
        wire.close()
        assert answer.status < 300, said

    def _cpu(self) -> float:
        """Seconds of the processor that the pod used."""
        return time.clock_gettime((~(self.pod.process_id() or 0) << 3) | CPU_OF_A_PROCESS)

    def rss(self) -> int:
        """Bytes of memory that the pod holds."""
        status = Path(f"/proc/{self.pod.process_id()}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def disk(self) -> int:
        """Bytes in the pod's folder."""
        return sum(path.stat().st_size for path in self.pod.folder.rglob("*") if path.is_file())


@contextmanager
def a_ground(folder: Path) -> Iterator[Ground]:
    """A pod with a group, and its twin; a victim counts whatever connects to it and answers nothing that means much."""
    with _a_place(folder / "twin", TWIN) as twin, _a_place(folder / "pod", POD) as ground:
        ground.twin, ground.long = twin, _a_long_post(ground.voters[0], ground.group)
        ground.look_around()
        with listening(VICTIM, lambda wire: _victim(ground, wire)):
            yield ground


@contextmanager
def _a_place(folder: Path, number: int) -> Iterator[Ground]:
    pod = ServedPod(folder, worker_number(), number)
    pod.create(clock=False)
    voters = [pod.sign_up(f"voter{number}") for number in range(VOTERS)]
    ada = voters[0]
    pod.start()
    try:
        wish = {"name": "Square", "visibility": "public", "others_weight": 100}
        group = str(ada.post("/api/v1/groups", wish)["group"])
        paragraphs = [{"style": "text", "text": "Come in."}]
        post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
        for voter in voters[1:]:
            joined(ada, group, voter, 100)
        yield Ground(pod, voters, group, str(post))
    finally:
        pod.kill()


def _a_long_post(ada: Person, group: str) -> str:
    """A post that its writer edited often, each time with many paragraphs."""
    path = f"/api/v1/groups/{group}"
    first = {"kind": "article", "paragraphs": [{"style": "text", "text": f"Line {number}."} for number in range(100)]}
    post = str(ada.post(f"{path}/posts", first)["record"])
    for edit in range(EDITS):
        adds = [
            {"after": {"record": post, "index": number}, "style": "text", "text": f"Edit {edit} of {number}."}
            for number in range(50)
        ]
        ada.post(f"{path}/patches", {"post": post, "adds": adds, "marks": []})
    return post


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
    """What the twin's user waited, with the memory and disk that the pod had after such use alone; and under attack."""
    twin = ground.twin
    assert twin is not None
    rss, disk = ground.rss() - twin.rss(), ground.disk() - twin.disk()
    ground.stop.clear()
    ground.tried.value = ground.at_victim = 0
    crowd = [
        FORKS.Process(target=_attack, args=(attack, replace(ground, address=f"203.0.113.{number}")), daemon=True)
        for number, attack in enumerate(attacks, 1)
    ]
    for attacker in crowd:
        attacker.start()
    while not ground.tried.value and any(attacker.is_alive() for attacker in crowd):
        time.sleep(PAUSE_SECONDS)
    try:
        with ThreadPoolExecutor(1) as beside:
            used = beside.submit(twin.spend, seconds)
            under = ground.spend(seconds)
        quiet = used.result()
        return replace(quiet, rss=rss + quiet.rss, disk=disk + quiet.disk), under
    finally:
        ground.stop.set()
        for attacker in crowd:
            attacker.join(30)
            attacker.kill()


def _attack(attack: Attack, ground: Ground) -> None:
    """In a process of its own, which takes what the pod and its honest user leave of the processors."""
    os.nice(LOWEST)
    attack(ground)


def check(ground: Ground, quiet: Spent, under: Spent) -> None:
    """Others notice next to nothing."""
    tell(ground, quiet, under)
    assert ground.tried.value > 0
    # What the pod does is counted, and what it has people wait for; not what others do to this machine meanwhile.
    assert under.work <= max(2 * quiet.work, quiet.work + FLOOR_SECONDS)
    assert under.requests >= quiet.requests / LEAST_PART
    assert under.rss - quiet.rss < MOST_RSS
    assert under.disk - quiet.disk < MOST_DISK
    assert ground.at_victim < MOST_AT_VICTIM


def check_serving(ground: Ground, quiet: Spent, under: Spent) -> None:
    """The pod serves on: each honest request was answered (`spend`), in a time and with memory that have an end.

    What it holds may grow: members whom the group lets in write as much as members may.
    """
    tell(ground, quiet, under)
    assert ground.tried.value > 0
    assert under.work <= max(2 * quiet.work, quiet.work + SLACK_OF_ALL)
    assert under.requests >= quiet.requests / LEAST_PART
    assert under.rss - quiet.rss < MOST_RSS
    assert ground.at_victim < MOST_AT_VICTIM


def tell(ground: Ground, quiet: Spent, under: Spent) -> None:
    """Print what was measured."""
    rss, disk = (under.rss - quiet.rss) / MIB, (under.disk - quiet.disk) / MIB
    print(
        f"p95 {1000 * quiet.p95:.0f} -> {1000 * under.p95:.0f} ms, of which work {1000 * quiet.work:.0f} ->"
        f" {1000 * under.work:.0f} ms, {quiet.requests} -> {under.requests} honest requests beside"
        f" {ground.tried.value}, {under.cpu:.2f} of a processor, RSS +{rss:.1f} MiB, disk +{disk:.1f} MiB,"
        f" {ground.at_victim} at the victim"
    )
