"""A person moves by the pages while pods of their groups are away: what waits is named, and each thing has a way on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pod.rules.switches import SwitchRule
from tests.support.chromium_visitor import ChromiumVisitor
from tests.support.moved import check_unseen
from tests.support.moving_by_pages import led_to
from tests.support.people import agreed, anew, joined
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

pytestmark = pytest.mark.slow

PODS = 4
LOOKS = ("sv-scripts",)
STEP_MS = 121_000
PLANNED = "This is what would be copied. Nothing is copied yet, and a copy changes nothing for anybody."
TEXT = "The well is dry."
LOST = (
    "A group that is let go because it stands still gets nothing of what its log doesn't have yet: "
    "that isn't written anew, and is lost."
)
NOTE: dict[str, Any] = {"kind": "note", "paragraphs": [{"style": "text", "text": TEXT}]}


@dataclass
class Village:
    """ada (alpha) moves to beta; bo lives at gamma, cy at delta, and both of their pods go away meanwhile."""

    pods: list[ServedPod]
    ada: Person
    bo: Person
    cy: Person
    parish: str  # bo's, public
    choir: str  # bo's, public: ada is black-listed there meanwhile
    inn: str  # bo's, kept by bo, cy and ada

    @property
    def away(self) -> list[ServedPod]:
        return [self.bo.pod, self.cy.pod]

    def set_clocks(self, offset_ms: int) -> None:
        for pod in self.pods:
            pod.set_clock(offset_ms)


@pytest.fixture(scope="module")
def village(pods: list[ServedPod]) -> Village:
    alpha, _, gamma, delta = pods
    ada, bo, cy = alpha.sign_up("ada"), gamma.sign_up("bo"), delta.sign_up("cy")
    for pod in pods:
        pod.start()
    parish, choir, inn = (
        str(bo.post("/api/v1/groups", {"name": name, "weight": 3000})["group"]) for name in ("Parish", "Choir", "Inn")
    )
    for group in (parish, choir):
        assert joined(bo, group, ada, 1000) == 2
    assert [joined(bo, inn, person, 1000) for person in (cy, ada)] == [2, 3]
    bo.post(f"/api/v1/groups/{inn}/handovers", {"keepers": [1, 2, 3]})
    eventually(lambda: agreed(inn, ada, bo, cy) and agreed(parish, ada, bo) and agreed(choir, ada, bo))
    return Village(pods, ada, bo, cy, parish, choir, inn)


def members(person: Person, group: str) -> list[tuple[int, int]]:
    return [(one["number"], one["weight"]) for one in person.get(f"/api/v1/groups/{group}")["members"]]


def posts(person: Person, group: str) -> dict[str, int]:
    """The score of each post."""
    return {one["post"]: one["score"] for one in person.get(f"/api/v1/groups/{group}/posts")["posts"]}


def membership(person: Person, group: str) -> Any:
    found = person.get("/api/v1/me")["memberships"]
    return next((one["state"], one["number"]) for one in found if one["group"] == group)


def copied(browser: ChromiumVisitor, village: Village) -> None:
    """The account lies at the new pod, each line compared."""
    alpha, beta, *_ = village.pods
    found = browser.submit(browser.get("/move"), "/move", account=f"{alpha.url}/@ada")
    asked = browser.submit(found, "/move/ask")
    page = led_to(asked)
    browser.submit(browser.follow(asked, page), page, host=beta.url.partition("://")[2], private="true")
    browser.submit(browser.awaits("/move/journey", PLANNED), "/move/start", name="ada")
    browser.awaits("/move/journey", "The copy is whole: each line here is the one there.")
    check_unseen(beta, village.ada)


@pytest.fixture(scope="module")
def browser(village: Village, visitor: Callable[[ServedPod], ChromiumVisitor]) -> ChromiumVisitor:
    """Ada's, at the new pod, where her copy is whole; then bo black-lists her in the choir, and two pods go away."""
    alpha, beta, *_ = village.pods
    browser = visitor(alpha).sign_in("ada")
    browser.pod = beta
    copied(browser, village)
    village.set_clocks(STEP_MS)  # a keeper signs at most one handover a minute
    bo, choir = village.bo, village.choir
    black = {"type": "Operation", "do": "set-weight", "with": {"member": 2, "weight": -1000}}
    bo.post(f"/api/v1/groups/{choir}/records", black)
    eventually(lambda: members(bo, choir) == [(1, 3000), (2, -1000)] and agreed(choir, village.ada, bo))
    for pod in village.away:
        pod.kill()
    return browser


def test_mg_02_a_record_that_isnt_logged_is_named_and_not_waited_for_if_its_person_says_so(
    village: Village, browser: ChromiumVisitor
) -> None:
    alpha, beta, *_ = village.pods
    village.ada.post(f"/api/v1/groups/{village.parish}/posts", NOTE)
    asked = browser.submit(browser.get("/move/switching"), "/move/switching")
    consent = browser.follow(asked, page := led_to(asked))
    assert "Parish" in consent.text
    assert browser.says(
        consent,
        "Don't wait for it: that server writes your posts and votes on posts anew, but what you decided there is lost",
    )
    assert browser.says(consent, LOST)
    browser.submit(consent, page, handle="ada")
    browser.awaits("/move/switching", SwitchRule.NOT_DRAINED)

    browser.pod = alpha
    waits = browser.get("/settings/leaving")
    assert "Parish" in waits.text
    assert browser.says(waits, LOST)
    browser.press(waits, "Don't wait")

    browser.pod = beta
    browser.awaits("/move/switching", "You are at home here now, as %(name)s.")


def test_mg_03_a_group_that_stands_still_is_named_and_let_go(village: Village, browser: ChromiumVisitor) -> None:
    inside = browser.submit(browser.get("/move/switching"), "/move/enter")
    assert inside.path == "/settings/mail"
    standing = browser.awaits("/move/switching", SwitchRule.SEAT_REFUSED, times=1)
    assert all(name in standing.text for name in ("Parish", "Choir", "Inn"))
    assert browser.says(standing, LOST)

    standing = browser.press(standing, "Let %(name)s go", name="Inn")

    assert browser.says(standing, "let go")
    for pod in village.away:
        pod.start()
    browser.awaits("/move/switching", "All your groups know it, or you let them go.")


def test_mg_02_what_wasnt_waited_for_is_written_anew_and_who_is_black_listed_stays_so(village: Village) -> None:
    bo, parish, choir = village.bo, village.parish, village.choir

    eventually(lambda: list(posts(bo, parish).values()) == [1000 * 1000], seen=lambda: posts(bo, parish))

    (post,) = posts(bo, parish)
    told = bo.get(f"/api/v1/groups/{parish}/posts/{post}")
    assert TEXT in str(told)
    assert members(bo, choir) == [(1, 3000), (2, -1000)]
    assert bo.get(f"/api/v1/groups/{choir}")["members"][1]["pod"] == village.pods[1].url
    with pytest.raises(RefusedByHttpError, match="mov"):
        anew(village.ada, village.pods[0]).post(f"/api/v1/groups/{parish}/posts", NOTE)


def test_mg_03_the_words_fetch_a_group_that_was_let_go_when_it_goes_on_again(
    village: Village, browser: ChromiumVisitor
) -> None:
    bo, inn = village.bo, village.inn
    before = members(bo, inn)
    lines = f"{inn} {bo.pod.url}"

    home = browser.submit(
        browser.get("/recover"), "/recover", phrase=village.ada.account["phrase"], name="ada", groups=lines
    )

    assert "Inn" in home.text
    eventually(
        lambda: bo.get(f"/api/v1/groups/{inn}")["members"][2]["pod"] == village.pods[1].url,
        seen=lambda: bo.get(f"/api/v1/groups/{inn}"),
    )
    assert members(bo, inn) == before
