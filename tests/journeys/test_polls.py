"""A group on two pods decides: what is asked on one, answered on both, counted alike by each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

ENGINES = ("sqlite", "processes")
HOUR = 3_600_000


@pytest.fixture(scope="module")
def community(pods: list[ServedPod]) -> tuple[str, Person, Person, Person]:
    """A group of ada (pod 1, founder), bo and cia (pod 2)."""
    here, there = pods
    for pod in pods:
        pod.set_clock(0)
    ada, bo, cia = here.sign_up("ada"), there.sign_up("bo"), there.sign_up("cia")
    here.start()
    there.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert joined(ada, group, bo, 2000) == 2
    assert joined(ada, group, cia, 1000) == 3
    return group, ada, bo, cia


def ask(person: Person, group: str, **said: Any) -> str:
    wish = {"kind": "for-against", "title": "Dig deeper?", "lengths": {"voting": HOUR, "contest": HOUR}, **said}
    return str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])


def seen(person: Person, group: str, poll: str) -> dict[str, Any]:
    answer: dict[str, Any] = person.get(f"/api/v1/groups/{group}/polls/{poll}")
    return answer


def phase(person: Person, group: str, poll: str) -> str:
    try:
        return str(seen(person, group, poll)["poll"]["phase"])
    except RefusedByHttpError:
        return ""


def test_dc_01_two_pods_open_answer_close_and_count_a_poll_alike(
    community: tuple[str, Person, Person, Person], pods: list[ServedPod]
) -> None:
    group, ada, bo, cia = community
    poll = ask(ada, group)
    eventually(lambda: {phase(person, group, poll) for person in (ada, bo)} == {"voting"})
    assert [seen(person, group, poll)["on_roll"] for person in (ada, bo, cia)] == [True, True, True]

    ada.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    bo.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    bo.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "no"})
    cia.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "no"})
    eventually(lambda: agreed(group, ada, bo))
    assert seen(bo, group, poll)["result"] is None
    for pod in pods:
        pod.set_clock(HOUR + 1000)

    eventually(lambda: {phase(person, group, poll) for person in (ada, bo)} == {"provisional"})
    results = [seen(person, group, poll)["result"] for person in (ada, bo)]
    assert results[0] == results[1]
    assert [(one["id"], one["support"]["direct"]) for one in results[0]["options"]] == [("yes", 1), ("no", 2)]
    assert results[0]["winners"] == []
    with pytest.raises(RefusedByHttpError) as refusal:
        cia.post(f"/api/v1/groups/{group}/polls/{poll}/ballots", {"choice": "yes"})
    assert refusal.value.problem["rule"] == "not_now"
