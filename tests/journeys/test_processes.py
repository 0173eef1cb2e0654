"""Three processes serve one pod on one PostgreSQL; each is killed again and again, and PostgreSQL once.

Nothing that was acknowledged is lost or counts twice, and no process shows what is older than what another answered.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from tests.support.people import agreed, joined, sight
from tests.support.postgres import OwnServer
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually, worker_number

PROCESSES: Final = 3
KILLS_OF_EACH: Final = 5 if os.environ.get("ALTHING_FULL") else 1
AWHILE: Final = 120  # on a machine that has much else to do
MINUTE_MS: Final = 60_000
BROKEN: Final = 500
pytestmark = [pytest.mark.slow, pytest.mark.started, pytest.mark.timeout(900)]


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with TemporaryDirectory(prefix="althing-pg-") as folder:
        made = OwnServer(Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.kill()


@pytest.fixture
def pods(server: OwnServer, tmp_path: Path) -> Iterator[list[ServedPod]]:
    """One that several processes serve, and an ordinary one with which it shares a group."""
    made = [ServedPod(tmp_path / f"pod{number}", worker_number(), number) for number in (1, 2)]
    try:
        made[0].create(database=server.create_database())
        made[1].create()
        yield made
    finally:
        for pod in made:
            pod.stop()


class Voter:
    """Votes on and on, looking after each answer whether every process shows it; what went wrong is kept."""

    def __init__(self, person: Person, group: str, post: str) -> None:
        self.person, self.group, self.post = person, group, post
        self.acknowledged: list[str] = []
        self.wrong: list[object] = []
        self.height = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._vote_on)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _vote_on(self) -> None:
        for value in count(1):
            if self._over.wait(0.02):
                return
            wish = {"target": {"post": self.post}, "value": value % 1000}
            written = self._ask(lambda wish=wish: self.person.post(f"/api/v1/groups/{self.group}/votes", wish))
            if written is not None:
                self.acknowledged.append(written["record"])
                self._ask(lambda record=written["record"]: self._get(f"/records/{record}"))
            if (seen := self._ask(lambda: self._get(""))) is not None:
                if seen["height"] < self.height:
                    self.wrong.append(f"height {seen['height']} after {self.height}")
                self.height = seen["height"]

    def _get(self, path: str) -> Any:
        return self.person.get(f"/api/v1/groups/{self.group}{path}")

    def _ask(self, ask: Any) -> Any:
        try:
            return ask()
        except (OSError, ValueError):
            return None  # the process died before it answered
        except RefusedByHttpError as error:
            if error.status < BROKEN:
                self.wrong.append(error)
            return None


def write_some(voters: list[Voter], more: int) -> None:
    """Return when each got so many more answers, or something went wrong."""
    enough = [len(voter.acknowledged) + more for voter in voters]
    done = zip(voters, enough, strict=True)
    wanted = list(done)
    eventually(lambda: all(len(one.acknowledged) >= most or one.wrong for one, most in wanted), seconds=AWHILE)


def is_replaced(pod: ServedPod, victim: int) -> bool:
    """Whether as many processes serve as should, and this one isn't among them."""
    return len(pod.children() - {victim}) == PROCESSES


def waits_for_database(pod: ServedPod) -> bool:
    """Whether a process that was started again found the database down and waits for it."""
    return "The database can't be reached" in pod.folder.with_suffix(".log").read_text()


def logged(person: Person, group: str) -> list[str]:
    ids: list[str] = []
    while page := person.get(f"/api/v1/groups/{group}/log?from={len(ids)}&limit=500")["entries"]:
        ids += [entry["id"] for entry in page]
    return ids


def waiting(person: Person, group: str) -> Any:
    return person.get(f"/groups/{group}/pending?from=0")


def waits(person: Person, group: str) -> bool:
    return bool(waiting(person, group)["records"])


def test_three_processes_on_one_database_answer_as_one_whatever_dies(pods: list[ServedPod], server: OwnServer) -> None:
    ada, bo = (pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo"), strict=True))
    pods[0].processes = PROCESSES
    pods[0].start()
    pods[1].start()
    eventually(lambda: len(pods[0].children()) == PROCESSES)
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert joined(ada, group, bo, 1000) == 2
    paragraphs = [{"style": "text", "text": "The well is dry."}]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
    eventually(lambda: agreed(group, ada, bo), seconds=AWHILE)

    voters = [Voter(person, group, post) for person in (ada, ada, bo)]
    for number in range(PROCESSES * KILLS_OF_EACH):
        write_some(voters, 5)
        victim = min(pods[0].children())  # the oldest: so each is killed in its turn
        os.kill(victim, signal.SIGKILL)
        if number == 1:
            server.kill()
            eventually(partial(waits_for_database, pods[0]), seconds=AWHILE)
            server.start()
        eventually(partial(is_replaced, pods[0], victim), seconds=AWHILE)
    write_some(voters, 5)
    for voter in voters:
        voter.end()
    assert [voter.wrong for voter in voters] == [[], [], []]

    for pod in pods:
        pod.set_clock(60 * MINUTE_MS)  # every pause of a delivery is over, and a round of pulls begins
    eventually(
        lambda: agreed(group, ada, bo) and not waits(ada, group) and not waits(bo, group),
        seconds=AWHILE,
        seen=lambda: [(sight(person, group), waiting(person, group)) for person in (ada, bo)],
    )
    logs = [logged(person, group) for person in (ada, bo)]
    acknowledged = [record for voter in voters for record in voter.acknowledged]
    assert logs[0] == logs[1]
    assert len(set(logs[0])) == len(logs[0])
    assert set(acknowledged) <= set(logs[0])
    print(f"{len(acknowledged)} acknowledged, all of them in a log of {len(logs[0])}")
    pods[0].stop()
    pods[0].run("rebuild", "--check")
