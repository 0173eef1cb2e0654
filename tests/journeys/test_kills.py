"""Pods are killed at random moments, most within 20 ms of a commit of theirs; nothing acknowledged is ever missing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.support.people import agreed, joined, waits
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

PODS = 3
KILLS: Final = 10 if os.environ.get("ALTHING_FULL") else 4
AWHILE: Final = 90  # on a machine that has much else to do
NEAR_SECONDS: Final = 0.02
MINUTE_MS: Final = 60_000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Writers:
    """One thread a person, voting on and on; `acknowledged` are the ids that each pod answered 201 for."""

    def __init__(self, group: str, post: str, people: list[Person]) -> None:
        self.group, self.post, self.people = group, post, people
        self.acknowledged: dict[str, list[str]] = {person.pod.host: [] for person in people}
        self.unexpected: list[BaseException] = []
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._vote_on, args=(person,)) for person in self.people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _vote_on(self, person: Person) -> None:
        for value in count(1):
            # A breath between two votes, so that commits, seals and deliveries alternate as they do in life.
            if self._over.wait(0.03):
                return
            wish = {"target": {"post": self.post}, "value": value % 1000}
            try:
                written = person.post(f"/api/v1/groups/{self.group}/votes", wish)
            except (OSError, ValueError):
                continue  # the pod is down, or died before it answered: nothing was acknowledged
            except RefusedByHttpError as error:
                self.unexpected.append(error)
                return
            self.acknowledged[person.pod.host].append(written["record"])

    def write_some(self, more: int) -> None:
        """Return when so many more were acknowledged, or something went wrong."""
        enough = self.count() + more
        eventually(lambda: self.count() >= enough or self.unexpected, seconds=AWHILE)

    def count(self) -> int:
        return sum(map(len, self.acknowledged.values()))


def commit_of(pod: ServedPod) -> tuple[int, int]:
    """Changes with each commit of the pod: its write-ahead log grows, or begins anew."""
    found = Path(pod.folder / "pod.sqlite-wal").stat()
    return found.st_mtime_ns, found.st_size


def await_commit(pod: ServedPod) -> None:
    """Return at the pod's next commit; a look takes microseconds, so nothing is missed by much."""
    before, end = commit_of(pod), time.monotonic() + 10
    while commit_of(pod) == before and time.monotonic() < end:
        pass


def strike(victim: ServedPod, watched: ServedPod, random: Random) -> str:
    """Kill `victim` within 20 ms after a commit of `watched`: its own, or one that it just caused elsewhere."""
    await_commit(watched)
    end = time.monotonic() + random.uniform(0, NEAR_SECONDS)
    while time.monotonic() < end:
        pass
    victim.kill()
    return f"{victim.host} within 20 ms of a commit of {watched.host}"


def missing(person: Person, group: str, records: list[str]) -> list[str]:
    """Those of the records that the person's pod doesn't have."""
    gone = []
    for record in records:
        try:
            person.get(f"/api/v1/groups/{group}/records/{record}")
        except RefusedByHttpError:
            gone.append(record)
    return gone


def logged(person: Person, group: str) -> list[str]:
    """The ids in the log, as the person's pod has it."""
    ids: list[str] = []
    while True:
        page = person.get(f"/api/v1/groups/{group}/log?from={len(ids)}&limit=500")["entries"]
        if not page:
            return ids
        ids += [entry["id"] for entry in page]


def settle(pods: list[ServedPod]) -> tuple[str, str, list[Person]]:
    """A group of three keepers on three pods with a post, seen alike by all."""
    people = [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True)]
    for pod in pods:
        pod.start()
    ada = people[0]
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert [joined(ada, group, person, 1000) for person in people[1:]] == [2, 3]
    eventually(lambda: agreed(group, *people))
    ada.post(f"/api/v1/groups/{group}/handovers", {"keepers": [1, 2, 3]})
    paragraphs = [{"style": "text", "text": "The well is dry."}]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
    eventually(lambda: agreed(group, *people), seconds=AWHILE)
    return group, post, people


def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(pods: list[ServedPod]) -> None:
    seed = int(os.environ.get("POD_SEED", "20261125"))
    random = Random(seed)
    group, post, people = settle(pods)
    writers = Writers(group, post, people)
    with writers.at_work():
        for _ in range(KILLS):
            writers.write_some(random.randint(3, 30))
            place = random.randrange(PODS)
            told = strike(pods[place], random.choice(pods), random)
            before = list(writers.acknowledged[pods[place].host])
            pods[place].start()
            print(f"seed {seed}: killed {told}; {len(before)} acknowledged there, {writers.count()} in all")
            assert missing(people[place], group, before) == []
    assert writers.unexpected == []

    for pod in pods:
        pod.set_clock(60 * MINUTE_MS)  # every pause of a delivery is over, and a round of pulls begins
    acknowledged = {record for records in writers.acknowledged.values() for record in records}
    eventually(lambda: agreed(group, *people) and not any(waits(one, group) for one in people), seconds=AWHILE)
    logs = [logged(person, group) for person in people]
    assert logs[1:] == logs[:-1]
    assert acknowledged - set(logs[0]) == set()
    print(f"seed {seed}: {len(acknowledged)} acknowledged, all of them in a log of {len(logs[0])}")
    for pod in pods:
        pod.kill()
        pod.run("rebuild", "--check")
