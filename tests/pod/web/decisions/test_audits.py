"""What other groups say is wrong with a poll stands beside its result: who, what, when, and the signed item."""

from __future__ import annotations

import re

import pytest

from tests.pod.web.decisions.parish import HOUR, Parish, settle
from tests.support.rig import ServedPod, eventually


@pytest.fixture(scope="module")
def parish(pod: ServedPod) -> Parish:
    return settle(pod)


def test_dc_17_an_audit_stands_on_the_result_for_whoever_may_read_the_group_that_says_it(parish: Parish) -> None:
    ada, bo = parish.people["ada"], parish.people["bo"]
    union = ada.post("/api/v1/groups", {"name": "Union of parishes", "weight": 3000})["group"]
    lodge = bo.post("/api/v1/groups", {"name": "Lodge", "visibility": "private", "weight": 3000})["group"]
    poll = parish.ask(title="Well counted?", lengths={"voting": HOUR, "contest": HOUR})
    parish.cast("cy", poll, choice="yes")
    parish.logged("cy", poll)
    for person, group, reason in ((ada, union, "The <roll> was short."), (bo, lodge, "Whispered heliotrope.")):
        person.post(f"/api/v1/groups/{group}/audits", {"group": parish.group, "poll": poll, "reason": reason})
    other = {"group": union, "poll": poll, "reason": "About a group whose poll it isn't."}
    ada.post(f"/api/v1/groups/{union}/audits", other)
    assert parish.seen("ada", poll)["audits"] == []  # there is no result yet
    parish.pass_time(HOUR + 1000)
    parish.reach(poll, "provisional", "final")
    eventually(lambda: parish.seen("bo", poll)["audits"][1:])

    page = parish.browser().get(parish.path(poll))
    assert "What other groups say is wrong with it" in page.text
    assert "The &lt;roll&gt; was short." in page.text
    assert "Union of parishes" in page.text
    assert "heliotrope" not in page.text
    assert "whose poll it isn&#39;t" not in page.text
    (item,) = re.findall(rf'href="(/g/{union}/chain/\d+)"', page.text)
    assert "The <roll> was short." in parish.browser().get(item).text
    assert "heliotrope" in parish.browser("bo").get(parish.path(poll)).text
    (audit,) = parish.seen("ada", poll)["audits"]
    assert (audit["group"], audit["author"], audit["reason"]) == (union, 1, "The <roll> was short.")
    assert f"/g/{union}/chain/{audit['height']}" == item
    file = parish.browser().get(parish.path(poll, "/result.json"))
    assert audit["item"] in file.text
    assert "heliotrope" not in file.text
