"""A recovery with the words in the middle of a switch wins it, and a switch whose new pod dies thaws by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from models.moving.departures import FREEZE_MS
from pod.actions.fediverse.actors import POD, actor_keys
from pod.rules.accounts import AccountRule
from pod.rules.switches import SwitchRule
from protocol.errors import RefusedError
from tests.support.browsing import Browser
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import check_unseen
from tests.support.moving_by_pages import led_to
from tests.support.people import agreed, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, call, eventually

pytestmark = pytest.mark.slow

PODS: Final = 4
LOOKS: Final = ("en-scripts",)
PLANNED: Final = "This is what would be copied. Nothing is copied yet, and a copy changes nothing for anybody."
WHOLE: Final = "The copy is whole: each line here is the one there."
ELSEWHERE: Final = (
    "Your account was recovered elsewhere with the 24 words, and the move has stopped. Your home is there."
)
SWITCH: Final = "/move/switching"
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": "The well is dry."}]}


@dataclass
class Vale:
    """ada moves from alpha to beta; bo's groups are at gamma; her words are typed at delta."""

    alpha: ServedPod
    beta: ServedPod
    delta: ServedPod
    ada: Person
    bo: Person
    parish: str  # bo's, public
    post: str
    browser: ChromiumVisitor
    offset_ms: int = 0

    @property
    def own(self) -> str:
        return str(self.ada.account["personal_group"])

    def at(self, pod: ServedPod) -> ChromiumVisitor:
        self.browser.pod = pod
        return self.browser

    def passes(self, ms: int) -> None:
        self.offset_ms += ms
        for pod in (self.alpha, self.beta, self.bo.pod, self.delta):
            pod.set_clock(self.offset_ms)

    def agrees(self) -> None:
        """Ada agrees to the switch at the old pod, and comes back to the new one."""
        browser = self.at(self.beta)
        page = led_to(browser.submit(browser.get(SWITCH), SWITCH))
        self.at(self.alpha)
        assert browser.submit(browser.get(page), page, handle="ada").path == SWITCH
        self.at(self.beta)

    def votes(self, value: int) -> None:
        self.ada.post(f"/api/v1/groups/{self.parish}/votes", {"target": {"post": self.post}, "value": value})


def members(person: Person, group: str) -> list[tuple[int, int, str]]:
    return [(one["number"], one["weight"], one["pod"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def posts(person: Person, group: str) -> set[str]:
    return {entry["post"] for entry in person.get(f"/api/v1/groups/{group}/posts")["posts"]}


@pytest.fixture(scope="module")
def vale(pods: list[ServedPod], visitor: Callable[[ServedPod], ChromiumVisitor]) -> Vale:
    alpha, beta, gamma, delta = pods
    ada, bo = alpha.sign_up("ada"), gamma.sign_up("bo")
    for pod in pods:
        pod.act(lambda deps: actor_keys(deps, POD))
        pod.start()
    parish = bo.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    assert joined(bo, parish, ada, 1000) == 2
    post = bo.post(f"/api/v1/groups/{parish}/posts", NOTE)["record"]
    ada.post(f"/api/v1/groups/{ada.account['personal_group']}/posts", NOTE)
    eventually(lambda: agreed(parish, ada, bo))
    browser = visitor(alpha).sign_in("ada")
    browser.pod = beta
    found = browser.submit(browser.get("/move"), "/move", account=f"{alpha.url}/@ada")
    page = led_to(browser.submit(found, "/move/ask"))
    browser.pod = alpha
    browser.submit(browser.get(page), page, host=beta.url.partition("://")[2])
    browser.pod = beta
    browser.submit(browser.awaits("/move/journey", PLANNED), "/move/start", name="ada")
    browser.awaits("/move/journey", WHOLE)
    check_unseen(beta, ada)
    return Vale(alpha, beta, delta, ada, bo, parish, post, browser)


def test_mg_02_ten_minutes_thaw_an_account_whose_new_pod_died_in_mid_switch(vale: Vale) -> None:
    vale.bo.pod.kill()
    vale.votes(500)  # waits for the log of the parish, and the switch with it
    vale.agrees()
    vale.browser.awaits(SWITCH, SwitchRule.NOT_DRAINED)
    vale.beta.kill()
    with pytest.raises(RefusedByHttpError, match="moving"):
        vale.votes(400)
    vale.bo.pod.start()
    vale.passes(FREEZE_MS)
    vale.votes(300)
    eventually(lambda: not vale.bo.get(f"/groups/{vale.parish}/pending?from=0")["records"])
    vale.beta.start()
    stopped = vale.browser.awaits(SWITCH, SwitchRule.NOT_IN_TIME)
    assert "/move/switching" in {form.action for form in stopped.forms}, "it may be begun anew at once"
    assert [pod for _, _, pod in members(vale.bo, vale.parish)] == [vale.bo.pod.url, vale.alpha.url]
    assert Browser(vale.beta).get("/@ada").status == 404


def test_mg_02_a_recovery_at_a_third_pod_in_the_middle_of_a_switch_wins_and_nothing_is_half_moved(vale: Vale) -> None:
    ada, bo, browser = vale.ada, vale.bo, vale.browser
    before = [(number, weight) for number, weight, _ in members(bo, vale.parish)]
    mine = posts(ada, vale.own)
    bo.pod.kill()
    vale.votes(200)
    vale.agrees()
    browser.awaits(SWITCH, SwitchRule.NOT_DRAINED)
    with pytest.raises(RefusedError) as taken:
        vale.beta.sign_up("ada")
    assert taken.value.refused.rule is AccountRule.NAME_TAKEN
    words: dict[str, Any] = {
        "name": "ada",
        "phrase": ada.account["phrase"],
        "groups": [{"group": vale.own, "pod": vale.alpha.url}],
    }
    answered = call("POST", f"{vale.delta.url}/api/v1/recoveries", words, seconds=60)
    again = Person(vale.delta, {**ada.account, "token": answered["token"]})

    stopped = browser.awaits("/move/journey", ELSEWHERE)
    assert "/move/again" not in {form.action for form in stopped.forms}, "nothing goes on here"
    vale.at(vale.alpha)
    assert browser.says(browser.get("/settings/leaving"), ELSEWHERE)
    vale.at(vale.beta)
    bo.pod.start()
    words["groups"] += [{"group": vale.parish, "pod": bo.pod.url}]
    call("POST", f"{vale.delta.url}/api/v1/recoveries", words, seconds=60)
    eventually(lambda: members(bo, vale.parish) == [(*before[0], bo.pod.url), (*before[1], vale.delta.url)])
    eventually(lambda: agreed(vale.parish, again, bo))
    assert posts(again, vale.own) == mine
    said = again.post(f"/api/v1/groups/{vale.parish}/posts", NOTE)["record"]
    eventually(lambda: said in posts(bo, vale.parish))
    assert Browser(vale.beta).get("/@ada").status == 404
    with pytest.raises(RefusedByHttpError):
        vale.votes(100)
