"""What a group hides stands in no card, log or search; what the pod's floor hides leaves the pod nowhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.reading_room import write
from tests.support.rig import Person, ServedPod, eventually


@dataclass
class Street:
    """ada and bo write in `group`; mod's `floor` is the pod's. Words are fruits, each in one place alone."""

    pod: ServedPod
    ada: Person
    bo: Person
    mod: Person
    group: str
    floor: str
    posts: dict[str, str]

    def vote(self, person: Person, group: str, target: Any, value: int) -> None:
        person.post(f"/api/v1/groups/{group}/votes", {"target": target, "value": value})

    def text(self, path: str, name: str = "", **headers: str) -> str:
        browser = Browser(self.pod).sign_in(name) if name else Browser(self.pod)
        return browser.get(path, **headers).text

    def patch(self, person: Person, post: str, **members: Any) -> str:
        body = {"post": post, **members}
        return str(person.post(f"/api/v1/groups/{self.group}/patches", body)["record"])


def note(person: Person, group: str, *texts: str) -> str:
    return write(person, group, [("text", text) for text in texts])


@pytest.fixture(scope="module")
def street(pod: ServedPod) -> Street:
    ada, bo, mod = (pod.sign_up(name) for name in ("ada", "bo", "mod"))
    pod.start()
    floor = mod.post("/api/v1/groups", {"name": "What we won't host", "default_score": 1})["group"]
    pod.kill()
    with (pod.folder / "pod.toml").open("a") as config:
        config.write(f'\n[moderation]\nfloor = ["{floor}"]\n')
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Parish", "weight": 3000})["group"]
    joined(ada, group, bo, 1000)
    made = Street(pod, ada, bo, mod, group, floor, {})
    _hidden(made)
    _floored(made)
    return made


def _hidden(street: Street) -> None:
    """What votes, marks and erasures took away: papaya, quince, raspberry, strawberry, tamarind, ugni."""
    ada, bo, group = street.ada, street.bo, street.group
    rejected = note(bo, group, "papaya papaya", "Fine words.")
    street.vote(ada, group, {"paragraph": {"record": rejected, "index": 0}}, -1000)
    edited = note(ada, group, "quince as it was", "And more.")
    street.patch(
        ada,
        edited,
        adds=[{"style": "text", "text": "as it is", "after": {"record": edited, "index": 0}}],
        marks=[{"paragraph": {"record": edited, "index": 0}, "replaced_by": {"index": 0}}],
    )
    deleted = note(ada, group, "raspberry was here", "What stays.")
    street.patch(ada, deleted, marks=[{"paragraph": {"record": deleted, "index": 0}, "deleted": True}])
    lost = note(bo, group, "strawberry fields")
    street.vote(ada, group, {"post": lost}, -1000)
    suggested = note(ada, group, "Plain.")
    street.patch(bo, suggested, adds=[{"style": "text", "text": "tamarind, I suggest"}])
    erased = write(ada, group, [("text", "ugni")], kind="article", title="ugni title")
    ada.post(f"/api/v1/groups/{group}/records", {"type": "Erase", "records": [erased]})
    street.posts |= {"papaya": rejected, "quince": edited, "raspberry": deleted, "strawberry": lost}
    street.posts |= {"tamarind": suggested, "ugni": erased}


def _floored(street: Street) -> None:
    """What the floor takes away: vanilla in title and text of an article, walnut in a paragraph, xigua in an edit."""
    ada, bo, mod, group = street.ada, street.bo, street.mod, street.group
    article = write(ada, group, [("text", "vanilla text")], kind="article", title="vanilla title")
    street.vote(mod, street.floor, {"post": article}, -1000)
    part = note(ada, group, "Good enough.", "walnut walnut")
    street.vote(mod, street.floor, {"paragraph": {"record": part, "index": 1}}, -1000)
    edited = note(ada, group, "Open to edits.")
    patch = street.patch(bo, edited, adds=[{"style": "text", "text": "xigua xigua"}])
    street.vote(ada, group, {"paragraph": {"record": patch, "index": 0}}, 1000)
    street.vote(mod, street.floor, {"paragraph": {"record": patch, "index": 0}}, -1000)
    street.posts |= {"vanilla": article, "walnut": part, "xigua": edited, "xigua patch": patch}
    eventually(lambda: ada.get(f"/api/v1/groups/{group}")["log"]["size"] >= 26)


HIDDEN = ("papaya", "quince", "raspberry", "strawberry", "tamarind", "ugni")
CARDS = ("/g/{group}", "/", "/g/{group}/members/1", "/g/{group}/members/2", "/g/{group}/log", "/g/{group}/log.atom",
         "/g/{group}/log.csv", "/g/{group}/log.json")  # fmt: skip
FLOORED = ("vanilla", "walnut", "xigua")
EVERYWHERE = (
    *CARDS, "/?show=all", "/g/{group}?show=all", "/g/{group}?showing=everything&show=all", "/records/{vanilla}",
    "/records/{walnut}", "/records/{xigua}", "/records/{xigua patch}", "/activities/{vanilla}", "/activities/{walnut}",
    "/activities/{xigua}", "/activities/{xigua patch}", "/groups/{group}/outbox?before=0",
    "/api/v1/groups/{group}/posts?showing=everything", "/api/v1/groups/{group}/posts/{vanilla}",
    "/api/v1/groups/{group}/posts/{walnut}", "/api/v1/groups/{group}/posts/{xigua}",
    "/api/v1/groups/{group}/posts/{vanilla}/history", "/api/v1/groups/{group}/posts/{xigua}/history",
    "/api/v1/groups/{group}/records/{vanilla}", "/api/v1/groups/{group}/records/{xigua patch}",
    "/api/v1/groups/{group}/log?limit=500", "/g/{group}/posts/{vanilla}?showing=everything",
    "/g/{group}/posts/{walnut}?mode=wiki&showing=everything", "/g/{group}/posts/{xigua}?mode=wiki&lens=off",
    "/g/{group}/posts/{vanilla}/history", "/g/{group}/posts/{walnut}/history", "/g/{group}/posts/{xigua}/blame",
    "/g/{group}/posts/{walnut}/compare", "/g/{group}/posts/{walnut}/why",
    "/g/{group}/posts/{xigua}/diff?from={xigua}&to={xigua patch}",
)  # fmt: skip


@pytest.mark.parametrize("path", CARDS)
@pytest.mark.parametrize("name", ["", "bo"])
def test_r2_no_card_and_no_log_has_words_that_the_group_hides(street: Street, path: str, name: str) -> None:
    text = street.text(path.format(group=street.group, **street.posts), name)
    # A list shows its author what the group hides of theirs, and that it is hidden.
    own = {"strawberry"} if name == "bo" and path in {"/g/{group}", "/"} else set()
    assert [word for word in HIDDEN if word in text and word not in own] == []
    if path == "/g/{group}":
        assert "as it is" in text
        assert "Fine words." in text


@pytest.mark.parametrize("word", HIDDEN)
def test_r2_hidden_words_are_found_by_nobody_who_did_not_ask_for_hidden_things(street: Street, word: str) -> None:
    found = street.text(f"/search?q={word}", "ada").split("<main", 1)[1]
    assert f"/posts/{street.posts[word]}" not in found
    assert "as it is" in street.text("/search?q=as it is".replace(" ", "+"), "ada")


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("name", ["", "bo"])
def test_r3_what_the_floor_hides_leaves_the_pod_nowhere(street: Street, path: str, name: str) -> None:
    headers = {} if name else {"Accept": "application/activity+json, */*;q=0.1"}
    text = street.text(path.format(group=street.group, **street.posts), "" if "api" in path else name, **headers)
    own = {"xigua"} if name == "bo" else set()  # who wrote it reads it
    assert [word for word in FLOORED if word in text and word not in own] == []


@pytest.mark.parametrize("word", FLOORED)
def test_r3_what_the_floor_hides_is_not_found(street: Street, word: str) -> None:
    text = street.text(f"/search?q={word}&show=all").split("<main", 1)[1]
    assert "/posts/" not in text
    assert "hidden by" not in text


def test_r3_its_writer_still_reads_it_and_the_members_pods_still_get_it(street: Street) -> None:
    path = f"/g/{street.group}/posts/{street.posts['vanilla']}"
    assert "vanilla text" in street.text(path, "ada")
    assert "vanilla text" not in street.text(path, "bo")
    assert "vanilla text" in street.text(f"/groups/{street.group}/log?from=0")


def test_r2_a_document_of_other_software_holds_no_hidden_words_in_its_record_either(street: Street) -> None:
    for word in ("papaya", "quince", "raspberry"):
        text = street.text(f"/records/{street.posts[word]}", Accept="application/activity+json")
        assert word not in text
        assert "record" not in json.loads(text)
        assert word not in street.text(f"/activities/{street.posts[word]}", Accept="application/activity+json")
    shown = street.text(f"/records/{street.posts['tamarind']}", Accept="application/activity+json")
    assert json.loads(shown)["record"]["type"] == "Post"


def test_r1_a_vote_on_an_unlisted_groups_post_tells_nothing_of_it_in_a_public_log(street: Street) -> None:
    unlisted = street.ada.post("/api/v1/groups", {"name": "Just us", "visibility": "unlisted"})["group"]
    post = write(street.ada, unlisted, [("text", "yuzu")], kind="article", title="yuzu title")
    street.vote(street.bo, street.group, {"post": post}, 1000)
    for tail in ("", ".atom", ".csv", ".json"):
        assert "yuzu" not in street.text(f"/g/{street.group}/log{tail}", "bo")
    assert "yuzu title" in street.text(f"/g/{street.group}/log", "ada"), "a member of both comes across it"


def test_what_one_reader_mutes_is_hidden_for_nobody_else(street: Street) -> None:
    other = note(street.ada, street.group, "zucchini zucchini")
    bo = Browser(street.pod).sign_in("bo")
    bo.press(bo.get(f"/g/{street.group}/posts/{other}"), "Mute its writer")
    street.vote(street.ada, street.group, {"post": street.posts["tamarind"]}, 900)
    assert "zucchini" not in bo.get(f"/g/{street.group}").text
    assert "zucchini" in street.text(f"/g/{street.group}", "ada")
    bo.press(bo.get(f"/g/{street.group}/posts/{other}"), "Unmute its writer")
