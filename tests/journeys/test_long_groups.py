"""A pod that comes late to a group of any length pulls it to its end, and goes on where it was cut off."""

from __future__ import annotations

import pytest

from tests.support.long_group import LongGroup
from tests.support.rig import ServedPod, call, eventually

pytestmark = pytest.mark.timeout(300)


def held(pod: ServedPod, group: str) -> tuple[int, int, int]:
    """(height of the head, height of the anchor, entries of the log) at a pod."""
    seen = call("GET", f"{pod.door}/api/v1/groups/{group}")
    return seen["height"], seen["settled_height"], seen["log"]["held"]


def test_k1_a_pod_that_comes_late_to_a_thousand_items_gets_them_all(pods: list[ServedPod]) -> None:
    old, late = pods
    long = LongGroup(old, "long", items=1020, entries=1100)
    bo = late.sign_up("bo")
    for pod in pods:
        pod.start()
    bo.post(f"/api/v1/groups/{long.group}/pulls", {"pod": old.url})
    eventually(lambda: held(late, long.group) == (1020, 1020, 1100))
