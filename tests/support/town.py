"""A town of three honest pods and a hostile one, and councils in it that the hostile one has become the steward of."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Final

from protocol.proofs import sign
from tests.support.hostile import Body, HostilePod, Sight, id_of, pending_on
from tests.support.people import agreed, joined
from tests.support.relay import Relay
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

SEED: Final = 20
MINUTE_MS: Final = 60_000
HANDOVER_AFTER_MS: Final = 30 * MINUTE_MS
AWHILE: Final = 40


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
        self.waiting: list[Body] = []
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

    def waits(self, record: Body) -> None:
        """Have all honest pods hold a record that isn't logged."""
        eventually(lambda: all(record in pending_on(pod, self.group) for pod in self.pods))

    def something_sealed(self, *, of_record: bool) -> Callable[[Sight], Body]:
        """A vote of bo's or a wish of ada's that all honest pods hold; what a seal says that takes it in."""
        ada, bo, _ = self.people
        if of_record:
            self.waiting = [self.vote(bo)]
            self.waits(self.waiting[0])
            return lambda sight: {"log": sight.log(*self.waiting)}
        wish = {"do": "set-policy", "with": {"description": "Wells and roads"}}
        path = f"/api/v1/groups/{self.group}"
        known = f"{path}/records/{ada.post(f'{path}/operations', wish)['record']}"
        operation = ada.get(known)["record"]
        for pod in self.pods:
            eventually(partial(answers, f"{pod.door}{known}"))
        return lambda _: {"operations": [operation]}

    def hidden(self) -> Body:
        """A record of mal's that nobody was shown."""
        said = {"target": {"post": self.post}, "value": 1, "counter": next(self.values)}
        body = {"type": "Vote", "rules": 1, "group": self.group, "author": self.number, "key": 0, "at": self.mal.now()}
        return sign({**body, **said}, self.mal.signing(self.group))

    def forged(self, vote: Body) -> Body:
        """Another vote of the same author, which mal signed."""
        said = {name: value for name, value in vote.items() if name != "proof"}
        return sign({**said, "counter": 999}, self.mal.signing(self.group))

    def doubts(self, person: Person, item: Body, rule: str) -> bool:
        """Whether the person's pod says, also on its page, why it doesn't confirm the item."""
        found = self.seen(person)["doubts"]
        shown = [doubt["item"] for doubt in found] == [id_of(item)] and found[0]["rule"] == rule
        return shown and "Not confirmed: item" in self.page(person)

    def withholds(self, person: Person, record: Body) -> bool:
        """Whether the person's pod shows, also on its page, that the record is passed over."""
        found = [entry["record"] for entry in self.seen(person)["withheld"]]
        return found == [id_of(record)] and "Withheld: record" in self.page(person)

    def proves(self, person: Person, one: Body, other: Body) -> bool:
        """Whether the person's pod has these two as the only evidence, and says so on its page."""
        pairs = [(fault["kind"], {fault["first"], fault["second"]}) for fault in self.seen(person)["faults"]]
        return pairs == [("Seal", {id_of(one), id_of(other)})] and "Proven fault (Seal)" in self.page(person)

    def confirmed_by(self, person: Person, item: Body) -> set[int]:
        """Whose confirmation of an item the person's pod has."""
        acks = person.get(f"/groups/{self.group}/chain?from={item['height']}")["acks"]
        return {ack["keeper"] for ack in acks if ack["item"] == id_of(item)}

    def lower_than(self, rival: Body, sight: Sight, vote: Body) -> Body:
        """A seal that logs the vote, of a lower id than its rival's: where equally many confirm, it is preferred."""
        rng = Random(SEED)
        while True:
            seal = self.mal.seal(sight, log=sight.log(vote), at=rival["at"] + rng.randrange(MINUTE_MS))
            if id_of(seal) < id_of(rival):
                return seal

    def entries(self, person: Person) -> list[Body]:
        return list(person.get(f"/groups/{self.group}/log?from=0")["entries"])


def answers(url: str) -> bool:
    """Whether there is something at this address."""
    try:
        call("GET", url)
    except RefusedByHttpError:
        return False
    return True
