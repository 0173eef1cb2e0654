"""What one types isn't lost: a wizard by the keyboard alone, and a stolen session; and how few clicks a decision takes.

Told on one pod, with one clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator

from tests.stories.hands import Hand, Keys
from tests.support.browsing import session_secret
from tests.support.chromium import Window
from tests.support.people import joined
from tests.support.post_office import PostOffice
from tests.support.rig import Person, ServedPod, eventually, worker_number
from tests.support.shell import settle

HOUR = 3_600_000
DAY = 24 * HOUR
MOST_CLICKS = 12
NEXT = 'button.main[value="next"]'


class Clicks(Hand):
    """A mouse that counts."""

    clicks = 0

    def press(self, found: Locator) -> None:
        self.clicks += 1
        super().press(found)

    def choose(self, found: Locator) -> None:
        """A radio button or a box."""
        self.clicks += 1
        found.check()


class Parish:
    """A pod with ada and bo, their group, and a post in which they discuss."""

    def __init__(self, pod: ServedPod, chromium: Browser, office: PostOffice) -> None:
        self.pod, self.office, self.chromium = pod, office, chromium
        self.windows: list[Window] = []
        pod.set_clock(0)
        self.offset = 0
        office.configure(pod)
        self.people: dict[str, Person] = {name: settle(pod, name) for name in ("ada", "bo")}
        pod.start()
        self.ada = self.people["ada"]
        self.group = self.ada.post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
        joined(self.ada, self.group, self.people["bo"], 1000)
        body = {"kind": "article", "title": "The well is dry", "paragraphs": [{"style": "text", "text": "What now?"}]}
        self.post = self.ada.post(f"/api/v1/groups/{self.group}/posts", body)["record"]

    def somebody(
        self, kind: type[Hand], cookie: tuple[str, str], *, language: str = "en", scripts: bool = True
    ) -> Hand:
        """A browser with that cookie."""
        made = Window(self.chromium, {self.pod.url}, locale=language, java_script_enabled=scripts)
        secret, name = cookie
        made.context.add_cookies([{"name": name, "value": secret, "url": self.pod.url}])
        self.windows.append(made)
        return kind(made, self.pod.url)

    def pass_time(self, by: int) -> None:
        self.offset += by
        self.pod.set_clock(self.offset)

    def path(self, poll: str) -> str:
        return f"/api/v1/groups/{self.group}/polls/{poll}"

    def reach(self, poll: str, *phases: str) -> None:
        eventually(lambda: self.ada.get(self.path(poll))["poll"]["phase"] in phases)


@pytest.fixture(scope="module")
def parish(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Parish]:
    pod = ServedPod(tmp_path_factory.mktemp("kept") / "pod", worker_number(), 45)
    with PostOffice() as office:
        try:
            pod.create()
            made = Parish(pod, chromium, office)
            yield made
            for window in made.windows:
                window.close()
        finally:
            pod.kill()


@pytest.mark.slow
def test_dc_05_from_a_discussion_to_where_the_vote_went_takes_at_most_twelve_clicks(parish: Parish) -> None:
    hand = parish.somebody(Clicks, session_secret(parish.pod, "ada"))
    assert isinstance(hand, Clicks)
    hand.open(f"/g/{parish.group}/posts/{parish.post}")
    hand.follow(f"/polls/new?about={parish.post}")
    hand.fill(hand.page.locator('input[name="title"]'), "Do we dig?")
    hand.press(hand.page.locator(NEXT))
    hand.choose(hand.page.locator('input[name="kind"][value="for-against"]'))
    hand.press(hand.page.locator(NEXT))
    hand.follow("/preview")
    hand.press(hand.page.locator('button[value="publish"]'))
    poll = hand.page.url.partition("?")[0].rpartition("/")[2]
    parish.reach(poll, "voting")
    hand.page.reload()
    hand.clicks += 1
    hand.follow("/vote")
    hand.choose(hand.page.locator('[name="choice"][value="yes"]'))
    hand.press(hand.page.locator('button[value="cast"]'))
    assert "Your ballot is cast" in hand.text
    parish.pass_time(15 * DAY)
    parish.reach(poll, "provisional", "final")
    hand.follow(f"/polls/{poll}")
    assert "It is accepted." in hand.text
    assert "Your ballot is in the count ✓" in hand.text
    hand.follow("/my-vote")
    assert "You have cast a ballot yourself" in hand.text
    assert hand.clicks <= MOST_CLICKS


@pytest.mark.slow
@pytest.mark.parametrize(("language", "scripts"), [("en", True), ("sv", False)])
def test_dc_01_ax_03_ax_04_the_wizard_is_filled_in_by_keyboard_alone_and_its_draft_survives(
    parish: Parish, language: str, scripts: bool
) -> None:
    hand = parish.somebody(Keys, session_secret(parish.pod, "ada"), language=language, scripts=scripts)
    page, title = hand.page, f"Where do we dig? {language}"
    hand.open(f"/g/{parish.group}/polls/new")
    hand.fill(page.locator('input[name="title"]'), title)
    hand.press(page.locator(NEXT))
    hand.fill(page.locator('input[name="kind"]'), "approval")
    hand.press(page.locator(NEXT))
    for number, name in enumerate(("North", "North")):
        hand.fill(page.locator('input[name="option"]').nth(number), name)
    hand.press(page.locator(NEXT))
    # Told at the field, which still has what was typed.
    second = page.locator('input[name="option"]').nth(1)
    assert second.get_attribute("aria-invalid") == "true"
    assert page.locator("#e-option-2").is_visible()
    assert second.input_value() == "North"
    hand.fill(second, "South")
    hand.press(page.locator('button[value="leave"]'))
    hand.press(page.get_by_role("link", name=title))
    hand.press(page.locator('nav.wizard-steps a[href$="/kind"]'))
    assert page.locator('input[name="option"]').nth(1).input_value() == "South"
    for _ in range(2):
        hand.press(page.locator(NEXT))
    hand.fill(page.locator("#f-number-voting"), "3")
    for _ in range(2):
        hand.press(page.locator(NEXT))
    hand.press(page.locator('button[value="publish"]'))
    poll = page.url.partition("?")[0].rpartition("/")[2]
    parish.reach(poll, "voting")
    asked = parish.ada.get(parish.path(poll))["poll"]
    assert ([one["title"] for one in asked["options"]], asked["title"]) == (["North", "South"], title)


@pytest.mark.slow
def test_dc_03_a_stolen_session_casts_nothing_and_its_owners_ballot_is_kept_over_the_proof(parish: Parish) -> None:
    wish = {"kind": "for-against", "title": "Dig?", "lengths": {"voting": 3 * DAY, "contest": 0}}
    poll = parish.ada.post(f"/api/v1/groups/{parish.group}/polls", wish)["record"]
    parish.reach(poll, "voting")
    cookie = session_secret(parish.pod, "bo")
    parish.pass_time(13 * HOUR)
    owner, thief = parish.somebody(Hand, cookie), parish.somebody(Hand, cookie, language="sv", scripts=False)
    for hand, choice in ((thief, "no"), (owner, "yes")):
        hand.open(f"/g/{parish.group}/polls/{poll}/vote")
        hand.fill(hand.page.locator('[name="choice"]'), choice)
        hand.press(hand.page.locator('button[value="cast"]'))
        assert "/settings/confirm" in hand.page.url
        assert parish.people["bo"].get(parish.path(poll))["own"] is None
    thief.open("/settings/confirm")
    thief.send("/settings/confirm/mail")
    parish.office.code_to("bo@mail.example")  # which the thief doesn't get
    thief.send("/settings/confirm", code="1234 5678")
    assert thief.page.locator("#problem, .error").count() > 0
    thief.open(f"/g/{parish.group}/polls/{poll}/vote")
    thief.fill(thief.page.locator('[name="choice"]'), "no")
    thief.press(thief.page.locator('button[value="cast"]'))
    assert "/settings/confirm" in thief.page.url

    owner.send("/settings/confirm/mail")
    owner.send("/settings/confirm", code=parish.office.code_to("bo@mail.example"))
    assert owner.page.locator('[name="choice"][value="yes"]').is_checked()
    thief.open(f"/g/{parish.group}/polls/{poll}/vote")
    assert "/sign-in" in thief.page.url  # the proof is the owner's, and so is the session from then on
    owner.press(owner.page.locator('button[value="cast"]'))
    assert "Your ballot is cast" in owner.text
    own = eventually(partial(cast_by_bo, parish, poll))
    assert own["says"]["choice"] == "yes"


def cast_by_bo(parish: Parish, poll: str) -> object:
    return parish.people["bo"].get(parish.path(poll))["own"]
