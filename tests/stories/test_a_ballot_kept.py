"""What one types isn't lost, how few clicks a decision takes, and where a vote goes that others cast.

Told on one pod, with one clock.
"""

from __future__ import annotations

import re
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


@pytest.mark.slow
def test_dc_07_a_vote_is_followed_in_three_areas_overridden_by_one_click_and_follows_its_delegate_again(
    parish: Parish,
) -> None:
    """Five in an area: a delegate with 80 and 20, three who follow, and eve, who overrides with 0 and 100."""
    bo, polls = follow_ada(parish)
    hand = parish.somebody(Hand, session_secret(parish.pod, "bo"))

    assert "Your list for Water holds here." in went(hand, parish, polls["water"])
    assert "Your vote goes this way: You → member 1." in plain(hand)
    roads = went(hand, parish, polls["roads"])
    assert re.search(r"member 3\W+choice no. 1: not used: hasn't voted, and leads to nobody who has", roads)
    assert re.search(r"member 1\W+choice no. 2: used: has cast a ballot", roads)
    mill = went(hand, parish, polls["mill"])
    assert "you name no delegate here: your vote is counted nowhere" in mill, "an empty list comes before the group's"
    assert bo.get(f"{parish.path(polls['mill'])}/my-vote")["scope"] == "area mill"

    eve = parish.somebody(Hand, session_secret(parish.pod, "eve"))
    override(eve, parish, polls["water"])
    eve.open(f"/g/{parish.group}/polls/{polls['water']}/vote")
    eve.press(eve.page.locator('button[value="withdraw"]'))
    eventually(lambda: "Your vote goes this way: You → member 1." in went(eve, parish, polls["water"]))
    override(eve, parish, polls["water"])

    parish.pass_time(3 * DAY + HOUR)
    parish.reach(polls["water"], "provisional", "final")
    eve.open(f"/g/{parish.group}/polls/{polls['water']}")
    assert "“Dig” won with 320 points" in plain(eve)
    (result,) = bo.get(parish.path(polls["water"]))["outcome"]["results"]
    assert [sum(one["support"].values()) for one in result["options"]] == [320, 180]


def follow_ada(parish: Parish) -> tuple[Person, dict[str, str]]:
    """Bo, with a list in each of three areas; and the polls in them, in all of which ada has voted."""
    for name in ("cia", "dan", "eve"):
        parish.people[name] = settle(parish.pod, name)
        joined(parish.ada, parish.group, parish.people[name], 1000)
    group, bo = f"/api/v1/groups/{parish.group}", parish.people["bo"]
    areas = [{"area": area, "name": area.capitalize()} for area in ("water", "roads", "mill")]
    height = parish.ada.get(group)["settled_height"]
    parish.ada.post(f"{group}/operations", {"do": "set-policy", "with": {"areas": areas}})
    eventually(lambda: parish.ada.get(group)["settled_height"] > height)
    for name in ("ada", "cia"):
        parish.people[name].put(f"{group}/delegate", {"declared": True})
    for name in ("cia", "dan", "eve"):
        parish.people[name].put(f"{group}/delegations", {"delegates": [1], "area": "water"})
    bo.put(f"{group}/delegations", {"delegates": [1]})
    for area, delegates in {"water": [1], "roads": [3, 1], "mill": []}.items():
        bo.put(f"{group}/delegations", {"delegates": delegates, "area": area})
    polls = {}
    for area in ("water", "roads", "mill"):
        wish = {"kind": "score", "title": f"For {area}?", "options": [{"title": "Dig"}, {"title": "Pump"}]}
        said = {**wish, "areas": [area], "lengths": {"voting": 3 * DAY, "contest": HOUR}}
        polls[area] = parish.ada.post(f"{group}/polls", said)["record"]
        parish.reach(polls[area], "voting")
        parish.ada.post(f"{parish.path(polls[area])}/ballots", {"scores": {"00": 80, "01": 20}})
        eventually(partial(is_logged, parish, polls[area]))
    return bo, polls


def is_logged(parish: Parish, poll: str) -> bool:
    own = parish.ada.get(parish.path(poll))["own"]
    return own is not None and own["index"] is not None


def went(hand: Hand, parish: Parish, poll: str) -> str:
    """What the page says of where the vote goes."""
    hand.open(f"/g/{parish.group}/polls/{poll}/my-vote")
    return plain(hand)


def plain(hand: Hand) -> str:
    """The page's words, without the letters that isolate a value's direction."""
    return re.sub("[\u2068\u2069]", "", hand.text)


def override(hand: Hand, parish: Parish, poll: str) -> None:
    """One click leads from the way of the vote to the ballot, on which eve gives all to the second option."""
    hand.open(f"/g/{parish.group}/polls/{poll}/my-vote")
    hand.press(hand.page.get_by_role("link", name="Vote yourself instead"))
    for option, score in (("00", "0"), ("01", "100")):
        hand.fill(hand.page.locator(f"#v-{option}"), score)
    hand.press(hand.page.locator('button[value="cast"]'))
    assert "Your ballot is cast" in hand.text
    eventually(lambda: "You have cast a ballot yourself." in went(hand, parish, poll))
