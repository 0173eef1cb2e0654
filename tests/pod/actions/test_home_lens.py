"""Home through moderators: a post's own group comes first, who only hides only hides, any or all is the reader's."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.reading_room import write
from tests.support.rig import Person, ServedPod, eventually

TITLES = ("Plain", "Voted down", "Withdrawn", "Foul", "Praised", "Half praised")


@dataclass
class Readers:
    """bo is in ada's group; mod has moderators: two that only hide, and two that choose."""

    ada: Person
    mod: Person
    bo: Browser
    moderators: dict[str, str]

    def follow(self, *names: str) -> None:
        for name, group in self.moderators.items():
            wish = "lens" if name in names else "unlens"
            form = next(f for f in self.bo.get("/follows").forms if f.action == "/follows")
            fields = [(key, value) for key, value in form.fields if key not in ("group", "wish")]
            self.bo.post("/follows", [*fields, ("group", group), ("wish", wish)])

    def shown(self, query: str = "") -> set[str]:
        text = self.bo.get(f"/{query}").text
        return {title for title in TITLES if f">{title}<" in text}


def vote(person: Person, group: str, target: dict[str, object], value: int) -> None:
    person.post(f"/api/v1/groups/{group}/votes", {"target": target, "value": value})


@pytest.fixture(scope="module")
def readers(pod: ServedPod) -> Readers:
    ada, bo, mod = (pod.sign_up(name) for name in ("ada", "bo", "mod"))
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 4000})["group"]
    joined(ada, group, bo, 1)
    defaults = {"first": 1_000_000, "second": 1_000_000, "praise": 0, "praise too": 0}
    moderators = {
        name: str(mod.post("/api/v1/groups", {"name": name, "default_score": default})["group"])
        for name, default in defaults.items()
    }
    posts = {
        title: write(
            ada, group, [("text", f"{title} words."), ("text", f"{title} foul line.")], kind="article", title=title
        )
        for title in TITLES
    }
    vote(ada, group, {"post": posts["Voted down"]}, -1000)
    vote(ada, group, {"post": posts["Withdrawn"]}, 0)
    vote(mod, moderators["first"], {"post": posts["Foul"]}, -1000)
    vote(mod, moderators["first"], {"paragraph": {"record": posts["Plain"], "index": 1}}, -1000)
    vote(mod, moderators["praise"], {"post": posts["Half praised"]}, 1000)
    for name in ("praise", "praise too"):
        for title in ("Praised", "Voted down"):
            vote(mod, moderators[name], {"post": posts[title]}, 1000)
    found = Readers(ada, mod, Browser(pod).sign_in("bo"), moderators)
    eventually(lambda: found.shown() == {"Plain", "Foul", "Praised", "Half praised"})
    return found


def test_r4_moderators_at_home_never_bring_back_what_the_group_hides(readers: Readers) -> None:
    for names in (("first",), ("second",), ("first", "second"), ("second", "first")):
        readers.follow(*names)
        hidden = {"Foul"} if "first" in names else set()
        assert readers.shown() == {"Plain", "Foul", "Praised", "Half praised"} - hidden, names
        assert readers.shown("?combine=any") == readers.shown()
    page = readers.bo.get("/").text
    assert "Each post is judged by its own group." in page
    assert "2 groups that you chose" in page
    assert "Plain words." in page
    assert "Plain foul line." not in page, "the words of a card are what no layer hides"


def test_r4_any_or_all_is_the_readers_choice_at_home(readers: Readers) -> None:
    readers.follow("first", "praise")
    assert readers.shown() == {"Praised", "Half praised"}
    assert "all of them show it" not in readers.bo.get("/").text, "of one there is nothing to choose"
    readers.follow("first", "praise", "praise too")
    page = readers.bo.get("/")
    assert readers.shown() == {"Praised", "Half praised"}
    for said in ("Of several, show what", "any of them shows it", "all of them show it"):
        assert said in page.text
    assert readers.shown("?combine=all") == {"Praised"}
    chosen = readers.bo.get("/?combine=all").text
    assert 'value="all" checked' in chosen
    assert "/?combine=all&amp;show=all" in chosen, "a link on keeps the choice"
    assert readers.bo.get("/?combine=some").status == 400
