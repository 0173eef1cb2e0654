"""The steward's job moves by command and by timer; the group goes on when its steward is gone for good."""

from __future__ import annotations

import pytest

from tests.support.people import agreed, joined, log_size, settled_sizes
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 3
MINUTE_MS = 60_000
DAY_MS = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def council(pods: list[ServedPod]) -> tuple[str, list[Person], str]:
    """A group of three on three pods, all keepers; ada's pod is the steward. With a post of ada's."""
    people = [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy"), strict=True)]
    for pod in pods:
        pod.start()
    ada, bo, cy = people
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert [joined(ada, group, person, 1000) for person in (bo, cy)] == [2, 3]
    eventually(lambda: agreed(group, *people))
    ada.post(f"/api/v1/groups/{group}/handovers", {"keepers": [1, 2, 3]})
    eventually(lambda: agreed(group, *people) and keepers(cy, group) == [1, 2, 3])
    paragraphs = [{"style": "text", "text": "The well is dry."}]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
    eventually(lambda: settled_sizes(group, 2, *people) and all(settled(person, group) for person in people))
    return group, people, post


def keepers(person: Person, group: str) -> list[int]:
    return list(person.get(f"/api/v1/groups/{group}")["keepers"])


def steward(person: Person, group: str) -> str:
    return str(person.get(f"/api/v1/groups/{group}")["steward"])


def settled(person: Person, group: str) -> bool:
    seen = person.get(f"/api/v1/groups/{group}")
    return bool(seen["settled_height"] == seen["height"])


def test_a_keeper_takes_the_job_by_command_and_the_quorum_settles_it(
    council: tuple[str, list[Person], str], pods: list[ServedPod]
) -> None:
    group, people, _ = council
    _, bo, cy = people
    for pod in pods:
        pod.set_clock(2 * MINUTE_MS)  # a keeper signs at most one handover a minute

    bo.post(f"/api/v1/groups/{group}/handovers", {})

    eventually(lambda: {steward(person, group) for person in people} == {bo.pod.url})
    eventually(lambda: agreed(group, *people) and settled(cy, group))


def test_who_keeps_nothing_hands_nothing_over(council: tuple[str, list[Person], str], pods: list[ServedPod]) -> None:
    group, people, _ = council
    stranger = pods[0].sign_up("eve")
    before = steward(people[0], group)

    with pytest.raises(RefusedByHttpError, match="not_keeper") as refused:
        stranger.post(f"/api/v1/groups/{group}/handovers", {})

    assert refused.value.status == 403
    assert steward(people[0], group) == before


def test_a_steward_gone_for_good_is_replaced_by_timer_and_the_group_goes_on(
    council: tuple[str, list[Person], str], pods: list[ServedPod]
) -> None:
    group, people, post = council
    living = [person for person in people if person.pod.url != steward(people[0], group)]
    dead = next(pod for pod in pods if pod.url == steward(people[0], group))
    eventually(lambda: agreed(group, *people) and all(settled(person, group) for person in people))
    before = log_size(living[0], group)
    dead.kill()
    living[0].post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": 500})

    for days in (1.1, 2.2, 3.3):
        for pod in pods:
            pod.set_clock(int(days * DAY_MS))

    eventually(lambda: steward(living[0], group) != dead.url, seconds=60)
    eventually(lambda: settled_sizes(group, before + 1, *living), seconds=60)
    eventually(lambda: all(settled(person, group) for person in living), seconds=60)
