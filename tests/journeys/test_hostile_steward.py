"""A hostile steward among four keepers: each lie is caught and shown, another pod takes the job, nothing is lost."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from random import Random
from typing import Any

import pytest

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

    def waits(self, record: Body) -> None:
        """Have all honest pods hold a record that isn't logged."""
        eventually(lambda: all(record in pending_on(pod, self.group) for pod in self.pods))

    def hidden(self) -> Body:
        """A record of mal's that nobody was shown."""
        said = {"target": {"post": self.post}, "value": 1, "counter": next(self.values)}
        body = {"type": "Vote", "rules": 1, "group": self.group, "author": self.number, "key": 0, "at": self.mal.now()}
        return sign({**body, **said}, self.mal.signing(self.group))

    def forged(self, vote: Body) -> Body:
        """Another vote of the same author, which mal signed."""
        said = {name: value for name, value in vote.items() if name != "proof"}
        return sign({**said, "counter": 999}, self.mal.signing(self.group))

    def doubts(self, person: Person, item: Body, reason: str) -> bool:
        """Whether the person's pod says, also on its page, why it doesn't confirm the item."""
        found = self.seen(person)["doubts"]
        shown = [doubt["item"] for doubt in found] == [id_of(item)] and reason in found[0]["reason"]
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


def method_of(record: Body) -> str:
    return str(record["proof"]["verificationMethod"])


@pytest.fixture(scope="module")
def town(pods: list[ServedPod]) -> Iterator[Town]:
    print(f"seed {SEED}")
    with ExitStack() as stack:
        relays = [stack.enter_context(relaying(pod.named, PORT, pod.host)) for pod in pods]
        mal = stack.enter_context(serving(HostilePod(f"127.77.{worker_number()}.9", f"mal {SEED}")))
        yield Town(pods, relays, mal)


def test_a_steward_that_seals_far_in_the_future_is_not_confirmed_and_is_replaced(town: Town) -> None:
    council = Council(town, "Future")
    mal = council.mal
    vote = council.vote(council.people[1])
    council.waits(vote)
    sight = council.look()
    seal = mal.seal(sight, at=mal.now() + 5 * 60 * MINUTE_MS, log=sight.log(vote))
    mal.show(council.group, sight, seal, entries=[vote])

    council.tell(seal)

    eventually(lambda: council.heads(seal))
    for person in council.people:
        eventually(partial(council.doubts, person, seal, "more than two minutes ahead"))
        assert council.seen(person)["settled_height"] == sight.state.height
    town.pass_minutes(61)
    council.is_freed(votes=1)


def another_root(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """Commits to a record that it doesn't show."""
    return sight.log(council.hidden()), [*sight.entries, vote]


def a_rewritten_log(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """What stood first is replaced, and the root fits what it shows."""
    entries = [council.forged(vote), *sight.entries[1:], vote]
    return log_of(entries), entries


def another_root_of_the_same_size(_: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """Nothing is added, but the root is another."""
    entries = [vote, *sight.entries[1:]]
    return log_of(entries), entries


def a_record_logged_twice(_: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """The root fits, but what it logs stands in the log already."""
    entries = [*sight.entries, vote, sight.entries[0]]
    return log_of(entries), entries


def an_invented_record(council: Council, sight: Sight, vote: Body) -> tuple[Body, list[Body]]:
    """The root fits a record that its author never signed."""
    entries = [*sight.entries, vote, council.forged(vote)]
    return log_of(entries), entries


LIES = (another_root, a_rewritten_log, another_root_of_the_same_size, a_record_logged_twice, an_invented_record)


def test_a_steward_that_lies_about_the_log_is_not_confirmed_and_is_replaced(town: Town) -> None:
    told = []
    for lie in LIES:
        council = Council(town, lie.__name__)
        vote = council.vote(council.people[0])
        council.waits(vote)
        sight = council.look()
        log, entries = lie(council, sight, vote)
        seal = council.mal.seal(sight, log=log)
        council.mal.show(council.group, sight, seal).entries = entries
        council.tell(seal)
        told.append((council, sight, seal))
    town.pass_minutes(2)

    for council, sight, seal in told:
        assert council.heads(seal)
        for person in council.people:
            eventually(partial(council.doubts, person, seal, "log root"))
            assert council.seen(person)["settled_height"] == sight.state.height
    town.pass_minutes(62)
    for council, _, _ in told:
        council.is_freed(votes=1)


def test_a_steward_that_withholds_a_record_is_shown_and_replaced_though_others_are_logged(town: Town) -> None:
    council = Council(town, "Withheld")
    ada, bo, _ = council.people
    withheld = council.vote(bo)
    council.waits(withheld)
    for minutes in (11, 11):
        vote = council.vote(ada)
        council.waits(vote)
        sight = council.look()
        seal = council.mal.seal(sight, log=sight.log(vote))
        council.mal.show(council.group, sight, seal, entries=[vote])
        council.tell(seal)
        eventually(partial(council.settled, len(sight.entries) + 1))
        town.pass_minutes(minutes)

        for person in council.people:
            eventually(partial(council.withholds, person, withheld))
    assert council.steward() == {council.mal.url}
    town.pass_minutes(40)
    council.is_freed(votes=3)


def test_forged_operations_are_void_and_shown_and_keepers_hand_over_by_hand(town: Town) -> None:
    council = Council(town, "Forged")
    mal, bo = council.mal, council.people[1]
    vote = council.vote(bo)
    council.waits(vote)
    sight = council.look()
    wish = {"type": "Operation", "rules": 1, "group": council.group, "author": 1, "key": 0, "counter": 500}
    wish |= {"at": mal.now(), "do": "set-weight", "with": {"member": council.number, "weight": 3000}}
    forged = sign(wish, mal.signing(council.group))
    broken = {**forged, "proof": {**forged["proof"], "verificationMethod": method_of(vote)}}
    forgeries = [forged, broken, {"type": "Operation"}]
    weights = {one["number"]: one["weight"] for one in council.seen(bo)["members"]}
    seal = mal.seal(sight, operations=forgeries, log=sight.log(vote))
    mal.show(council.group, sight, seal, entries=[vote])

    council.tell(seal)

    eventually(lambda: council.heads(seal) and council.settled(3))
    for person in council.people:
        assert {one["number"]: one["weight"] for one in council.seen(person)["members"]} == weights
        items = person.get(f"/api/v1/groups/{council.group}/items?from={seal['height']}")["items"]
        assert [void["position"] for void in items[0]["void"]] == [0, 1, 2]
        assert all(void["reason"] for void in items[0]["void"])
    town.pass_minutes(2)
    bo.post(f"/api/v1/groups/{council.group}/handovers", {})
    eventually(lambda: council.steward() == {bo.pod.url})
    council.is_freed(votes=1)


def test_a_steward_that_seals_two_children_of_one_parent_jams_nobody(town: Town) -> None:
    """The pods of ada and bo confirm x, cy's confirms y, each logs what the other lacks; mal's word is for y."""
    council = Council(town, "Two-faced")
    mal, relay = council.mal, town.relays[2]
    ada, _, cy = council.people
    relay.cut()
    votes = [council.vote(ada), council.vote(cy)]
    sight = council.look()
    x = mal.seal(sight, log=sight.log(votes[0]))
    y = council.lower_than(x, sight, votes[1])
    mal.show(council.group, sight, x, entries=votes[:1])
    assert [status for pod in council.pods[:2] for status in mal.tell(pod, x)] == [202, 202]
    eventually(lambda: council.confirmed_by(ada, x) == {1, 2})
    mal.show(council.group, sight, y, entries=votes[1:])
    assert mal.tell(council.pods[2], y) == [202]
    eventually(lambda: council.confirmed_by(cy, y) == {3})
    council.tell(mal.ack(sight.state, y, council.number))
    relay.open()
    town.pass_minutes(2)

    for person in council.people:
        eventually(partial(council.proves, person, x, y))
        assert council.seen(person)["settled_height"] == sight.state.height
    assert council.heads(y), "who confirmed x may not sign on the branch that all prefer"
    town.pass_minutes(62)
    council.is_freed(votes=2)
    assert {id_of(vote) for vote in votes} <= {id_of(entry) for entry in council.entries(cy)}
