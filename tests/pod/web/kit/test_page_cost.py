"""A page costs the same however much was written in its group before: told as a ratio, measured side by side."""

from __future__ import annotations

import time
from itertools import cycle

import pytest

from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod, eventually

FEW, MANY = 60, 600  # a page shows 50
ROUNDS = 20
SLACK_SECONDS = 0.02  # what a neighbour on the machine may take of even the best of the rounds


@pytest.fixture(scope="module")
def groups(pod: ServedPod) -> tuple[ServedPod, dict[int, str]]:
    ada = pod.sign_up("ada")
    pod.start()
    return pod, {count: written(ada, count) for count in (FEW, MANY)}


def written(person: Person, posts: int) -> str:
    group = str(person.post("/api/v1/groups", {"name": f"Group of {posts}"})["group"])
    for number in range(posts):
        paragraphs = [{"style": "text", "text": f"Sentence {number}."}]
        person.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})
    eventually(lambda: person.get(f"/api/v1/groups/{group}")["log"]["size"] == 2 * posts, seconds=60)
    return group


@pytest.mark.slow
@pytest.mark.parametrize("page", ["", "/log", "/members", "/chain", "/about"])
def test_a_members_page_costs_the_same_after_ten_times_the_posts(
    groups: tuple[ServedPod, dict[int, str]], page: str
) -> None:
    pod, by_count = groups
    ada = Browser(pod).sign_in("ada")
    least = dict.fromkeys(by_count, float("inf"))
    for count, _ in zip(cycle(by_count), range(len(by_count) * ROUNDS), strict=False):
        began = time.perf_counter()
        answer = ada.get(f"/g/{by_count[count]}{page}")
        least[count] = min(least[count], time.perf_counter() - began)
        assert answer.status == 200
    print(f"{page or 'posts'}: {1000 * least[FEW]:.1f} ms after {FEW} posts, {1000 * least[MANY]:.1f} after {MANY}")
    assert least[MANY] < 2 * least[FEW] + SLACK_SECONDS
