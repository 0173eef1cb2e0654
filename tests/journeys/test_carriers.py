"""What nobody understands yet is carried: two pods bring it from one that is gone to one that never met it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.people import agreed, joined, settled_sizes
from tests.support.rig import Person, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 4
UNKNOWN = {"type": "Tomorrow", "says": {"anything": [1, "x", {"deep": True}]}, "in": "any script: åäö"}


def entries(person: Person, group: str) -> list[dict[str, Any]]:
    return list(person.get(f"/groups/{group}/log?from=0")["entries"])


def test_two_pods_carry_an_unknown_type_between_a_third_and_a_fourth(pods: list[ServedPod]) -> None:
    people = [pod.sign_up(name) for pod, name in zip(pods, ("ada", "bo", "cy", "di"), strict=True)]
    ada, bo, cy, di = people
    for pod in pods[:3]:
        pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert [joined(ada, group, person, 1000) for person in (bo, cy)] == [2, 3]
    eventually(lambda: agreed(group, ada, bo, cy))
    written = cy.post(f"/api/v1/groups/{group}/records", UNKNOWN)["record"]
    eventually(lambda: settled_sizes(group, 1, ada, bo, cy))
    signed = cy.get(f"/api/v1/groups/{group}/records/{written}")["record"]
    pods[2].kill()

    # bo's pod isn't the steward: whoever holds a record passes it on.
    pods[3].start()
    di.post(f"/api/v1/groups/{group}/pulls", {"pod": bo.pod.url})

    eventually(lambda: agreed(group, ada, bo, di))
    assert entries(di, group) == entries(bo, group) == entries(ada, group) == [signed]
    assert {name: signed[name] for name in UNKNOWN} == UNKNOWN
    assert di.get(f"/api/v1/groups/{group}/records/{written}")["record"] == signed
    pods[3].kill()
    pods[3].run("rebuild", "--check")
    pods[3].run("group", "verify", group)
