"""Members, weights and the log in a browser: who decides how much, what a weight would change, every act and why."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import pytest

from moderation.power import power, shares
from tests.support.browsing import Browser, Seen
from tests.support.rig import Person, ServedPod, eventually

EVIL = "<script>alert('x')</script>"
ATOM = "{http://www.w3.org/2005/Atom}"


def by_counting(weights: list[int]) -> list[Fraction]:
    """The Banzhaf index from its definition: look at every coalition."""
    everybody, half = range(len(weights)), Fraction(sum(weights), 2)
    swings = [0] * len(weights)
    for size in range(len(weights) + 1):
        for coalition in combinations(everybody, size):
            total = sum(weights[member] for member in coalition)
            for member in coalition:
                swings[member] += total > half >= total - weights[member]
    return [Fraction(own, sum(swings)) for own in swings]


@pytest.mark.parametrize(
    "weights", [[1], [3000, 1500, 500], [1, 1, 1], [2, 1, 1], [4, 3, 2, 1], [50, 49, 1], [7, 7, 7, 2, 2, 1, 1]], ids=str
)
def test_md_19_power_is_how_often_a_member_turns_the_result(weights: list[int]) -> None:
    assert power(weights) == by_counting(weights)


def test_md_19_of_many_members_power_is_the_share() -> None:
    assert power([2, *[1] * 40]) == shares([2, *[1] * 40])
    assert sum(power([1000] * 20), Fraction()) == 1


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    ada: Person
    bo: Person
    cy: Person
    group: str
    post: str

    def browser(self, name: str = "") -> Browser:
        browser = Browser(self.pod)
        return browser.sign_in(name) if name else browser


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada, bo, cy = (pod.sign_up(name) for name in ("ada", "bo", "cy"))
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    for person in (bo, cy):
        person.post("/api/v1/joins", {"group": group, "pod": pod.url})
    eventually(lambda: len(ada.get(f"/api/v1/groups/{group}")["members"]) == 3)
    for number, weight in ((2, 1000), (3, 1000)):
        body = {"do": "set-weight", "with": {"member": number, "weight": weight}}
        ada.post(f"/api/v1/groups/{group}/operations", body)
    bo.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": f"Bo {EVIL}", "text": f"I {EVIL}"})
    paragraphs = [{"style": "text", "text": "Stones\x0b fall."}]
    post = ada.post(f"/api/v1/groups/{group}/posts", {"kind": "article", "title": "The well", "paragraphs": paragraphs})
    vote = {"target": {"post": post["record"]}, "value": -1000, "reason": f"off topic \x0b{EVIL}"}
    bo.post(f"/api/v1/groups/{group}/votes", vote)
    note = cy.post(f"/api/v1/groups/{group}/posts", {"kind": "note", "paragraphs": paragraphs})["record"]
    cy.post(f"/api/v1/groups/{group}/records", {"type": "Erase", "records": [note]})
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] == 7)
    eventually(lambda: [m["weight"] for m in ada.get(f"/api/v1/groups/{group}")["members"]] == [3000, 1000, 1000])
    return Place(pod, ada, bo, cy, f"/g/{group}", post["record"])


def weigh(browser: Browser, place: Place, number: int, weight: str) -> Seen:
    path = f"{place.group}/members/{number}/weight"
    look = browser.submit(browser.get(path), path, press="See what it changes", weight=weight)
    return browser.submit(look, path, press="Give this weight") if "Give this weight" in look.text else look


def test_the_members_page_says_who_decides_and_warns_of_more_than_half(place: Place) -> None:
    text = place.browser().get(f"{place.group}/members").text
    assert "member 1 has more than half of all weight" in text
    assert "<script" not in text
    assert "Bo &lt;script&gt;" in text
    assert 'role="img"' in text
    assert "<td>60\u00a0%</td><td>100\u00a0%</td>" in text.replace("\n", "")


PARTS = (
    *("", "/about", "/chain", "/continue", "/invitations", "/keepers", "/leave", "/log", "/members", "/members/2"),
    *("/members/2/weight", "/policy", "/profile", "/proposals", "/publish", "/recovery", "/subjects"),
)


def test_ax_01_each_page_of_a_group_has_a_title_of_its_own(place: Place) -> None:
    ada = place.browser("ada")
    pages = {part: ada.get(f"{place.group}{part}").text for part in PARTS}
    titles = {part: text.partition("<title>")[2].partition("</title>")[0] for part, text in pages.items()}
    assert {part: title for part, title in titles.items() if "Well · " not in title} == {}
    assert len(set(titles.values())) == len(PARTS)


def test_md_19_the_effect_of_a_weight_is_seen_before_it_is_given(place: Place) -> None:
    ada, path = place.browser("ada"), f"{place.group}/members/2/weight"
    look = ada.submit(ada.get(path), path, press="See what it changes", weight="3")
    flat = look.text.replace("\n", "")
    assert "<bdi>member 1</bdi></th><td>100\u00a0%</td><td>33.3\u00a0%</td>" in flat
    assert "</bdi></th><td>0\u00a0%</td><td>33.3\u00a0%</td>" in flat
    (two,) = [
        m for m in place.ada.get(f"/api/v1{place.group.replace('/g/', '/groups/')}")["members"] if m["number"] == 2
    ]
    assert two["weight"] == 1000, "looking changes nothing"


REFUSED = {
    "more than one's own": ("bo", 3, "2", "Nobody gives more weight than their own."),
    "to one with as much": ("bo", 3, "0.5", "Only a member with more weight changes another"),
    "one's own upwards": ("bo", 2, "1", "You can only lower your own weight."),
    "the last owner's": ("ada", 1, "1", "An owner must remain."),
    "an owner by one who isn't": ("bo", 1, "0.5", "This needs more than half of the 1 owners; 0 signed."),
    "beyond the founder's": ("ada", 2, "4", "Nobody gives more weight than their own."),
    "no number": ("ada", 2, "much", "A weight is a number"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_md_18_what_the_rules_refuse_is_told_as_the_rule(place: Place, case: str) -> None:
    name, number, weight, rule = REFUSED[case]
    answer = weigh(place.browser(name), place, number, weight)
    assert answer.status in {400, 409}
    assert rule in answer.text
    assert 'role="alert"' in answer.text
    assert f'value="{weight}"' in answer.text


def test_md_18_a_stranger_gives_no_weight(place: Place) -> None:
    place.pod.run("user", "create", "eve")
    assert place.browser("eve").get(f"{place.group}/members/2/weight").status == 403
    assert "/sign-in" in place.browser().get(f"{place.group}/members/2/weight").path


def test_a_member_page_shows_the_profile_and_what_they_wrote(place: Place) -> None:
    text = place.browser().get(f"{place.group}/members/1").text
    assert "The well" in text
    assert "yes: the pod confirms" in text
    assert "I &lt;script&gt;" in place.browser().get(f"{place.group}/members/2").text
    assert place.browser().get(f"{place.group}/members/99").status == 404


def test_ax_03_a_profile_is_edited_in_its_group(place: Place) -> None:
    cy = place.browser("cy")
    page = cy.submit(cy.get(f"{place.group}/profile"), "/profile", nickname="Cy", text="Of the hill.")
    assert "Of the hill." in page.text
    assert 'value="Cy"' in cy.get(f"{place.group}/profile").text
    assert cy.submit(cy.get(f"{place.group}/profile"), "/profile", text="x" * 70_000).status == 413


FILTERS = {
    "": ["The well", "off topic", "whose text is erased"],
    "kind=Vote": ["off topic"],
    "member=2": ["off topic"],
    "sign=-": ["off topic"],
    "reason=TOPIC": ["off topic"],
    "thing={post}": ["The well", "off topic"],
}


@pytest.mark.parametrize("query", FILTERS)
def test_md_16_the_log_names_actor_thing_and_reason_and_is_filtered(place: Place, query: str) -> None:
    text = place.browser().get(f"{place.group}/log?{query.format(post=place.post)}").text
    listed = text.split('<ol class="log">')[1].split("</ol>")[0]
    for said in FILTERS[query]:
        assert said in listed
    assert "<script" not in text
    if query not in ("", "thing={post}"):
        assert "wrote <a" not in listed


def test_md_16_an_entry_stays_when_its_text_is_gone(place: Place) -> None:
    listed = place.browser().get(f"{place.group}/log?member=3").text
    assert "wrote something whose text is erased" in listed
    assert "asked for texts to be erased" in listed
    assert "Stones" not in listed


def test_md_16_the_log_as_csv_json_and_atom_says_the_same(place: Place) -> None:
    browser = place.browser()
    answers = {end: browser.get(f"{place.group}/log.{end}") for end in ("csv", "json", "atom")}
    assert [answer.headers["Content-Type"] for answer in answers.values()] == [
        "text/csv; charset=utf-8",
        "application/json",
        "application/atom+xml; charset=utf-8",
    ]
    # Who reads and in which language decides what the files say: no cache may give one's to another.
    assert {answer.headers["Vary"] for answer in answers.values()} == {"Cookie, Accept-Language"}
    rows = list(csv.DictReader(io.StringIO(answers["csv"].text)))
    told = json.loads(answers["json"].text)
    assert told["size"] == len(rows) >= 7
    assert [row["record"] for row in rows] == [entry["record"] for entry in told["entries"]]
    feed = ET.fromstring(answers["atom"].text)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.find(f"{ATOM}id").text.rpartition("/")[2] for entry in entries] == [row["record"] for row in rows]  # type: ignore[union-attr]
    for part in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert part.find(f"{ATOM}{name}") is not None, name
    assert all(entry.find(f"{ATOM}author/{ATOM}name") is not None for entry in entries)
    assert feed.find(f"{ATOM}link[@rel='self']") is not None


def test_md_16_no_cell_of_the_csv_is_a_formula(place: Place) -> None:
    vote = {"target": {"post": place.post}, "value": 1000, "reason": "=HYPERLINK(1)"}
    group = place.group.replace("/g/", "/groups/")
    place.cy.post(f"/api/v1{group}/votes", vote)
    text = eventually(lambda: "HYPERLINK" in (text := place.browser().get(f"{place.group}/log.csv").text) and text)
    assert "'=HYPERLINK" in text


def test_the_log_goes_back_page_by_page_and_repeats_nothing(place: Place) -> None:
    browser = place.browser()
    first = json.loads(browser.get(f"{place.group}/log.json").text)["entries"]
    older = json.loads(browser.get(f"{place.group}/log.json?before={first[2]['index']}").text)["entries"]
    assert [entry["index"] for entry in older] == [entry["index"] for entry in first[3:]]
    assert browser.get(f"{place.group}/log?before=x").status == 400
    assert browser.get(f"{place.group}/log?kind=x").status == 400
