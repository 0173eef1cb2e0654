"""A pod that comes late to a group of any length pulls it to its end, and goes on where it was cut off."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from math import ceil
from time import monotonic as steady
from typing import Any

import pytest

from pod.actions.sync.page_budget import ENTRIES
from tests.support.long_group import LongGroup
from tests.support.rig import Person, ServedPod, call, eventually

# ALTHING_FULL=1: the length that is promised, 20,000 items and 100,000 records.
FULL = bool(os.environ.get("ALTHING_FULL"))
LENGTHS = [(5000, 25_000), (20_000, 100_000)] if FULL else [(2600, 5200)]
AROUND = 8  # requests that aren't a page's: the root, looks from the anchor, rounds
SECONDS = 3600.0 if FULL else 600.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(10_000 if FULL else 900)]


def held(pod: ServedPod, group: str) -> tuple[int, int, int]:
    """(height of the head, height of the anchor, entries of the log) at a pod."""
    seen = call("GET", f"{pod.door}/api/v1/groups/{group}", seconds=60)
    return seen["height"], seen["settled_height"], seen["log"]["held"]


def asked_for(pod: ServedPod, name: str) -> int:
    """How many pages of a list a pod gave."""
    return pod.folder.with_suffix(".log").read_text().count(f"route='/groups/{{group}}/{name}'")


def pull(person: Person, group: str, source: ServedPod) -> None:
    """Have a pod pull; that it is killed meanwhile is no fault."""
    path = f"{person.pod.door}/api/v1/groups/{group}/pulls"
    with suppress(OSError):
        call("POST", path, {"pod": source.url}, token=person.account["token"], seconds=SECONDS)


@pytest.fixture(scope="module")
def people(pods: list[ServedPod]) -> list[Person]:
    return [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo"), strict=True)]


def restarted(pod: ServedPod) -> None:
    pod.kill()
    pod.start()


def test_k1_a_pod_that_comes_late_to_a_thousand_items_gets_them_all(
    pods: list[ServedPod], people: list[Person]
) -> None:
    old, late = pods
    long = LongGroup(old, "long", items=1020, entries=1100)
    for pod in pods:
        restarted(pod)
    pull(people[1], long.group, old)
    eventually(lambda: held(late, long.group) == (1020, 1020, 1100))


def test_k1_items_that_nobody_settled_are_pulled_once_and_not_again_with_every_look(
    pods: list[ServedPod], people: list[Person]
) -> None:
    old, late = pods
    old.kill()
    long = LongGroup(old, "unsettled", items=1200, entries=0, settled=False)
    restarted(old)
    before = asked_for(old, "chain")
    pull(people[1], long.group, old)
    eventually(lambda: held(late, long.group)[0] == 1200)
    pulled = asked_for(old, "chain") - before
    assert pulled <= ceil(1200 / (ENTRIES - 1)) + AROUND
    pull(people[1], long.group, old)
    assert asked_for(old, "chain") - before - pulled <= 2


@pytest.mark.parametrize(("items", "entries"), LENGTHS)
def test_k1_a_pod_that_is_killed_on_the_way_goes_on_where_it_stopped(
    pods: list[ServedPod], people: list[Person], items: int, entries: int
) -> None:
    old, late = pods
    old.kill()
    long = LongGroup(old, f"long {items}", items, entries)
    for pod in pods:
        restarted(pod)
    counts = {name: -asked_for(old, name) for name in ("chain", "log")}
    began = steady()
    with ThreadPoolExecutor(1) as thread:
        for reached in (lambda seen: seen[0] >= items // 3, lambda seen: seen[2] >= entries // 3):
            going = thread.submit(pull, people[1], long.group, old)

            def there(reached: Any = reached) -> Any:
                with suppress(AssertionError, OSError):  # before it answers, and while the group isn't known
                    return reached(held(late, long.group))
                return False

            eventually(there, seconds=SECONDS)
            late.kill()
            going.result()
            late.start()
    eventually(lambda: held(late, long.group) == (items, items, entries), seconds=SECONDS)
    print(f"{items} items and {entries} records joined in {steady() - began:.0f} s")
    counts = {name: count + asked_for(old, name) for name, count in counts.items()}
    # Nothing is asked for twice but the page that a kill cut off: the work is as long as the lists are.
    assert counts["chain"] <= ceil(items / (ENTRIES - 1)) + 2 * AROUND
    assert counts["log"] <= ceil(entries / ENTRIES) + 2 * AROUND
    late.kill()
    late.run("rebuild", "--check")
