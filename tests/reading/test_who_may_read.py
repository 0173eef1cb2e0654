"""Who left, was black-listed or never belonged reads what a stranger reads, wherever words, titles and names stand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.browsing import Browser
from tests.support.people import joined
from tests.support.reading_room import write
from tests.support.rig import Person, RefusedByHttpError, ServedPod, eventually

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass
class Club:
    """ada's private club: bo left it, dan is black-listed, cy belongs to it; eve never did. `open`: a public group."""

    pod: ServedPod
    ada: Person
    bo: Person
    cy: Person
    dan: Person
    eve: Person
    group: str
    open: str
    post: str

    def browser(self, name: str = "") -> Browser:
        return Browser(self.pod).sign_in(name) if name else Browser(self.pod)

    def text(self, path: str, name: str = "") -> str:
        return self.browser(name).get(path).text

    def vote(self, person: Person, group: str, target: Any, value: int = 1000, why: str = "") -> Any:
        return person.post(f"/api/v1/groups/{group}/votes", {"target": target, "value": value, "reason": why})


def has_left(person: Person, group: str, number: int) -> bool:
    members = person.get(f"/api/v1/groups/{group}/members")["members"]
    return any(member["number"] == number and (member["left"] or member["weight"] < 0) for member in members)


@pytest.fixture(scope="module")
def club(pod: ServedPod) -> Club:
    ada, bo, cy, dan, eve = (pod.sign_up(name) for name in ("ada", "bo", "cy", "dan", "eve"))
    pod.start()
    group = ada.post("/api/v1/groups", {"name": "Hidden club", "visibility": "private", "weight": 3000})["group"]
    for person in (bo, cy, dan):
        joined(ada, group, person, 1000)
    wish = {"do": "set-weight", "with": {"member": 4, "weight": -1000}}
    ada.post(f"/api/v1/groups/{group}/operations", wish)
    bo.post(f"/api/v1/groups/{group}/operations", {"do": "leave", "with": {}})
    eventually(lambda: has_left(ada, group, 2) and has_left(ada, group, 4))
    public = ada.post("/api/v1/groups", {"name": "Market", "weight": 3000, "others_weight": 1000})["group"]
    words = [("text", "giraffe behind the fence")]
    post = write(ada, group, words, title="Afterwards", kind="article", reply_to={"subject": "hush"})
    return Club(pod, ada, bo, cy, dan, eve, group, public, post)


PLACES = (
    ("/search?q=giraffe", "behind the fence"),
    ("/search?q=afterwards", "Afterwards"),
    ("/search?q=hus", "/s/hush"),
    ("/search?q=club", "Hidden club"),
    ("/s/hush", "Afterwards"),
    ("/groups", "Hidden club"),
    ("/", "Afterwards"),
)


@pytest.mark.parametrize(("path", "word"), PLACES)
@pytest.mark.parametrize("name", ["bo", "dan", "eve", ""])
def test_public_02_who_does_not_belong_finds_nothing_of_it(club: Club, path: str, word: str, name: str) -> None:
    assert word in club.text(path, "cy"), "a member finds it"
    assert word not in club.text(path, name).replace("?q=", "")


def test_public_27_a_group_that_was_left_is_not_among_ones_own(club: Club) -> None:
    assert [entry["state"] for entry in club.bo.get("/api/v1/me")["memberships"] if entry["group"] == club.group] == [
        "former"
    ]
    assert club.bo.get("/api/v1/groups")["own"] == []
    assert [line["name"] for line in club.cy.get("/api/v1/groups")["own"]] == ["Hidden club"]


def test_public_27_votes_of_who_left_are_not_among_those_that_count(club: Club) -> None:
    group = club.ada.post("/api/v1/groups", {"name": "Votes", "weight": 3000})["group"]
    number = joined(club.ada, group, club.bo, 1000)
    post = write(club.bo, group, [("text", "Mine.")])
    club.vote(club.ada, group, {"post": post})
    club.bo.post(f"/api/v1/groups/{group}/operations", {"do": "leave", "with": {}})
    asked = f"/api/v1/groups/{group}/votes?target={quote(json.dumps({'post': post}))}"
    eventually(lambda: has_left(club.ada, group, number))
    eventually(lambda: [vote["member"] for vote in club.ada.get(asked)["votes"]] == [1])
    assert "Votes" not in club.text("/", "bo")


@pytest.mark.parametrize("path", ["votes", "records"])
@pytest.mark.parametrize("who", ["eve", "cy"])
def test_r1_what_belongs_to_a_private_group_is_voted_on_there_alone(club: Club, path: str, who: str) -> None:
    person: Person = getattr(club, who)
    if who == "eve":
        joined_once(club, person)
    group = person.post("/api/v1/groups", {"name": f"By {who} {path}"})["group"]
    vote = {"type": "Vote", "target": {"post": club.post}, "value": 1000}
    with pytest.raises(RefusedByHttpError) as refused:
        person.post(f"/api/v1/groups/{group}/{path}", vote)
    assert refused.value.status == (403 if who == "cy" else 404)


def joined_once(club: Club, person: Person) -> None:
    memberships = person.get("/api/v1/me")["memberships"]
    if club.open not in {entry["group"] for entry in memberships}:
        joined(club.ada, club.open, person, 1000)


def test_r5_what_a_profile_said_before_is_not_found(club: Club) -> None:
    for text in ("I keep wombats.", "I keep llamas."):
        club.ada.post(f"/api/v1/groups/{club.open}/records", {"type": "Profile", "nickname": "Ada", "text": text})
    assert "llamas" in club.text("/search?q=llamas&kind=people")
    assert "I keep wombats" not in club.text("/search?q=wombats")


def test_r6_muting_a_writer_asks_whether_one_may_read_the_group(club: Club) -> None:
    joined_once(club, club.eve)
    eve, known = club.browser("eve"), write(club.ada, club.open, [("text", "Parsnips.")])
    page = eve.get(f"/g/{club.open}/posts/{known}")
    fields = next(form for form in page.forms if form.action.endswith("/acts")).fields
    sent = eve.post(f"/g/{club.group}/posts/{club.post}/acts", [*fields, ("act", f"mute:{club.post}")])
    assert sent.status == 404
    assert "unmute:" not in club.text("/me/hides", "eve")


def test_r7_a_page_names_itself_and_where_else_it_appears(club: Club) -> None:
    post = write(club.ada, club.open, [("text", "Cabbages.")], title="Cabbages", kind="article")
    unlisted = club.cy.post("/api/v1/groups", {"name": "Just us", "visibility": "unlisted"})["group"]
    club.vote(club.cy, unlisted, {"post": post})
    path = f"/g/{club.open}/posts/{post}"
    assert f'type="application/activity+json" href="/records/{post}"' in club.text(path)
    assert "Just us" in club.text(path, "cy")
    for name in ("eve", ""):
        assert "Just us" not in club.text(path, name)


@pytest.mark.parametrize("path", ["/u/ada", "/groups/{open}", "/records/{post}", "/records/{vote}"])
def test_r8_a_browser_gets_the_page_of_what_a_server_gets_the_document_of(club: Club, path: str) -> None:
    post = write(club.ada, club.open, [("text", "Leeks.")], title="Leeks", kind="article")
    vote = club.vote(club.ada, club.open, {"post": post}, 900)["record"]
    path = path.format(open=club.open, post=post, vote=vote)
    browser = club.browser()
    page = browser.get(path, Accept=BROWSER)
    assert (page.status, page.headers.get_content_type()) == (200, "text/html")
    document = browser.get(path, Accept="application/activity+json")
    assert "Accept" in document.headers["Vary"]
    assert browser.get(json.loads(document.text)["url"]).path == page.path


def test_public_12_whom_one_mutes_makes_no_news_and_a_changed_mind_is_no_second_one(club: Club) -> None:
    joined_once(club, club.eve)
    post = write(club.ada, club.open, [("text", "Turnips.")])
    spoke = write(club.eve, club.open, [("text", "I am eve.")])
    for value in (500, -500, 300):
        club.vote(club.eve, club.open, {"post": post}, value, why=f"because {value}")
    ada = club.browser("ada")
    assert ada.get("/notifications").text.count("gave a reason for a vote") == 1
    assert "answered you" not in ada.get("/notifications").text
    ada.press(ada.get(f"/g/{club.open}/posts/{spoke}"), "Mute its writer")
    write(club.eve, club.open, [("text", "Again you.")], reply_to={"record": post})
    assert "answered you" not in ada.get("/notifications").text
    ada.press(ada.get(f"/g/{club.open}/posts/{spoke}"), "Unmute its writer")
    write(club.eve, club.open, [("text", "And again.")], reply_to={"record": post})
    assert ada.get("/notifications").text.count("answered you") == 1
