"""Everybody reads who can do what in a group's decisions; owners change it, and draw the tree of subject areas."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.support.browsing import Browser, Seen
from tests.support.people import joined
from tests.support.rig import ServedPod, eventually


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    group: str

    def browser(self, name: str = "") -> Browser:
        return Browser(self.pod).sign_in(name) if name else Browser(self.pod)

    def path(self, rest: str) -> str:
        return f"/g/{self.group}/{rest}"


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Well", "weight": 3000})["group"]
    joined(ada, group, bo, 1000)
    return Place(pod, group)


def lines(page: Seen) -> dict[str, str]:
    """What each capability needs, by its words."""
    text = page.text.replace("\u2068", "").replace("\u2069", "").replace("&#39;", "'")
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)", text))


def test_an_owner_opens_polls_to_every_member_with_a_vote(place: Place) -> None:
    path, ada, bo = place.path("capabilities"), place.browser("ada"), place.browser("bo")
    before = lines(place.browser().get(path))
    assert before["Start a poll"] == "weight 3.0 or more: owners alone"
    assert before["Vote in polls"] == "weight 0.001 or more: every member with a vote"
    assert bo.get(place.path("polls/new")).status == 403
    assert "Change who can do what" not in bo.get(path).text

    usual = ada.submit(ada.get(path), "/capabilities", press="Fill in what is usual")
    assert ("weight", "3.0") in usual.forms[-1].fields
    assert ada.submit(usual, "/capabilities", press="Sign it").status == 200

    eventually(lambda: bo.get(place.path("polls/new")).status == 200)
    after = lines(bo.get(path))
    assert after["Start a poll"] == "weight 0.001 or more: every member with a vote "
    assert after["End a phase before its time"] == "weight 3.0 or more: owners alone"


def test_a_weight_that_is_none_is_refused_with_what_was_typed(place: Place) -> None:
    ada, path = place.browser("ada"), place.path("capabilities")
    page = ada.get(path)
    fields = [(name, "lots" if name == "weight" else value) for name, value in page.forms[-1].fields]
    refused = ada.post(path, [*fields, ("do", "sign")])
    assert refused.status == 400
    assert refused.text.count('value="lots"') == 10


def test_who_is_no_owner_changes_nothing(place: Place) -> None:
    bo = place.browser("bo")
    token = ("form_token", bo.get(place.path("polls/new")).forms[0].fields[0][1])
    assert bo.get(place.path("areas")).status == 403
    for path in ("areas", "capabilities"):
        assert bo.post(place.path(path), [token, ("do", "sign")]).status in (403, 409)


def test_an_owner_draws_a_tree_of_areas(place: Place) -> None:
    ada, path = place.browser("ada"), place.path("areas")
    more = ada.submit(ada.get(path), "/areas", press="Add a row", name="Land & water")
    assert [value for name, value in more.forms[-1].fields if name == "name"] == ["Land & water", ""]
    ada.submit(more, "/areas", press="Sign it", key=["", ""], name=["Land & water", "Roads"], parent=["", ""])
    page = eventually(lambda: (seen := ada.get(path)) and "Roads" in seen.text and seen)
    keys = [value for name, value in page.forms[-1].fields if name == "key"]
    assert keys == ["land-water", "roads", ""]
    typed = {"key": keys, "name": ["Land & water", "Roads", "Wells"], "parent": ["", "land-water", "roads"]}
    ada.submit(page, "/areas", press="Sign it", **typed)
    tree = eventually(lambda: (seen := ada.get(place.path("capabilities")).text) and "Wells" in seen and seen)
    assert re.findall(r'<li class="(level-\d)"><bdi>([^<]+)</bdi>', tree) == [
        ("level-0", "Land &amp; water"),
        ("level-1", "Roads"),
        ("level-2", "Wells"),
    ]
    page = ada.get(path)
    wrong = ada.submit(page, "/areas", press="Sign it", parent=["wells", "land-water", "roads", ""])
    assert (wrong.status, "would lie below itself" in wrong.text) == (400, True)
