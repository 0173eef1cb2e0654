"""A hostile steward among four keepers: each lie is caught and shown, the job goes on to another pod, nothing is lost."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest

from protocol.keys import PrivateKey
from protocol.proofs import sign
from tests.support.hostile import Body, HostilePod, Sight, id_of, log_of, pending_on, serving
from tests.support.people import agreed, joined
from tests.support.relay import Relay, relaying
from tests.support.rig import PORT, Person, ServedPod, eventually, worker_number

PODS = 3
RELAYED = True
pytestmark = pytest.mark.timeout(300)
SEED = 20
MINUTE_MS = 60_000
HANDOVER_AFTER_MS = 30 * MINUTE_MS
AWHILE = 40


class Town:
    """ada, bo and cy on three honest pods, and mal, whose pod is a program of this test; all clocks go together."""

    def __init__(self, pods: list[ServedPod], relays: list[Relay], mal: HostilePod) -> None:
        self.pods, self.relays, self.mal = pods, relays, mal
        self.people = [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True)]
        for pod in pods:
            pod.start()
        self.minutes = 0

    def pass_minutes(self, minutes: int = 2) -> None:
        """All pods look after their groups once more."""
        self.minutes += minutes
        self.mal.offset_ms = self.minutes * MINUTE_MS
        for pod in self.pods:
            pod.set_clock(self.minutes * MINUTE_MS)

    def by_and_by(self, holds: Callable[[], Any], *, minutes: int = 2) -> Any:
        """What comes to hold while minutes pass: a keeper signs one handover a minute."""
        for _ in range(12):
            try:
                return eventually(holds, seconds=4)
            except AssertionError:
                self.pass_minutes(minutes)
        return eventually(holds, seconds=4)


class Council:
    """A group with four keepers, whose steward mal's pod became by an ordinary handover."""

    def __init__(self, town: Town, name: str) -> None:
        self.town, self.mal, self.pods, self.people = town, town.mal, town.pods, town.people
        ada, bo, cy = self.people
        self.values = iter(range(1, 1000))
        root = {"name": name, "weight": 3000, "handover_after": HANDOVER_AFTER_MS}
        self.group = ada.post("/api/v1/groups", root)["group"]
        assert [joined(ada, self.group, person, 1000) for person in (bo, cy)] == [2, 3]
        self.number = self.mal.joins(ada, self.group, 1000)
        ada.post(f"/api/v1/groups/{self.group}/handovers", {"keepers": [1, 2, 3, self.number]})
        paragraphs = [{"style": "text", "text": "The well is dry."}]
        written = ada.post(f"/api/v1/groups/{self.group}/posts", {"kind": "note", "paragraphs": paragraphs})
        self.post = written["record"]
        eventually(lambda: self.settled(2), seconds=AWHILE)
        town.pass_minutes()
        self.handover = self.mal.take_over(self.group, *self.pods)
        eventually(lambda: self.settled(2) and self.steward() == {self.mal.url}, seconds=AWHILE)
        self.mal.show(self.group, self.look())

    def look(self) -> Sight:
        return self.mal.look(self.group, *self.pods)

    def seen(self, person: Person) -> Body:
        return dict(person.get(f"/api/v1/groups/{self.group}"))

    def page(self, person: Person) -> str:
        with urllib.request.urlopen(f"{person.pod.door}/g/{self.group}", timeout=10) as answer:
            return str(answer.read().decode())

    def steward(self) -> set[str]:
        return {self.seen(person)["steward"] for person in self.people}

    def vote(self, person: Person) -> Body:
        """A vote of this person on the post, as it is signed."""
        wish = {"target": {"post": self.post}, "value": next(self.values)}
        record = person.post(f"/api/v1/groups/{self.group}/votes", wish)["record"]
        found: Body = person.get(f"/api/v1/groups/{self.group}/records/{record}")["record"]
        return found

    def settled(self, size: int) -> bool:
        """The honest pods hold the same, with a log of `size`, and all of it is final."""
        seen = [self.seen(person) for person in self.people]
        whole = all(one["settled_height"] == one["height"] and one["log"]["held"] == size for one in seen)
        return whole and agreed(self.group, *self.people)

    def heads(self, item: Body | str) -> bool:
        """Whether all honest pods follow this item, confirmed or not."""
        wanted = item if isinstance(item, str) else id_of(item)
        return {self.seen(person)["head"] for person in self.people} == {wanted}

    def tell(self, *records: Body) -> None:
        for pod in self.pods:
            assert set(self.mal.tell(pod, *records)) == {202}

    def is_freed(self, *, votes: int) -> None:
        """Another pod takes the job, everything written is logged, and the group goes on: new votes settle."""
        self.town.by_and_by(lambda: self.mal.url not in self.steward() and len(self.steward()) == 1, minutes=16)
        self.town.by_and_by(lambda: self.settled(2 + votes))
        for person in self.people:
            self.vote(person)
        self.town.by_and_by(lambda: self.settled(2 + votes + 3))
        assert self.mal.url not in self.steward()
        for person in self.people:
            assert self.seen(person)["doubts"] == []
            assert self.seen(person)["withheld"] == []
            assert len(self.entries(person)) == 2 + votes + 3
            assert len({id_of(entry) for entry in self.entries(person)}) == 2 + votes + 3
    

    def entries(self, person: Person) -> list[Body]:
        return list(person.get(f"/groups/{self.group}/log?from=0")["entries"])


@pytest.fixture(scope="module")
def town(pods: list[ServedPod]) -> Iterator[Town]:
    print(f"seed {SEED}")
    with ExitStack() as stack:
        relays = [stack.enter_context(relaying(pod.named, PORT, pod.host)) for pod in pods]
        mal = stack.enter_context(serving(HostilePod(f"127.77.{worker_number()}.9", f"mal {SEED}")))
        yield Town(pods, relays, mal)


def test_a_steward_that_seals_far_in_the_future_is_not_confirmed_and_replaced(town: Town) -> None:
    council = Council(town, "Future")
    mal = council.mal
    bo = council.people[1]
    vote = council.vote(bo)
    eventually(lambda: all(pending_on(pod, council.group) for pod in council.pods))
    sight = council.look()
    seal = mal.seal(sight, at=mal.now() + 5 * 60 * MINUTE_MS, log=sight.log(vote))
    mal.show(council.group, sight, seal, entries=[vote])

    council.tell(seal)

    eventually(lambda: council.heads(seal))
    for person in council.people:
        eventually(lambda person=person: council.seen(person)["log"]["held"] == 3)
        (doubt,) = council.seen(person)["doubts"]
        assert (doubt["item"], doubt["reason"]) == (id_of(seal), "The item's time is more than two minutes ahead.")
        assert "Not confirmed: item" in council.page(person)
        assert council.seen(person)["settled_height"] == sight.state.height
    council.is_freed(votes=1)
