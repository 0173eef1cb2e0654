"""Lists of names stand in the order of the reader's language, page after page."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote

import pytest

from pod.actions.reading.name_order import name_place
from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod


@pytest.fixture(scope="module")
def ada(pod: ServedPod) -> Person:
    person = pod.sign_up("ada")
    pod.start()
    return person


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("sv", ["apa", "Banan", "café", "Cafeteria", "Zebra", "zon", "Åre", "Ärla", "ö", "Øster", "я"]),
        ("en", ["apa", "Åre", "Ärla", "Banan", "öl", "Zebra"]),
        ("sv", ["Ada", "ada", "A\u030are", "Året"]),
    ],
)
def test_public_30_names_are_sorted_as_the_language_sorts_them(language: str, names: list[str]) -> None:
    places = [name_place(name, language) for name in names]
    assert all(before < after for before, after in pairwise(places))


def test_public_30_lists_of_groups_and_subjects_stand_in_the_readers_order(pod: ServedPod, ada: Person) -> None:
    names = ["Zebra", "Ängen", "apa", "Åre", "Banan", "öl"]
    made = {name: ada.post("/api/v1/groups", {"name": name, "visibility": "public"})["group"] for name in names}
    for name in names:
        note = {"kind": "note", "reply_to": {"subject": name}, "paragraphs": [{"style": "text", "text": "A note"}]}
        ada.post(f"/api/v1/groups/{made['apa']}/posts", note)
    wanted = {
        "sv": ["apa", "Banan", "Zebra", "Åre", "Ängen", "öl"],
        "en": ["Ängen", "apa", "Åre", "Banan", "öl", "Zebra"],
    }
    for language, order in wanted.items():
        browser = Browser(pod, language)
        page, about = browser.get("/groups").text, browser.get(f"/g/{made['apa']}/subjects").text
        assert sorted(names, key=lambda name: page.index(made[name])) == order
        assert sorted(names, key=lambda name: about.index(f'"/s/{quote(name, safe="")}"')) == order
        behind = browser.get(f"/groups?after={made['Banan']}").text
        assert [name for name in order if f'"/g/{made[name]}"' in behind] == order[order.index("Banan") + 1 :]
        behind = browser.get(f"/g/{made['apa']}/subjects?after=Banan").text
        assert [name for name in order if f'"/s/{quote(name)}"' in behind] == order[order.index("Banan") + 1 :]


def test_public_30_what_a_search_finds_by_name_stands_in_the_readers_order(pod: ServedPod, ada: Person) -> None:
    names = ["Sökt Öst", "sökt apa", "Sökt Åre", "SÖKT Zebra"]
    made = {name: ada.post("/api/v1/groups", {"name": name, "visibility": "public"})["group"] for name in names}
    for name in names:
        note = {"kind": "note", "reply_to": {"subject": name}, "paragraphs": [{"style": "text", "text": "A note"}]}
        ada.post(f"/api/v1/groups/{made[name]}/posts", note)
    wanted = {
        "sv": ["sökt apa", "SÖKT Zebra", "Sökt Åre", "Sökt Öst"],
        "en": ["sökt apa", "Sökt Åre", "Sökt Öst", "SÖKT Zebra"],
    }
    for language, order in wanted.items():
        text = Browser(pod, language).get("/search?q=sokt").text
        assert sorted(names, key=lambda name: text.index(f'"/g/{made[name]}"')) == order
        assert sorted(names, key=lambda name: text.index(f'"/s/{quote(name, safe="")}"')) == order
