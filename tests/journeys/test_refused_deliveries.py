"""What a pod acknowledged outlives a delivery that is refused for good, and its author learns what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from random import Random
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import agreed, joined
from tests.support.relay import Relay, relaying
from tests.support.rig import PORT, Person, RefusedByHttpError, ServedPod, eventually

RELAYED = True
MINUTE_MS = 60_000
FULL = bool(os.environ.get("ALTHING_FULL"))
STEPS, SEEDS = (60, range(1, 6)) if FULL else (10, range(1, 2))
pytestmark = pytest.mark.timeout(1200 if FULL else 300)


class Pair:
    """ada's pod is the steward; bo lives on the other and weighs less each time."""

    def __init__(self, pods: list[ServedPod], relays: list[Relay]) -> None:
        self.steward, self.other = pods
        self.relays, self.relay = relays, relays[0]
        self.ada, self.bo = self.steward.sign_up("ada"), self.other.sign_up("bo")
        for pod in pods:
            pod.start()
        self.group = self.ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
        assert joined(self.ada, self.group, self.bo, 1000) == 2
        self.minutes = 0
        self.weight = 1000
        eventually(lambda: agreed(self.group, self.ada, self.bo))

    def lighter(self) -> str:
        """Bo takes some of his own weight away: the operation."""
        self.weight -= 1
        wish = {"do": "set-weight", "with": {"member": 2, "weight": self.weight}}
        return str(self.bo.post(f"/api/v1/groups/{self.group}/operations", wish)["record"])

    def renamed(self, name: str) -> str:
        """Ada gives the group another name: the operation."""
        wish = {"do": "set-policy", "with": {"name": name}}
        return str(self.ada.post(f"/api/v1/groups/{self.group}/operations", wish)["record"])

    def fate(self, operation: str, person: Person | None = None) -> Any:
        return (person or self.bo).get(f"/api/v1/groups/{self.group}/records/{operation}")

    def refused(self) -> bool:
        """Whether the other pod wrote down that a delivery is refused for good."""
        return "refused a delivery for good" in self.other.folder.with_suffix(".log").read_text()

    def a_minute_later(self) -> None:
        self.minutes += 1
        for pod in (self.steward, self.other):
            pod.set_clock(self.minutes * (MINUTE_MS + 1000))

    def forget_refusals(self) -> None:
        self.other.folder.with_suffix(".log").write_text("")


@pytest.fixture(scope="module")
def pair(pods: list[ServedPod]) -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(pods, [stack.enter_context(relaying(pod.named, PORT, pod.host)) for pod in pods])


def with_a_clock_ahead(pair: Pair) -> str:
    """Bo's pod acknowledges an operation while its clock is six minutes ahead, so its delivery is refused."""
    pair.forget_refusals()
    pair.other.set_clock(pair.minutes * (MINUTE_MS + 1000) + 6 * MINUTE_MS)
    operation = pair.lighter()
    eventually(pair.refused)
    pair.other.set_clock(pair.minutes * (MINUTE_MS + 1000))
    return operation


def test_k2_an_operation_that_was_refused_for_a_wrong_clock_is_sealed_after_a_pull(pair: Pair) -> None:
    operation = with_a_clock_ahead(pair)
    assert pair.fate(operation)["state"] == "waiting"

    pair.a_minute_later()

    seen = eventually(lambda: (fate := pair.fate(operation))["state"] == "settled" and fate)
    assert pair.ada.get(f"/api/v1/groups/{pair.group}/members/2")["weight"] == pair.weight
    assert pair.fate(seen["item"], pair.ada)["state"] == "chain"


def test_k2_an_operation_with_a_flipped_bit_on_its_way_is_sealed_after_a_pull(pair: Pair) -> None:
    flipped = pair.relay.flipped
    pair.relay.flip(1.0, seed=2)
    operation = pair.lighter()
    eventually(lambda: pair.relay.flipped > flipped)
    pair.relay.flip(0)

    pair.a_minute_later()

    eventually(lambda: pair.fate(operation)["state"] == "settled")


def test_k2_an_operation_that_became_void_waits_no_more_and_its_author_is_told(pair: Pair) -> None:
    overtaken = with_a_clock_ahead(pair)
    later = pair.lighter()  # by its counter it makes the one before void
    eventually(lambda: pair.fate(later)["state"] == "settled")

    fate = eventually(lambda: (seen := pair.fate(overtaken))["state"] == "void" and seen)
    assert fate["void"]["rule"] == "overtaken"
    browser = Browser(pair.other)
    browser.sign_in("bo")
    assert "A change that you asked for can&#39;t be made" in browser.get("/notifications").text
    assert pair.bo.get(f"/groups/{pair.group}/operations?from=0")["operations"] == []


class Storm:
    """Everything that parts, spoils, delays, kills or misleads the two pods, in an order that a seed gives."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair, self.random = pair, Random(seed)
        self.acknowledged: list[tuple[Person, str]] = []

    def step(self) -> None:
        self.random.choice([self._cut, self._swallow, self._flip, self._mislead, self._kill, self.calm])()
        for person, wish in ((self.pair.bo, self.pair.lighter), (self.pair.ada, self._rename)):
            with suppress(OSError, RefusedByHttpError):
                self.acknowledged.append((person, wish()))

    def calm(self) -> None:
        for relay in self.pair.relays:
            relay.flip(0)
            relay.open()
        for pod in (self.pair.steward, self.pair.other):
            pod.set_clock(self.pair.minutes * (MINUTE_MS + 1000))

    def is_over(self) -> bool:
        """Whether everything acknowledged is settled or void, and the pods agree."""
        fates = {self.pair.fate(operation, person)["state"] for person, operation in self.acknowledged}
        return fates <= {"settled", "void"} and agreed(self.pair.group, self.pair.ada, self.pair.bo)

    def _rename(self) -> str:
        return self.pair.renamed(f"Parish council {len(self.acknowledged)}")

    def _cut(self) -> None:
        self.random.choice(self.pair.relays).cut()

    def _swallow(self) -> None:
        self.random.choice(self.pair.relays).black_hole()

    def _flip(self) -> None:
        self.random.choice(self.pair.relays).flip(0.5, seed=self.random.randrange(1000))

    def _mislead(self) -> None:
        ahead = self.random.randrange(4, 8) * MINUTE_MS
        self.random.choice((self.pair.steward, self.pair.other)).set_clock(
            self.pair.minutes * (MINUTE_MS + 1000) + ahead
        )

    def _kill(self) -> None:
        pod = self.random.choice((self.pair.steward, self.pair.other))
        pod.kill()
        pod.start()


def within(minutes: int, pair: Pair, holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold while so many minutes pass at the pods."""
    for _ in range(minutes):
        pair.a_minute_later()
        with suppress(AssertionError):
            return bool(eventually(holds, seconds=5))
    return False


@pytest.mark.parametrize("seed", SEEDS)
def test_k2_no_operation_of_a_storm_is_left_unsealed(pair: Pair, seed: int) -> None:
    print(f"seed {seed}")
    storm = Storm(pair, seed)
    for _ in range(STEPS):
        storm.step()
    storm.calm()
    name = f"Parish council {len(storm.acknowledged)}"
    last = [pair.lighter(), pair.renamed(name)]
    storm.acknowledged += zip((pair.bo, pair.ada), last, strict=True)
    assert within(40, pair, storm.is_over), [pair.fate(own, who) for who, own in storm.acknowledged]
    seen = [person.get(f"/api/v1/groups/{pair.group}") for person in (pair.ada, pair.bo)]
    assert [(one["name"], one["members"][1]["weight"]) for one in seen] == [(name, pair.weight)] * 2
    states = [pair.fate(operation, person)["state"] for person, operation in storm.acknowledged]
    print(f"{states.count('settled')} of {len(states)} acknowledged operations settled, the others are void")
    assert states[-2:] == ["settled"] * 2
