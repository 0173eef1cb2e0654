"""The chain inspector, keepers and policy in a browser: in words, with a verdict that is the command's own."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import pytest

from models.engine.columns import bytes_of_id
from pod.web.group.keepers import numbers_in
from protocol.errors import MalformedError
from protocol.ids import RecordId
from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod, eventually

EVIL = "<script>alert('x')</script>"


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    ada: Person
    group: str

    @property
    def page(self) -> str:
        return f"/g/{self.group}"

    def browser(self, name: str = "") -> Browser:
        browser = Browser(self.pod)
        return browser.sign_in(name) if name else browser

    def shown(self) -> dict[str, str]:
        """By number, the item's part of the timeline."""
        text = self.browser().get(f"{self.page}/chain").text
        parts = re.findall(r'<li id="item-(\d+)"(.*?)</li>\n(?=<li id|</ol>)', text, re.DOTALL)
        return dict(parts)


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    bo.post("/api/v1/joins", {"group": group, "pod": pod.url})
    eventually(lambda: len(ada.get(f"/api/v1/groups/{group}")["members"]) == 2)
    bo.post(f"/api/v1/groups/{group}/records", {"type": "Profile", "nickname": f"Bo {EVIL}"})
    for weight in (1000, 2000):
        body = {"do": "set-weight", "with": {"member": 2, "weight": weight}}
        ada.post(f"/api/v1/groups/{group}/operations", body)
        eventually(partial(has_weight, ada, group, weight))
    ada.post(f"/api/v1/groups/{group}/operations", {"do": "event", "with": {"name": f"open-poll {EVIL}"}})
    wish = {"do": "set-policy", "with": {"name": f"The well {EVIL}", "default_score": 1_000_000}}
    ada.post(f"/api/v1/groups/{group}/operations", wish)
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["name"].startswith("The well"))
    return Place(pod, ada, group)


def has_weight(person: Person, group: str, weight: int) -> bool:
    return bool(person.get(f"/api/v1/groups/{group}")["members"][1]["weight"] == weight)


def verified(place: Place) -> dict[str, object]:
    """What `pod group verify` says."""
    command = [sys.executable, "-m", "pod", "group", "verify", place.group, "--json", "--data", str(place.pod.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout))


def test_md_17_each_item_stands_in_words_with_signer_verdict_and_rule(place: Place) -> None:
    text = place.browser().get(f"{place.page}/chain").text
    for said in (
        "Root: the group was founded",
        "Somebody on 127.77.",
        "Everybody may join",
        "weight 0.0 → 1.0, by member 1",
        "weight 1.0 → 2.0, by member 1",
        "A member changes the weight of members who have less",
        "default score +1.0",
        "signed by the founder",
        "confirmed by member 1",
        "settled",
    ):
        assert said in text, said
    assert "<script" not in text
    assert "✗" not in text
    assert 'role="img"' in text


def test_md_17_each_item_is_there_as_json(place: Place) -> None:
    wire = json.loads(place.browser().get(f"{place.page}/chain/0").text)
    assert wire["type"] == "GroupRoot"
    assert wire["proof"]
    assert place.browser().get(f"{place.page}/chain/99").status == 404


def test_md_17_the_timeline_goes_back_page_by_page(place: Place) -> None:
    newest = max(map(int, place.shown()))
    older = place.browser().get(f"{place.page}/chain?before={newest}").text
    assert f'id="item-{newest}"' not in older
    assert f'id="item-{newest - 1}"' in older
    assert place.browser().get(f"{place.page}/chain?before=x").status == 400


def test_md_17_a_tampered_item_is_told_at_its_number_by_page_and_command(place: Place) -> None:
    ada = place.browser("ada")
    page = ada.get(f"{place.page}/chain")
    assert "All of it holds." in ada.press(page, "Check the whole chain").text
    assert verified(place)["faults"] == []
    rows = "SELECT id, wire FROM items WHERE group_id = ? AND height = 2"
    with sqlite3.connect(place.pod.folder / "pod.sqlite") as database:
        (identifier, wire) = database.execute(rows, (bytes_of_id(RecordId(place.group)),)).fetchone()
        spoiled = re.sub(rb'"at":(\d+)\d', rb'"at":\g<1>7', wire, count=1)
        spoiled = spoiled if spoiled != wire else re.sub(rb'"at":(\d+)\d', rb'"at":\g<1>8', wire, count=1)
        database.execute("UPDATE items SET wire = ? WHERE id = ?", (spoiled, identifier))
    try:
        shown = place.shown()
        assert [number for number, item in shown.items() if "✗" in item] == ["2"]
        checked = ada.press(page, "Check the whole chain").text
        assert "Something doesn" in checked
        assert ">Item 2</a>" in checked
        faults = verified(place)["faults"]
        assert isinstance(faults, list)
        told = re.findall(r'<span lang="en">(.*?)</span>', checked)
        assert len(told) == len(faults) > 0
    finally:
        with sqlite3.connect(place.pod.folder / "pod.sqlite") as database:
            database.execute("UPDATE items SET wire = ? WHERE id = ?", (wire, identifier))


def test_the_keepers_page_says_honestly_what_one_keeper_bears(place: Place) -> None:
    text = place.browser().get(f"{place.page}/keepers").text
    assert "only the keeper&#39;s 24 words bring the group back" in text
    assert "steward, this pod" in text
    assert place.browser("bo").post(f"{place.page}/keepers", []).status == 403, "no token"


@pytest.mark.parametrize(("typed", "numbers"), [("", None), ("1", [1]), (" 1, 2;3 ", [1, 2, 3])])
def test_keepers_are_named_by_number(typed: str, numbers: list[int] | None) -> None:
    assert numbers_in(typed) == numbers


@pytest.mark.parametrize("typed", ["one", "1 -2", "٣", "1" * 12])
def test_what_names_no_keeper_is_refused(typed: str) -> None:
    with pytest.raises(MalformedError):
        numbers_in(typed)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "A group has 1, 3, 4 or 7 keepers."), ("sv", "En grupp har 1, 3, 4 eller 7 väktare.")],
)
def test_as_many_keepers_as_no_group_has_are_refused_by_their_number(
    place: Place, language: str, sentence: str
) -> None:
    ada = Browser(place.pod, language).sign_in("ada")
    answer = ada.submit(ada.get(f"{place.page}/keepers"), f"{place.page}/keepers", keepers="1, 2")
    assert answer.status == 400
    assert sentence in answer.text


def test_recovery_refuses_words_that_are_none_and_never_shows_them(place: Place) -> None:
    ada = place.browser("ada")
    page = ada.get(f"{place.page}/recovery")
    assert page.headers["Cache-Control"] == "no-store"
    answer = ada.submit(page, "/recovery", phrase="correct horse battery staple")
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert "correct horse" not in answer.text


def test_ax_03_the_policy_is_looked_at_and_then_asked_for(place: Place) -> None:
    ada = place.browser("ada")
    page = ada.get(f"{place.page}/policy")
    swedish = Browser(place.pod, "sv").sign_in("ada").get(f"{place.page}/policy")
    fields = [field for form in swedish.forms for field in form.fields]
    assert ("default_score", "1,0") in fields, "numbers are written as the page's language does"
    look = ada.submit(page, "/policy", press="Look at it first", name="Stones", others_weight="0,5", hours="30")
    assert "<dd>30 hours</dd>" in look.text, "all that is signed is seen before"
    look = ada.submit(look, "/policy", press="Change something")
    look = ada.submit(look, "/policy", press="Look at it first", default_score="-1")
    assert "An open group: everybody reads it; everybody who joins votes with weight 0.5" in look.text
    done = ada.submit(look, "/policy", press="Sign it")
    assert "Your request is on its way" in done.text
    eventually(lambda: place.ada.get(f"/api/v1/groups/{place.group}")["name"] == "Stones")


def test_md_18_the_policy_is_the_owners(place: Place) -> None:
    bo = place.browser("bo")
    look = bo.submit(bo.get(f"{place.page}/policy"), "/policy", press="Look at it first", name="Mine")
    refused = bo.submit(look, "/policy", press="Sign it")
    assert refused.status == 409
    assert "Only owners set the policy." in refused.text
    assert 'value="Mine"' in refused.text
    ada = place.browser("ada")
    look = ada.submit(ada.get(f"{place.page}/policy"), "/policy", press="Look at it first", others_weight="3")
    assert "must stay below an owner" in ada.submit(look, "/policy", press="Sign it").text
