"""Search, subjects, people and news in a browser: what is found, by whom, and what nobody finds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import delete

from models.content.search import SEARCHED
from pod.actions.chain.rebuild_projections import rebuild_projections
from pod.config import load_config
from pod.parts import open_parts
from tests.support.browsing import Browser
from tests.support.rig import Person, ServedPod, call, eventually

EVIL = "<script>alert('x')</script>"
SUBJECT = "Värmepump"


@dataclass(frozen=True)
class Place:
    pod: ServedPod
    ada: Person
    bo: Person
    groups: tuple[str, ...]
    post: str

    def browser(self, name: str = "") -> Browser:
        browser = Browser(self.pod)
        return browser.sign_in(name) if name else browser

    def found(self, words: str, name: str = "", **fields: str) -> str:
        query = "".join(f"&{field}={quote(value)}" for field, value in fields.items())
        return self.browser(name).get(f"/search?q={quote(words)}{query}").text


def paragraphs(text: str) -> list[dict[str, str]]:
    return [{"style": "text", "text": text}]


def written(person: Person, group: str, **post: object) -> str:
    return str(person.post(f"/api/v1/groups/{group}/posts", {"kind": "article", **post})["record"])


def is_logged(person: Person, group: str) -> bool:
    return bool(person.get(f"/api/v1/groups/{group}")["log"]["size"] >= 2)


@pytest.fixture(scope="module")
def place(pod: ServedPod) -> Place:
    ada, bo = pod.sign_up("ada"), pod.sign_up("bo")
    pod.start()
    groups = []
    for number in range(7):
        name = f"Circle {number} {EVIL}"
        group = ada.post("/api/v1/groups", {"name": name, "weight": 3000, "others_weight": 1000})["group"]
        text = f"A pump moves warmth, says {number}. {EVIL}"
        written(ada, group, title=f"Pump {number}", reply_to={"subject": SUBJECT}, paragraphs=paragraphs(text))
        groups.append(group)
    for visibility in ("private", "unlisted"):
        group = ada.post("/api/v1/groups", {"name": f"Hidden {visibility}", "visibility": visibility})["group"]
        written(ada, group, title=f"Zebra {visibility}", reply_to={"subject": SUBJECT}, paragraphs=paragraphs("x"))
        groups.append(group)
    bo.post("/api/v1/joins", {"group": groups[0], "pod": pod.url})
    eventually(lambda: len(ada.get(f"/api/v1/groups/{groups[0]}")["members"]) == 2)
    post = written(ada, groups[0], title="Walnut", language="sv", paragraphs=paragraphs("Om nötter och deras träd."))
    for group in groups[:7]:
        eventually(partial(is_logged, ada, group))
    return Place(pod, ada, bo, tuple(groups), post)


def test_md_25_a_subject_has_one_card_a_group_and_no_owner(place: Place) -> None:
    text = place.browser().get(f"/s/{quote(SUBJECT)}").text
    assert f"7 groups write about “{SUBJECT}”; none owns the word." in text
    assert text.count("As seen by") == 7
    assert "Hidden" not in text
    assert "<script" not in text
    assert text.count("<h1") == 1


def test_md_25_own_lenses_come_first_and_private_groups_for_members_alone(place: Place) -> None:
    bo = place.browser("bo")
    bo.press(bo.get(f"/g/{place.groups[3]}"), "Use as lens")
    text = bo.get(f"/s/{quote(SUBJECT)}").text
    bo.press(bo.get(f"/g/{place.groups[3]}"), "No longer my lens")
    order = [text.index(f"/g/{group}") for group in place.groups[:7]]
    assert sorted(range(7), key=order.__getitem__)[:2] == [3, 0], "the lens, then bo's own group"
    assert "Hidden private" in place.browser("ada").get(f"/s/{quote(SUBJECT)}").text


def test_md_25_two_groups_are_compared_side_by_side(place: Place) -> None:
    one, two = place.groups[1], place.groups[2]
    text = place.browser().get(f"/s/{quote(SUBJECT)}?compare={one}&compare={two}").text
    assert "Side by side" in text
    assert "says 1." in text
    assert "says 2." in text
    assert place.browser().get("/s/nothing").status == 404
    assert SUBJECT in place.browser().get(f"/g/{one}/subjects").text


@pytest.mark.parametrize("words", ["walnut", "WALN", "nötter träd", "notter"])
def test_md_26_posts_are_found_by_their_words(place: Place, words: str) -> None:
    text = place.found(words)
    assert f"/posts/{place.post}" in text
    assert "public groups and your own" in text


def test_md_26_what_is_narrowed_is_narrow(place: Place) -> None:
    assert "Walnut" not in place.found("walnut", language="en")
    assert "Walnut" in place.found("walnut", language="sv", kind="posts", group=place.groups[0])
    assert "Walnut" not in place.found("walnut", group=place.groups[1])
    assert "Walnut" not in place.found("walnut", kind="people")


def test_md_26_groups_subjects_people_and_ids_are_found(place: Place) -> None:
    assert f"/g/{place.groups[4]}" in place.found("circle 4")
    assert f"/s/{quote(SUBJECT)}" in place.found("Värme")
    assert 'href="/@ada"' in place.found("ada")
    host = place.pod.url.removeprefix("http://")
    assert 'href="/@ada"' in place.found(f"@ada@{host}")
    assert f'href="/g/{place.groups[2]}"' in place.found(place.groups[2])
    assert f"/posts/{place.post}" in place.found(f"{place.pod.url}/g/{place.groups[0]}/posts/{place.post}")
    assert "Sign in to have this pod ask" in place.found("nobody@pod.example")
    assert "Follow it" in place.found("nobody@pod.example", "bo")


def test_md_26_nobody_outside_finds_what_is_private_or_unlisted(place: Place) -> None:
    for words in ("zebra", "hidden", *place.groups[7:8]):
        for name in ("", "bo"):
            answer = place.found(words, name)
            assert "Zebra" not in answer
            assert "Hidden" not in answer
    assert "Zebra private" in place.found("zebra", "ada")


def test_md_26_who_does_not_want_to_be_found_is_not(place: Place) -> None:
    bo, group = place.browser("bo"), place.groups[0]
    post = written(place.bo, group, title="Quince", paragraphs=paragraphs("Yellow."))
    assert post in place.found("quince")
    bo.submit(bo.get(f"/g/{group}/profile"), "/profile", nickname="Quinquin", hide="true")
    for words in ("quince", "quinquin"):
        assert post not in place.found(words)
        assert "Quinquin" not in place.found(words)
    bo.submit(bo.get(f"/g/{group}/profile"), "/profile", nickname="Quinquin", hide=[])
    assert "Quinquin" in place.found("quinquin")


def test_md_26_what_a_group_hides_is_counted_and_shown_on_wish(place: Place) -> None:
    group = place.groups[0]
    post = written(place.ada, group, title="Durian", paragraphs=paragraphs("It smells."))
    place.ada.post(f"/api/v1/groups/{group}/votes", {"target": {"post": post}, "value": -1000})
    text = place.found("durian")
    assert post not in text
    assert "1 hidden by its group" in text
    assert post in place.found("durian", show="all")


def test_what_is_erased_is_found_no_more_and_a_rebuild_changes_nothing(place: Place) -> None:
    group = place.groups[0]
    post = written(place.ada, group, title="Mulberry", paragraphs=paragraphs("Silk."))
    assert post in place.found("mulberry")
    place.ada.post(f"/api/v1/groups/{group}/records", {"type": "Erase", "records": [post]})
    eventually(lambda: post not in place.found("mulberry"))
    assert "Nothing was found" in place.found("mulberry")


@pytest.mark.parametrize(
    "words", ['"', "*", "a OR b", "NEAR(a b)", "text:x", "-x", "'; DROP TABLE", "%", "_", "\\", "\x00"]
)
def test_no_words_break_the_search(place: Place, words: str) -> None:
    assert place.browser().get(f"/search?q={quote(words)}").status == 200


def test_a_person_has_a_page_with_what_they_wrote_and_a_button_to_follow(place: Place) -> None:
    me = place.ada.get("/api/v1/me")["personal_group"]
    place.ada.post(f"/api/v1/groups/{me}/records", {"type": "Profile", "nickname": f"Ada {EVIL}", "text": EVIL})
    written(place.ada, me, title="My garden", paragraphs=paragraphs("Grows."))
    text = place.browser("bo").get("/@ada").text
    for said in ("Ada &lt;script&gt;", "@ada@", "My garden"):
        assert said in text
    assert "<script" not in text
    assert "Known in" not in text, "nobody learns of memberships that aren't claimed"
    bo = place.browser("bo")
    assert "You follow it now." in bo.press(bo.get("/@ada"), "Follow").text
    assert "My garden" in bo.get("/").text
    assert place.browser().get("/@nobody").status == 404


def test_people_are_told_of_what_concerns_them_once(place: Place) -> None:
    group = place.groups[0]
    bo, ada = place.browser("bo"), place.browser("ada")
    assert "You are a member now" in bo.get("/notifications").text
    reply = written(place.bo, group, title="Yes", reply_to={"record": place.post}, paragraphs=paragraphs("Indeed."))
    vote = {"target": {"post": place.post}, "value": 500, "reason": "clear"}
    place.bo.post(f"/api/v1/groups/{group}/votes", vote)
    adds = [{"style": "text", "text": "More.", "after": {"record": place.post, "index": 0}}]
    place.bo.post(f"/api/v1/groups/{group}/patches", {"post": place.post, "adds": adds})
    written(place.ada, group, title="Own", reply_to={"record": place.post}, paragraphs=paragraphs("I answer myself."))
    page = ada.get("/notifications")
    for said in ("answered you", "suggested an edit of your post", "gave a reason for a vote"):
        assert page.text.count(said) == 1, said
    assert f"/posts/{reply}" in page.text
    assert '<strong class="badge">3</strong>' in ada.get("/groups").text
    seen = ada.press(page, "I have seen all of it")
    assert "answered you" in seen.text
    assert 'class="badge"' not in seen.text
    assert "/sign-in" in place.browser().get("/notifications").path


def test_a_private_lens_that_a_member_looked_through_stays_shut_for_others(place: Place) -> None:
    path = f"/g/{place.groups[1]}?lens={place.groups[7]}"
    assert place.browser("ada").get(path).status == 200
    for name in ("bo", ""):
        assert place.browser(name).get(path).status == 404


def test_what_a_reader_hid_is_hidden_for_that_reader_alone(place: Place) -> None:
    group, me = place.groups[5], place.bo.get("/api/v1/me")["personal_group"]
    post = written(place.ada, group, title="Kumquat", paragraphs=paragraphs("Sour."))
    assert "Kumquat" in place.browser("bo").get(f"/g/{group}").text
    vote = {"target": {"post": post}, "value": -1000, "from": {"group": group, "pod": place.pod.url}}
    place.bo.post(f"/api/v1/groups/{me}/votes", vote)
    assert "Kumquat" not in place.browser("bo").get(f"/g/{group}").text
    assert "hidden by yourself" in place.browser("bo").get(f"/g/{group}?show=all").text
    for name in ("ada", ""):
        assert "Kumquat" in place.browser(name).get(f"/g/{group}").text


def asked(person: Person, group: str, **said: object) -> str:
    wish = {"kind": "approval", "lengths": {"voting": 3_600_000}, **said}
    return str(person.post(f"/api/v1/groups/{group}/polls", wish)["record"])


def test_polls_are_found_by_what_is_asked_and_proposed_and_private_ones_by_members_alone(place: Place) -> None:
    ada, group, private = place.ada, place.groups[0], place.groups[7]
    options = [{"title": "Hornbeam"}, {"title": "Rowan", "text": "with berries"}]
    tree = asked(ada, group, title="Which tree?", paragraphs=paragraphs("Ask the squirrels."), options=options)
    yew = asked(ada, private, title="Which yew?", options=options)
    lengths = {"proposals": 3_600_000, "voting": 3_600_000}
    shrub = asked(ada, group, kind="score", title="Which shrub?", lengths=lengths)
    path = f"/api/v1/groups/{group}/polls/{shrub}"
    eventually(lambda: ada.get(path)["poll"]["phase"] == "proposals")
    proposal = ada.post(f"{path}/proposals", {"title": "Tamarisk", "paragraphs": paragraphs("It likes salt.")})[
        "record"
    ]
    ada.post(f"{path}/proposals/{proposal}/withdrawal", {})

    for words in ("Which tree", "squirrels", "hornbeam", "berries"):
        assert f'/polls/{tree}"' in place.found(words), words
    for words in ("tamarisk", "likes salt"):
        text = place.found(words)
        assert (f'/polls/{shrub}/proposals"' in text, "Which shrub?" in text) == (True, True)
    assert f'/polls/{tree}"' in place.found("which", kind="polls")
    assert f'/polls/{tree}"' not in place.found("which", kind="posts")
    assert f'/polls/{tree}"' not in place.found("which", group=place.groups[1])
    assert [place.found("yew", name).count(f'/polls/{yew}"') > 0 for name in ("ada", "bo", "")] == [True, False, False]
    (told,) = found_by_api(place, "likes salt", "")
    assert (told["kind"], told["poll"], told["title"], told["author"]) == ("proposal", shrub, "Which shrub?", 1)
    assert "Tamarisk" in told["text"]
    assert [[one["poll"] for one in found_by_api(place, "yew", name)] for name in ("ada", "bo", "")] == [[yew], [], []]
    assert found_by_api(place, "which", "ada", f"&group={place.groups[1]}") == []
    first = ada.get("/api/v1/polls?q=which&limit=1")
    second = ada.get(f"/api/v1/polls?q=which&limit=1&before={first['next']}")
    assert [one["poll"] for page in (first, second) for one in page["polls"]] == [yew, shrub][::-1]


def found_by_api(place: Place, words: str, name: str, more: str = "") -> list[dict[str, Any]]:
    """The polls that somebody, or a stranger (""), finds."""
    token = {"ada": place.ada, "bo": place.bo}[name].account["token"] if name else ""
    answer = call("GET", f"{place.pod.door}/api/v1/polls?q={quote(words)}{more}", token=token)
    return list(answer["polls"])


def test_zz_a_rebuild_leaves_what_is_searched_as_it_was(place: Place) -> None:
    place.pod.kill()

    async def differing(*forgotten: str) -> list[str]:
        async with open_parts(load_config(place.pod.folder / "pod.toml")) as deps:
            old = delete(SEARCHED).where(SEARCHED.c.kind.in_(forgotten))
            await deps.store.write(lambda session: session.execute(old))
            return list(await rebuild_projections(deps))

    assert asyncio.run(differing()) == []
    # As in a database from before polls were searched: the rebuild, and with it the doctor, says so and mends it.
    assert asyncio.run(differing("poll", "proposal")) == ["searched"]
    assert asyncio.run(differing()) == []
