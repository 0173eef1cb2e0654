"""Members read in their news that somebody gave them another weight, and whether what they proposed can be chosen."""

from __future__ import annotations

import pytest

from tests.pod.web.decisions.parish import DAY, HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod, propose=1000)


def news(parish: Parish, name: str) -> str:
    return parish.browser(name).get("/notifications").text


def test_dc_28_who_gets_another_weight_is_told_by_whom_and_nobody_else_is(parish: Parish) -> None:
    wish = {"do": "set-weight", "with": {"member": 2, "weight": 1500}}
    parish.people["ada"].post(f"/api/v1/groups/{parish.group}/operations", wish)
    eventually(lambda: "member 1 gave you another weight" in news(parish, "bo"))
    assert "another weight" not in news(parish, "cy")
    assert "another weight" not in news(parish, "ada")


def test_dc_28_who_proposed_is_told_once_whether_it_can_be_chosen(parish: Parish) -> None:
    poll = parish.ask("score", title="Which?", lengths={"proposals": HOUR, "voting": DAY, "contest": HOUR})
    path = f"/api/v1/groups/{parish.group}/polls/{poll}/proposals"
    eventually(lambda: parish.seen("bo", poll)["poll"]["phase"] == "proposals")
    parish.people["bo"].post(path, {"title": "A third well"})
    eventually(lambda: [one for one in parish.seen("bo", poll)["poll"]["options"] if one["title"] == "A third well"])
    assert "Your proposal" not in news(parish, "bo")
    parish.pass_time(HOUR + 1000)
    parish.reach(poll, "voting")
    text = eventually(lambda: "Your proposal stands" in (text := news(parish, "bo")) and text)
    assert text.count("Your proposal stands") == 1
    assert "Your proposal" not in news(parish, "ada")
