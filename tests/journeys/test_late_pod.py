"""A pod that comes late pulls the whole past: also what was written by people who have left, and by keys replaced."""

from __future__ import annotations

import pytest

from tests.support.people import agreed, joined
from tests.support.rig import ServedPod, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_what_somebody_wrote_before_leaving_comes_to_a_pod_that_pulls_later(pods: list[ServedPod]) -> None:
    old, late = pods
    ada, eve, bo = old.sign_up("ada"), old.sign_up("eve"), late.sign_up("bo")
    for pod in pods:
        pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
    assert joined(ada, group, eve, 1000) == 2
    paragraphs = [{"style": "text", "text": "I was here."}]
    post = eve.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
    eventually(lambda: len(ada.get(f"/groups/{group}/log?from=0")["entries"]) == 2)
    eve.post(f"/api/v1/groups/{group}/operations", {"do": "leave", "with": {}})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}/members/2")["left"])

    bo.post(f"/api/v1/groups/{group}/pulls", {"pod": old.url})

    eventually(lambda: agreed(group, ada, bo))
    assert bo.get(f"/groups/{group}/log?from=0") == ada.get(f"/groups/{group}/log?from=0")
    assert bo.get(f"/api/v1/groups/{group}/posts/{post}") == ada.get(f"/api/v1/groups/{group}/posts/{post}")
    late.kill()
    late.run("rebuild", "--check")
    late.run("group", "verify", group)
