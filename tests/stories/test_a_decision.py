"""How a group decides: a discussion becomes a poll, members vote, change their minds, and read a result.

Told with scripts and without, in both languages, with a mouse and by the keyboard alone; time is moved by the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.stories.hands import Hand, Keys
from tests.support.browsing import session_secret
from tests.support.chromium import Window, too_wide, violations
from tests.support.people import joined
from tests.support.rig import Person, ServedPod, eventually, worker_number
from tests.support.shell import settle

DAY = 86_400_000
WAYS = [
    pytest.param(("sv", False, Hand), id="sv-plain-mouse", marks=pytest.mark.slow),
    pytest.param(("sv", True, Keys), id="sv-scripts-keyboard", marks=pytest.mark.slow),
]
SAID = {
    "en": {
        "asked": "you can: vote",
        "cast": "Your ballot is cast",
        "changed": "you can: change your ballot",
        "in": "Your ballot is in the count ✓",
        "won": "“Buy a pump” won.",
        "nothing": "Give at least one option a score",
    },
    "sv": {
        "asked": "du kan: rösta",
        "cast": "Din röstsedel är lämnad",
        "changed": "du kan: ändra din röstsedel",
        "in": "Din röstsedel är med i räkningen ✓",
        "won": "”Buy a pump” vann.",
        "nothing": "Ge minst ett alternativ poäng",
    },
}


@dataclass
class Parish:
    """A pod, its people, their group, and the post in which they discuss."""

    pod: ServedPod
    people: dict[str, Person]
    browser: Browser
    language: str
    scripts: bool
    kind: type[Hand]
    group: str = ""
    post: str = ""
    windows: list[Window] = field(default_factory=list)

    def somebody(self, name: str) -> Hand:
        """A signed-in browser."""
        made = Window(self.browser, {self.pod.url}, locale=self.language, java_script_enabled=self.scripts)
        secret, cookie = session_secret(self.pod, name)
        made.context.add_cookies([{"name": cookie, "value": secret, "url": self.pod.url}])
        self.windows.append(made)
        return self.kind(made, self.pod.url)

    def says(self, what: str) -> str:
        return SAID[self.language][what]


@pytest.fixture
def parish(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Parish]:
    language, scripts, kind = request.param
    pod = ServedPod(tmp_path_factory.mktemp("decision") / "pod", worker_number(), 44)
    pod.create()
    try:
        pod.set_clock(0)
        people = {name: settle(pod, name) for name in ("ada", "bo")}
        pod.start()
        told = Parish(pod, people, chromium, language, scripts, kind)
        told.group = people["ada"].post("/api/v1/groups", {"name": "Parish council", "weight": 3000})["group"]
        joined(people["ada"], told.group, people["bo"], 1000)
        body = {"kind": "article", "title": "The well is dry", "paragraphs": [{"style": "text", "text": "What now?"}]}
        told.post = people["ada"].post(f"/api/v1/groups/{told.group}/posts", body)["record"]
        yield told
        for window in told.windows:
            window.close()
    finally:
        pod.kill()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("parish", WAYS, indirect=True)
def test_dc_04_dc_05_dc_06_ax_03_ax_04_a_discussion_becomes_a_poll_people_vote_and_read_the_result(
    parish: Parish,
) -> None:
    ada, bo = parish.somebody("ada"), parish.somebody("bo")
    poll = ask(parish, ada)
    vote(parish, ada, poll, {"00": "10", "01": "90"})
    clicks = vote(parish, bo, poll, {"00": "80", "01": "20"})
    assert clicks <= 3, "the poll's page, the ballot, cast"
    change(parish, bo, poll)
    parish.pod.set_clock(4 * DAY)
    for hand in (ada, bo):
        eventually(partial(reads, hand, poll, parish.says("won")))
        assert parish.says("in") in hand.text
    assert violations(ada.page) == [] if parish.scripts else True
    ada.page.set_viewport_size({"width": 320, "height": 800})
    assert too_wide(ada.page) == [] if parish.scripts else True
    bo.follow(f"{poll}/ballots")
    assert bo.text.count("Buy a pump") == 3
    bo.follow(poll)
    bo.follow(f"/posts/{parish.post}")
    assert "The well is dry" in bo.text
    assert [window.strangers for window in parish.windows if window.strangers] == []


def ask(parish: Parish, hand: Hand) -> str:
    """From the post to a score poll about it; the poll's address."""
    hand.open(f"/g/{parish.group}/posts/{parish.post}")
    hand.press(hand.page.locator(f'main a[href*="/polls/new?about={parish.post}"]').first)
    hand.fill(hand.page.locator('input[name="title"]'), "What about the well?")
    hand.press(hand.page.locator('button.main[value="next"]'))
    hand.fill(hand.page.locator('input[name="kind"]'), "score")
    hand.press(hand.page.locator('button.main[value="next"]'))
    options = hand.page.locator('input[name="option"]')
    for place, title in enumerate(("Dig deeper", "Buy a pump")):
        hand.fill(options.nth(place), title)
    hand.press(hand.page.locator('button.main[value="next"]'))
    hand.open(hand.page.url.rpartition("/")[0] + "/phases")
    hand.press(hand.page.locator('button[value^="preset-"]').first)
    hand.open(hand.page.url.rpartition("/")[0] + "/preview")
    hand.press(hand.page.locator('button[value="publish"]'))
    (asked,) = parish.people["ada"].get(f"/api/v1/groups/{parish.group}/polls")["polls"]
    path = f"/g/{parish.group}/polls/{asked['id']}"
    eventually(partial(reads, hand, path, parish.says("asked")))
    return path


def vote(parish: Parish, hand: Hand, poll: str, scores: dict[str, str]) -> int:
    """Vote from the group's page; how many presses it took from the poll on."""
    hand.open(f"/g/{parish.group}")
    hand.follow(f"/g/{parish.group}/polls")
    hand.press(hand.page.locator(f'main a[href*="{poll}"]:visible').first)
    if not hand.page.url.endswith("/vote"):
        hand.follow(f"{poll}/vote")
    for option, score in scores.items():
        hand.fill(hand.page.locator(f"#v-{option}"), score)
    hand.press(hand.page.locator('button[value="cast"]'))
    assert parish.says("cast") in hand.text
    return 3


def change(parish: Parish, hand: Hand, poll: str) -> None:
    """Bo changes his mind by buttons: 25 for digging; an empty ballot isn't taken."""
    hand.follow(f"{poll}/vote")
    for option in ("00", "01"):
        push(parish, hand, f"{option}:")
    if parish.scripts:
        assert hand.page.locator('button[value="cast"]').is_disabled()
    else:
        hand.press(hand.page.locator('button[value="cast"]'))
    assert parish.says("nothing") in hand.text
    push(parish, hand, "00:25")
    push(parish, hand, "01:50")
    if parish.scripts:
        by_slider(hand)
    hand.press(hand.page.locator('button[value="cast"]'))
    assert parish.says("cast") in hand.text
    assert re.search(r"Buy a pump\s+50", hand.text)
    hand.open(poll)
    assert parish.says("changed") in hand.text


def push(parish: Parish, hand: Hand, value: str) -> None:
    """A button that scripts answer on the page, and the pod without them."""
    button = hand.page.locator(f'button[name="put"][value="{value}"]')
    if not parish.scripts:
        hand.press(button)
        return
    hand.touch(button)


def by_slider(hand: Hand) -> None:
    """The slider's keys, and that it tells its value."""
    slider = hand.page.locator('.option[data-option="00"] input[type="range"]')
    hand.hold(slider)
    for key, value in (("Home", "0"), ("PageUp", "10"), ("End", "100"), ("ArrowLeft", "99"), ("Home", "0")):
        hand.page.keyboard.press(key)
        assert hand.page.locator("#v-00").input_value() == value
        assert (slider.get_attribute("aria-valuetext") or "").startswith(f"{value} ")


def reads(hand: Hand, path: str, wanted: str) -> bool:
    hand.open(path)
    return wanted in hand.text
