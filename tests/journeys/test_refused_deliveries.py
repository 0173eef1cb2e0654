"""What a pod acknowledged outlives a delivery that is refused for good, and its author learns what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import agreed, joined
from tests.support.relay import Relay, relaying
from tests.support.rig import PORT, Person, ServedPod, eventually

RELAYED = True
pytestmark = pytest.mark.timeout(300)
MINUTE_MS = 60_000


class Pair:
    """ada's pod is the steward; bo lives on the other and weighs less each time."""

    def __init__(self, pods: list[ServedPod], relays: list[Relay]) -> None:
        self.steward, self.other = pods
        self.relay = relays[0]
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
